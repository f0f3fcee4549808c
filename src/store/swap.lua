-- Replaces a text, unless somebody else did so meanwhile.
--
-- KEYS[1]  the text
-- ARGV[1]  what it must still be, or "" for nothing
-- ARGV[2]  what it is to be, or "" for nothing
--
-- Answer   1, or 0 when it has changed

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1
