-- What stands there, or a failure in force, or the lease with its entry in the ledger, or who has it.
-- KEYS: record, lease, news, quota.
-- ARGV: nonce, holder, milliseconds of the lease, the name that will not do, the record that nobody can
-- read, the nonce of a dead holder, tokens and milliseconds of the quota (0: none), the host's time,
-- how far it may differ from this server's, and how far ahead an entry of the quota may be.
-- All times are this server's, in milliseconds.
local record, lease, news, quota = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local nonce, life, tokens, window = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[7]), tonumber(ARGV[8])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

if math.abs(ARGV[9] - now) > tonumber(ARGV[10]) then -- the times in all records may be wrong
  return {now, 'clock'}
end
local name, dead_at, token, retry_at, failure =
  unpack(redis.call('HMGET', record, 'name', 'dead_at', 'token', 'retry_at', 'failure'))
local version = (name or '') .. '/' .. (retry_at or '')
if version ~= ARGV[5] then
  if token and name ~= ARGV[4] and (tonumber(dead_at) or 0) > now then
    return {now, 'found', version, token}
  end
  if failure and (tonumber(retry_at) or 0) > now then
    return {now, 'found', version, failure}
  end
end

local theirs, holder, fence = unpack(redis.call('HMGET', lease, 'nonce', 'holder', 'fence'))
if theirs == nonce then -- the answer to our first try was lost
  return {now, 'lease', fence}
end
local lasts = theirs and redis.call('PTTL', lease) or -1
if lasts >= 0 and theirs ~= ARGV[6] then
  local last = redis.call('XREVRANGE', news, '+', '-', 'COUNT', 1)[1]
  return {now, 'wait', theirs, holder or '', lasts, last and last[1] or '0-0'}
end

if tokens > 0 then
  redis.call('ZREMRANGEBYSCORE', quota, '-inf', now - window)
  redis.call('ZREMRANGEBYSCORE', quota, now + ARGV[11], '+inf') -- of a clock that was set back
  local spent = redis.call('ZCARD', quota)
  if spent >= tokens then
    local oldest = redis.call('ZRANGE', quota, spent - tokens, spent - tokens, 'WITHSCORES')
    return {now, 'limited', oldest[2] + window}
  end
  redis.call('ZADD', quota, now, nonce)
  redis.call('PEXPIRE', quota, window)
end
fence = redis.call('HINCRBY', record, 'fence', 1)
if redis.call('PTTL', record) < 3600000 then
  redis.call('PEXPIRE', record, 3600000) -- so that the counter outlives whoever comes late
end
redis.call('HSET', lease, 'nonce', nonce, 'holder', ARGV[2], 'fence', fence)
redis.call('PEXPIRE', lease, life)
return {now, 'lease', fence}
