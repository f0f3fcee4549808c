-- Forgets the sessions of a bot. Which one was the newest is kept in mind while its instance is there: it is not to be saved again.
--
-- KEYS[1]  hash of the instances: name -> "<revision> <json>"
-- KEYS[2]  list of the sessions of that name, JSON each, newest first
-- KEYS[3]  which one of that name was forgotten last, JSON
-- ARGV[1]  name
-- ARGV[2]  now, RFC 3339
--
-- Answer   how many there were

local function field(value, name) return type(value) == 'table' and value[name] or nil end

local count = redis.call('LLEN', KEYS[2])
local newest = redis.call('LINDEX', KEYS[2], 0)
local stored = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
-- Half of a surrogate pair is text to JavaScript, and no JSON to this decoder.
local json = stored and string.gsub(string.match(stored, '^%d+ (.*)$'), '\\u[dD][89a-fA-F]%x%x', '\\u0020')
local instance = json and cjson.decode(json)
if not instance or instance.metadata.deletionTimestamp then return count end

-- Where Redis had lost it, its status still tells of the one that nobody wants kept.
local uid, about = instance.metadata.uid, field(instance.status, 'session')
if not field(about, 'savedAt') then about = nil end
if newest then
  local session = cjson.decode(string.sub(newest, 1, string.find(newest, ',"sealed":"', 1, true) - 1) .. '}')
  if session.uid == uid then about = session.about end
end
if field(about, 'dropletId') and field(about, 'fingerprint') then
  redis.call('SET', KEYS[3], cjson.encode({
    uid = uid, at = ARGV[2], dropletId = about.dropletId, fingerprint = about.fingerprint,
  }))
end
return count
