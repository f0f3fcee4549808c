-- Records whether DigitalOcean takes our token, unless somebody else did so meanwhile.
--
-- KEYS[1]  JSON of what is recorded
-- ARGV[1]  what it must still be, or "" for nothing
-- ARGV[2]  what it is to be
--
-- Answer   1, or 0 when it has changed

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
