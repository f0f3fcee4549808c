-- Puts a new timeline in the place of the one that it was made from, and adds the journey that came to its end by it.
--
-- KEYS[1]  the object's timeline, JSON
-- KEYS[2]  list of journeys, JSON each, newest first
-- ARGV[1]  the timeline that the new one was made from; "": there was none
-- ARGV[2]  the new one
-- ARGV[3]  ms after which it is forgotten, unless more is noted
-- ARGV[4]  the journey; "": none
-- ARGV[5]  journeys kept at most
--
-- Answer   1, or 0 when another has written meanwhile; nothing was written then

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then
  redis.call('LPUSH', KEYS[2], ARGV[4])
  redis.call('LTRIM', KEYS[2], 0, ARGV[5] - 1)
end
return 1
