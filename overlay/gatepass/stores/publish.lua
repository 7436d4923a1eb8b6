-- Keeps a token, whether or not its lease has run out, unless a newer one stands there; ends the lease if
-- it is still this holder's, and wakes the waiters.
-- KEYS: record, lease, news, quota.
-- ARGV: nonce ('' without a lease), fence (0 if it is not known), this server's time as the host reckons
-- it, the token's name, until when it is usable, the sealed token, the name that would not do, how far the
-- time may differ, when it was issued. All times are this server's, in milliseconds.
-- Newer is a usable token of a later lease; of the same lease, or without a fence, one issued later.
local record, lease, news = KEYS[1], KEYS[2], KEYS[3]
local nonce, fence, dead_at, minted_at = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5]), tonumber(ARGV[9])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local holder, leased = unpack(redis.call('HMGET', lease, 'nonce', 'fence'))
local ours = nonce ~= '' and holder == nonce
if ours then -- known here even if the answer that gave the lease was lost
  fence = tonumber(leased)
end
local by, name, stands_until, stands_from, last =
  unpack(redis.call('HMGET', record, 'by', 'name', 'dead_at', 'minted_at', 'fence'))
by = tonumber(by) or -1
local newer = false
if (tonumber(stands_until) or 0) > now and name ~= ARGV[7] then
  if fence == 0 or fence == by then
    newer = (tonumber(stands_from) or 0) > minted_at
  else
    newer = by > fence
  end
end
local agreed = math.abs(ARGV[3] - now) <= tonumber(ARGV[8]) -- else the times in the token are wrong
if not newer and agreed and dead_at > now then
  if fence == 0 then
    fence = tonumber(last) or 0
  end
  redis.call('HSET', record, 'by', fence, 'name', ARGV[4], 'dead_at', ARGV[5], 'token', ARGV[6],
    'minted_at', ARGV[9])
  redis.call('HDEL', record, 'retry_at', 'failure')
  redis.call('PEXPIRE', record, math.max(dead_at - now, 3600000)) -- the counter as well
end
if ours then
  redis.call('DEL', lease)
end
redis.call('XADD', news, 'MAXLEN', 1, '*', 'by', fence)
redis.call('PEXPIRE', news, 60000)
return now
