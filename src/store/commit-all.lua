-- Commits many writes at once, or none of them; each gets a revision and a change of its own, as by commit.lua.
--
-- KEYS[1]  the schema version
-- KEYS[2]  the global revision
-- KEYS[3]  stream of changes, entry ID "<revision>-0"
-- KEYS[4]  the cluster id
-- KEYS[5]  hash of what is kept sealed
-- KEYS[6…] hashes of objects, one a kind: name -> "<revision> <json>"
-- ARGV[1]  the schema version that must be stored; "": none
-- ARGV[2]  the schema version to store
-- ARGV[3]  the cluster id to store; "": the stored one stays
-- ARGV[4]  the revisions given are higher than this one
-- ARGV[5]  entries of the stream that are kept at least
-- ARGV[6]  JSON array of pairs, name and sealed text, to be kept
-- ARGV[7…] for each write: number of its hash, from 1; name; the revision that the stored object must have, "" when it must not
--          exist; type of the change, added or modified; kind; the whole object as JSON, without resourceVersion
--
-- Answer   {"committed", revision of the last write} | {"schema", the stored schema version or ""}
--          | {"conflict", name, the stored revision or ""} | {"behind", the error}; nothing was written in the last three

local schema = redis.call('GET', KEYS[1]) or ''
if schema ~= ARGV[1] then return { 'schema', schema } end

for i = 7, #ARGV, 6 do
  local stored = redis.call('HGET', KEYS[5 + ARGV[i]], ARGV[i + 1])
  local version = stored and string.match(stored, '^%d+') or ''
  if version ~= ARGV[i + 2] then return { 'conflict', ARGV[i + 1], version } end
end

local revision = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[4]))
for i = 7, #ARGV, 6 do
  revision = revision + 1
  local id = string.format('%.0f', revision)
  local appended = redis.pcall('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], id .. '-0',
    'type', ARGV[i + 3], 'kind', ARGV[i + 4], 'object', ARGV[i + 5])
  -- Only the first can be refused: all others follow on it.
  if type(appended) == 'table' and appended.err then
    if string.find(appended.err, '^%-?ERR ') then return { 'behind', appended.err } end
    return appended
  end
  redis.call('HSET', KEYS[5 + ARGV[i]], ARGV[i + 1], id .. ' ' .. ARGV[i + 5])
end

local last = string.format('%.0f', revision)
if #ARGV > 6 then redis.call('SET', KEYS[2], last) end
redis.call('SET', KEYS[1], ARGV[2])
for _, pair in ipairs(cjson.decode(ARGV[6])) do redis.call('HSET', KEYS[5], pair[1], pair[2]) end
if ARGV[3] ~= '' then redis.call('SET', KEYS[4], ARGV[3]) end
return { 'committed', last }
