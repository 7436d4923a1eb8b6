-- Extends a lease: returns 1, or 0 if its holder does not have it any more.
-- KEYS: record, lease, stream, quota.
-- ARGV: nonce, milliseconds from now.
if redis.call('HMGET', KEYS[2], 'nonce')[1] ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
