-- Shares the failure of the lease's holder, ends the lease and wakes the waiters; subtracts the request from
-- the quota if it was not sent.
-- KEYS: record, lease, stream, quota.
-- ARGV: nonce, fence, '1' if the request was sent, milliseconds until the next attempt, the time of that
-- attempt on this server's clock, the encrypted failure ('' if there is none to share).
local record, lease, stream, quota = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local nonce, wait = ARGV[1], tonumber(ARGV[4])

if ARGV[3] ~= '1' then
  redis.call('ZREM', quota, nonce)
end
if redis.call('HMGET', lease, 'nonce')[1] ~= nonce then
  return 0
end
if ARGV[6] ~= '' and wait > 0 then
  redis.call('HSET', record, 'retry_at', ARGV[5], 'failure', ARGV[6])
  if redis.call('PTTL', record) < wait then
    redis.call('PEXPIRE', record, wait)
  end
end
redis.call('DEL', lease)
redis.call('XADD', stream, 'MAXLEN', 1, '*', 'fence', ARGV[2])
redis.call('PEXPIRE', stream, 60000)
return 1
