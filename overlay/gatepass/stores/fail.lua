-- Shares the failure of who has the lease, ends the lease and wakes whoever waits; takes the entry back
-- out of the ledger where nothing was sent.
-- KEYS: record, lease, news, quota.
-- ARGV: nonce, fence, '1' if the call was sent, milliseconds to the next try, when that is by this
-- server's time, the sealed failure ('' if there is none to share).
local record, lease, news, quota = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
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
redis.call('XADD', news, 'MAXLEN', 1, '*', 'by', ARGV[2])
redis.call('PEXPIRE', news, 60000)
return 1
