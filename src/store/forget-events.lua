-- Takes an object out of the index of those that have events, if it has none any more.
--
-- KEYS[1]  the object's events
-- KEYS[2]  sorted set of objects that have events
-- ARGV[1]  its member there

if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
