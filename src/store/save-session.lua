-- Keeps a session of a bot, unless it comes too late from a process that was held up: the instance that it is of has to be there and
-- to stay, and nobody may have saved or forgotten one since this one was read.
--
-- KEYS[1]  hash of the instances: name -> "<revision> <json>"
-- KEYS[2]  list of the sessions of that name, JSON each, newest first
-- KEYS[3]  which one of that name was forgotten last, JSON
-- ARGV[1]  name
-- ARGV[2]  uid of the instance
-- ARGV[3]  what is to be kept
-- ARGV[4]  how many are kept
-- ARGV[5]  when one was saved or forgotten last, as was known before this one was read; "": none was
--
-- Answer   1, or 0 when it came too late and nothing was kept

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return 0 end
-- Half of a surrogate pair is text to JavaScript, and no JSON to this decoder.
local json = string.gsub(string.match(stored, '^%d+ (.*)$'), '\\u[dD][89a-fA-F]%x%x', '\\u0020')
local instance = cjson.decode(json)
if instance.metadata.uid ~= ARGV[2] or instance.metadata.deletionTimestamp then return 0 end

local last = ''
local forgotten = cjson.decode(redis.call('GET', KEYS[3]) or '{}')
if forgotten.uid == ARGV[2] then last = forgotten.at end
local newest = redis.call('LINDEX', KEYS[2], 0)
if newest then
  local session = cjson.decode(string.sub(newest, 1, string.find(newest, ',"sealed":"', 1, true) - 1) .. '}')
  if session.uid == ARGV[2] then last = session.about.savedAt end
end
if last ~= ARGV[5] then return 0 end

redis.call('LPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], 0, ARGV[4] - 1)
redis.call('DEL', KEYS[3])
return 1
