-- Finds droplets of the snapshot by id or by any of some terms, all at one moment.
--
-- KEYS[1]  the recorded sweep
-- KEYS[2]  hash: id -> JSON of the droplet
-- KEYS[3]  sorted set, all scores 0: "<term>\0<id>"
-- KEYS[4]  whether the account takes calls
-- KEYS[5]  whether it is full
-- ARGV[1]  id, or ""
-- ARGV[2…] terms: "name:<lower case>", "tag:<tag>"
--
-- Answer   {the sweep's JSON or "", {JSON of a droplet, …}, JSON of the access or "", JSON of the fullness or ""}, each droplet once

local ids, known = {}, {}
local function add(id)
  if not known[id] then
    known[id] = true
    ids[#ids + 1] = id
  end
end

if ARGV[1] ~= '' then add(ARGV[1]) end
for i = 2, #ARGV do
  local term = ARGV[i]
  local entries = redis.call('ZRANGE', KEYS[3], '[' .. term .. '\0', '(' .. term .. '\1', 'BYLEX')
  for _, entry in ipairs(entries) do add(string.sub(entry, #term + 2)) end
end

local droplets = {}
for _, id in ipairs(ids) do
  local json = redis.call('HGET', KEYS[2], id)
  if json then droplets[#droplets + 1] = json end
end
local function text(key) return redis.call('GET', key) or '' end
return { text(KEYS[1]), droplets, text(KEYS[4]), text(KEYS[5]) }
