-- Lets a lease last longer if it still is its holder's; 1 if it is, else 0.
-- KEYS: record, lease, news, quota.
-- ARGV: nonce, milliseconds from now.
if redis.call('HMGET', KEYS[2], 'nonce')[1] ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
