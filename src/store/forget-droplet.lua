-- Takes a droplet that is proven gone out of the snapshot, and remembers that it is gone.
--
-- KEYS[1]  hash: id -> JSON of the droplet
-- KEYS[2]  sorted set, all scores 0: "<term>\0<id>"
-- KEYS[3]  sorted set: ids of droplets that are gone, by when that was proven (ms since the epoch)
-- ARGV[1]  id
-- ARGV[2]  now, ms since the epoch
-- ARGV[3]  what was proven before this time is forgotten
-- ARGV[4]  ms after which all is forgotten, unless another goes

local json = redis.call('HGET', KEYS[1], ARGV[1])
if json then
  local droplet = cjson.decode(json)
  redis.call('ZREM', KEYS[2], 'name:' .. string.lower(droplet.name) .. '\0' .. ARGV[1])
  for _, tag in ipairs(droplet.tags) do redis.call('ZREM', KEYS[2], 'tag:' .. tag .. '\0' .. ARGV[1]) end
  redis.call('HDEL', KEYS[1], ARGV[1])
end
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
