-- Stores a token unless a newer one is stored, even if its lease has run out; ends the lease if this holder
-- still has it, and wakes the waiters.
-- KEYS: record, lease, stream, quota.
-- ARGV: nonce ('' without a lease), fence (0 if unknown), this server's time as the host estimates it, the
-- token's fingerprint, its usable_until, the encrypted token, the fingerprint of the token that was not
-- accepted, how far the time may differ, the token's issued_at. All times are this server's, in milliseconds.
-- Newer is a usable token of a later lease; of the same lease, or without a fence, one that was issued later.
local record, lease, stream = KEYS[1], KEYS[2], KEYS[3]
local nonce, fence, usable_until, issued_at = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5]), tonumber(ARGV[9])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local current, current_fence = unpack(redis.call('HMGET', lease, 'nonce', 'fence'))
local is_holder = nonce ~= '' and current == nonce
if is_holder then -- even if the response that gave the lease, and so the fence, was lost
  fence = tonumber(current_fence)
end
local stored_fence, fingerprint, stored_usable_until, stored_issued_at, last_fence =
  unpack(redis.call('HMGET', record, 'fence', 'fingerprint', 'usable_until', 'issued_at', 'last_fence'))
stored_fence = tonumber(stored_fence) or -1
local has_newer = false
if (tonumber(stored_usable_until) or 0) > now and fingerprint ~= ARGV[7] then
  if fence == 0 or fence == stored_fence then
    has_newer = (tonumber(stored_issued_at) or 0) > issued_at
  else
    has_newer = stored_fence > fence
  end
end
local clock_agrees = math.abs(ARGV[3] - now) <= tonumber(ARGV[8]) -- otherwise the token's times are wrong
if not has_newer and clock_agrees and usable_until > now then
  if fence == 0 then
    fence = tonumber(last_fence) or 0
  end
  redis.call('HSET', record, 'fence', fence, 'fingerprint', ARGV[4], 'usable_until', ARGV[5], 'token', ARGV[6],
    'issued_at', ARGV[9])
  redis.call('HDEL', record, 'retry_at', 'failure')
  redis.call('PEXPIRE', record, math.max(usable_until - now, 3600000)) -- so that the counter stays as well
end
if is_holder then
  redis.call('DEL', lease)
end
redis.call('XADD', stream, 'MAXLEN', 1, '*', 'fence', fence)
redis.call('PEXPIRE', stream, 60000)
return now
