-- Remembers what changes of instances mean and queues whom to tell: once, however many processes saw them.
--
-- KEYS[1]  string: the revision up to which changes have been looked at
-- KEYS[2]  hash: name of an instance -> JSON of what is remembered of it
-- KEYS[3]  set: the keys for which deliveries wait
-- ARGV[1]  the revision of these changes
-- ARGV[2]  begins the name of each list of deliveries; its key follows
-- ARGV[3]  deliveries of one key that are kept: with more, the oldest go
-- ARGV[4]  JSON: an array of {name, seen (a text; "": it is gone), deliveries: an array of {key, text}}
-- ARGV[5]  the revision up to which changes must have been looked at; "": any before this one
--
-- Answer   1, or 0 when another process has recorded them already

local cursor = tonumber(redis.call('GET', KEYS[1]) or '-1')
if tonumber(ARGV[1]) <= cursor then return 0 end
if ARGV[5] ~= '' and tonumber(ARGV[5]) ~= cursor then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
for _, transition in ipairs(cjson.decode(ARGV[4])) do
  if transition.seen == '' then
    redis.call('HDEL', KEYS[2], transition.name)
  else
    redis.call('HSET', KEYS[2], transition.name, transition.seen)
  end
  for _, delivery in ipairs(transition.deliveries) do
    local list = ARGV[2] .. delivery.key
    redis.call('RPUSH', list, delivery.text)
    redis.call('LTRIM', list, -tonumber(ARGV[3]), -1)
    redis.call('SADD', KEYS[3], delivery.key)
  end
end
return 1
