-- Commits one write of one object: the only way in which an object is ever written.
--
-- KEYS[1]  hash of the kind's objects: name -> "<revision> <json>"
-- KEYS[2]  the global revision
-- KEYS[3]  stream of changes, entry ID "<revision>-0"
-- KEYS[4…] what is kept beside the object and ends by this write
-- ARGV[1]  name
-- ARGV[2]  the revision that the stored object must have; "": it must not exist
-- ARGV[3]  type of the change: added, modified, deleted (this one removes the object)
-- ARGV[4]  kind
-- ARGV[5]  the whole object as JSON, without resourceVersion
-- ARGV[6]  entries of the stream that are kept at least
--
-- Answer   {"committed", revision} | {"conflict", the stored revision, or "" when it does not exist}
--          | {"behind", the error}: the stream is ahead of the revision; nothing was written
-- Errors   of XADD, as when the server takes no writes; nothing was written

local stored = redis.call('HGET', KEYS[1], ARGV[1])
local version = stored and string.match(stored, '^%d+') or ''
if version ~= ARGV[2] then return { 'conflict', version } end

local revision = string.format('%.0f', tonumber(redis.call('GET', KEYS[2]) or '0') + 1)

-- The stream first: it refuses an ID that does not rise, and a script that fails later is not rolled back.
local appended = redis.pcall('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], revision .. '-0',
  'type', ARGV[3], 'kind', ARGV[4], 'object', ARGV[5])
if type(appended) == 'table' and appended.err then
  if string.find(appended.err, '^%-?ERR ') then return { 'behind', appended.err } end
  -- No matter of revisions: READONLY, OOM, NOREPLICAS. The client must hear of it as such.
  return appended
end

redis.call('SET', KEYS[2], revision)
if ARGV[3] == 'deleted' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], revision .. ' ' .. ARGV[5])
end
for i = 4, #KEYS do redis.call('DEL', KEYS[i]) end
return { 'committed', revision }
