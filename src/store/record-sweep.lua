-- Replaces the snapshot of the account's droplets by what one sweep has seen.
--
-- KEYS[1]  the recorded sweep, JSON with startedAt
-- KEYS[2]  hash: id -> JSON of the droplet
-- KEYS[3]  sorted set, all scores 0: "<term>\0<id>"; the terms are "name:<lower case>" and "tag:<tag>"
-- KEYS[4]  sorted set: ids of droplets that are proven gone, and so do not count, whatever a late listing shows
-- ARGV[1]  when this sweep began, ms since the epoch
-- ARGV[2]  this sweep, JSON
-- ARGV[3…] for each droplet: id, JSON
--
-- Answer   {{id, JSON before or "", …} of those new or not as before, {JSON, …} of those no longer seen}
--          both empty when a later sweep is recorded already: then nothing changes

-- One that was recorded can't have begun after the end of one that ends now, but by a clock that is ahead: it does not count.
local recorded = redis.call('GET', KEYS[1])
if recorded then
  local began = cjson.decode(recorded).startedAt
  if began > tonumber(ARGV[1]) and began <= cjson.decode(ARGV[2]).finishedAt then return { {}, {} } end
end

local function index(command, id, json)
  local droplet = cjson.decode(json)
  local terms = { 'name:' .. string.lower(droplet.name) }
  for _, tag in ipairs(droplet.tags) do terms[#terms + 1] = 'tag:' .. tag end
  for _, term in ipairs(terms) do
    local entry = term .. '\0' .. id
    if command == 'ZADD' then
      redis.call('ZADD', KEYS[3], 0, entry)
    else
      redis.call('ZREM', KEYS[3], entry)
    end
  end
end

local before = {}
local fields = redis.call('HGETALL', KEYS[2])
for i = 1, #fields, 2 do before[fields[i]] = fields[i + 1] end

local changed, seen = {}, {}
for i = 3, #ARGV, 2 do
  local id, json = ARGV[i], ARGV[i + 1]
  local past = before[id]
  local isGone = redis.call('ZSCORE', KEYS[4], id)
  if not isGone then seen[id] = true end
  if past ~= json and not isGone then
    changed[#changed + 1] = id
    changed[#changed + 1] = past or ''
    if past then index('ZREM', id, past) end
    index('ZADD', id, json)
    redis.call('HSET', KEYS[2], id, json)
  end
end

local missing = {}
for id, past in pairs(before) do
  if not seen[id] then
    missing[#missing + 1] = past
    index('ZREM', id, past)
    redis.call('HDEL', KEYS[2], id)
  end
end

redis.call('SET', KEYS[1], ARGV[2])
return { changed, missing }
