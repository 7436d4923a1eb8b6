-- Keeps a token, whoever has the lease by now, unless a newer one stands there; ends the lease of who
-- brings it, and wakes whoever waits.
-- KEYS: record, lease, news, quota.
-- ARGV: nonce, fence, this server's time as the host reckons it, the token's name, when it is dead, the
-- sealed token, the name that would not do, how far the time may differ. All times are this server's, in
-- milliseconds.
local record, lease, news = KEYS[1], KEYS[2], KEYS[3]
local nonce, fence, dead_at = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local ours = redis.call('HMGET', lease, 'nonce')[1] == nonce
local by, name, stands_until = unpack(redis.call('HMGET', record, 'by', 'name', 'dead_at'))
local newer = (tonumber(by) or -1) >= fence and (tonumber(stands_until) or 0) > now and name ~= ARGV[7]
local agreed = math.abs(ARGV[3] - now) <= tonumber(ARGV[8]) -- else the times in the token are wrong
if (ours or not newer) and agreed and dead_at > now then
  redis.call('HSET', record, 'by', fence, 'name', ARGV[4], 'dead_at', ARGV[5], 'token', ARGV[6])
  redis.call('HDEL', record, 'retry_at', 'failure')
  redis.call('PEXPIRE', record, math.max(dead_at - now, 3600000)) -- the counter as well
end
if ours then
  redis.call('DEL', lease)
end
redis.call('XADD', news, 'MAXLEN', 1, '*', 'by', fence)
redis.call('PEXPIRE', news, 60000)
return now
