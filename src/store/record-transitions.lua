-- Remembers what changes of instances mean and queues whom to tell: once, however many processes saw them.
--
-- KEYS[1]  string: the revision up to which changes have been looked at
-- KEYS[2]  hash: name of an instance -> JSON of what is remembered of it
-- KEYS[3]  set: the keys for which deliveries wait
-- KEYS[4]  list: the last tries, newest first
-- ARGV[1]  the revision of these changes
-- ARGV[2]  begins the name of each list of deliveries; its key follows
-- ARGV[3]  deliveries of one key that are kept: with more, the oldest are dropped, and noted among the tries
-- ARGV[4]  JSON: an array of {name, seen (a text; "": it is gone), deliveries: an array of {key, origin, text}}
-- ARGV[5]  the revision up to which changes must have been looked at; "": any before this one
-- ARGV[6]  tries kept   ARGV[7]  why one is dropped, a sentence   ARGV[8]  the time, RFC 3339
--
-- Answer   an array with the key of each delivery that was dropped, or 0 when another process has recorded them already

local cursor = tonumber(redis.call('GET', KEYS[1]) or '-1')
if tonumber(ARGV[1]) <= cursor then return 0 end
if ARGV[5] ~= '' and tonumber(ARGV[5]) ~= cursor then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
local dropped = {}
for _, transition in ipairs(cjson.decode(ARGV[4])) do
  if transition.seen == '' then
    redis.call('HDEL', KEYS[2], transition.name)
  else
    redis.call('HSET', KEYS[2], transition.name, transition.seen)
  end
  for _, delivery in ipairs(transition.deliveries) do
    local list = ARGV[2] .. delivery.key
    redis.call('RPUSH', list, delivery.text)
    for _ = redis.call('LLEN', list), tonumber(ARGV[3]) + 1, -1 do
      local oldest = cjson.decode(redis.call('LPOP', list))
      redis.call('LPUSH', KEYS[4], cjson.encode({
        id = oldest.id, type = oldest.type, instance = oldest.name, url = delivery.origin, result = 'dropped',
        status = cjson.null, problem = ARGV[7], attempt = oldest.attempts, at = ARGV[8],
      }))
      redis.call('LTRIM', KEYS[4], 0, ARGV[6] - 1)
      table.insert(dropped, delivery.key)
    end
    redis.call('SADD', KEYS[3], delivery.key)
  end
end
return dropped
