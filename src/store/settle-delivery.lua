-- Notes a try of a delivery, and takes it out of its list or puts it off.
--
-- KEYS[1]  list of the deliveries of one key, the next one first
-- KEYS[2]  set: the keys for which deliveries wait
-- KEYS[3]  list: the last tries, newest first
-- ARGV[1]  id of the delivery   ARGV[2]  its key
-- ARGV[3]  the delivery as it is now; "": it is done with
-- ARGV[4]  the try, JSON        ARGV[5]  tries kept
--
-- Answer   1, or 0 when another delivery is next: then nothing but the note is written

redis.call('LPUSH', KEYS[3], ARGV[4])
redis.call('LTRIM', KEYS[3], 0, ARGV[5] - 1)
local first = redis.call('LINDEX', KEYS[1], 0)
if not first or cjson.decode(first).id ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then
  redis.call('LSET', KEYS[1], 0, ARGV[3])
else
  redis.call('LPOP', KEYS[1])
  if redis.call('LLEN', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[2]) end
end
return 1
