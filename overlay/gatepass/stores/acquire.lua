-- Returns what is stored, or takes the lease and counts the request in the quota, or says who has the lease.
-- KEYS: record, lease, stream, quota.
-- ARGV: nonce, holder, milliseconds that the lease lasts, fingerprint of the token that is not accepted,
-- version of the record that the caller cannot read, nonce of a holder that died, tokens and milliseconds of
-- the quota (0: none), the host's time, how far that may differ from this server's time, and how far ahead a
-- time in the quota may be.
-- All times are this server's, in milliseconds.
local record, lease, stream, quota = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local nonce, duration, tokens, window = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[7]), tonumber(ARGV[8])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

if math.abs(ARGV[9] - now) > tonumber(ARGV[10]) then -- the times in all records may be wrong
  return {now, 'clock_differs'}
end
local fingerprint, usable_until, token, retry_at, failure =
  unpack(redis.call('HMGET', record, 'fingerprint', 'usable_until', 'token', 'retry_at', 'failure'))
local version = (fingerprint or '') .. '/' .. (retry_at or '')
if version ~= ARGV[5] then
  if token and fingerprint ~= ARGV[4] and (tonumber(usable_until) or 0) > now then
    return {now, 'stored', version, token}
  end
  if failure and (tonumber(retry_at) or 0) > now then
    return {now, 'stored', version, failure}
  end
end

local current, holder, fence = unpack(redis.call('HMGET', lease, 'nonce', 'holder', 'fence'))
if current == nonce then -- the command was sent twice because the first response was lost
  return {now, 'lease', fence}
end
local left = current and redis.call('PTTL', lease) or -1
if left >= 0 and current ~= ARGV[6] then
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return {now, 'held', current, holder or '', left, last and last[1] or '0-0'}
end

if tokens > 0 then
  redis.call('ZREMRANGEBYSCORE', quota, '-inf', now - window)
  redis.call('ZREMRANGEBYSCORE', quota, now + ARGV[11], '+inf') -- of a clock that was set back
  local counted = redis.call('ZCARD', quota)
  if counted >= tokens then
    local oldest = redis.call('ZRANGE', quota, counted - tokens, counted - tokens, 'WITHSCORES')
    return {now, 'rate_limited', oldest[2] + window}
  end
  redis.call('ZADD', quota, now, nonce)
  redis.call('PEXPIRE', quota, window)
end
fence = redis.call('HINCRBY', record, 'last_fence', 1)
if redis.call('PTTL', record) < 3600000 then
  redis.call('PEXPIRE', record, 3600000) -- so that the counter outlives every holder
end
redis.call('HSET', lease, 'nonce', nonce, 'holder', ARGV[2], 'fence', fence)
redis.call('PEXPIRE', lease, duration)
return {now, 'lease', fence}
