-- Keeps a session of a bot, if the instance that it is of is still there and to stay: a process that was held up may come with one
-- after its deletion was asked for, and what was kept of it was forgotten.
--
-- KEYS[1]  hash of the instances: name -> "<revision> <json>"
-- KEYS[2]  list of the sessions of that name, newest first
-- ARGV[1]  name
-- ARGV[2]  uid of the instance
-- ARGV[3]  what is to be kept
-- ARGV[4]  how many are kept
--
-- Answer   1, or 0 when there is no such instance, or none that is to stay, and nothing was kept

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return 0 end
local instance = cjson.decode(string.match(stored, '^%d+ (.*)$'))
if instance.metadata.uid ~= ARGV[2] or instance.metadata.deletionTimestamp then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], 0, ARGV[4] - 1)
return 1
