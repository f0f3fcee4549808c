-- Records that something happened to an object: raises the count of an equal event, or adds one at the end.
--
-- KEYS[1]  the object's events: a JSON array, oldest first by last occurrence
-- KEYS[2]  the revision of the last event of any object
-- KEYS[3]  stream of all events, entry ID "<revision>-0"
-- KEYS[4]  sorted set, all scores 0: "<name>\0<kind>" of each object that has events
-- ARGV[1]  type   ARGV[2]  reason   ARGV[3]  message   ARGV[4]  uid of the object
-- ARGV[5]  now, RFC 3339 in whole seconds and UTC (so that text order is time order)
-- ARGV[6]  events last seen before this time are dropped
-- ARGV[7]  events kept at most
-- ARGV[8]  ms after which all are forgotten, unless another event comes
-- ARGV[9]  kind of the object   ARGV[10]  its name
-- ARGV[11] entries of the stream that are kept at least
--
-- Answer   how often the event has happened

local event = {
  type = ARGV[1], reason = ARGV[2], message = ARGV[3], uid = ARGV[4],
  count = 1, firstTimestamp = ARGV[5], lastTimestamp = ARGV[5],
}
local kept = {}
for _, past in ipairs(cjson.decode(redis.call('GET', KEYS[1]) or '[]')) do
  local isSame = past.type == event.type and past.reason == event.reason
    and past.message == event.message and past.uid == event.uid
  if past.lastTimestamp < ARGV[6] then
    -- Too old: forgotten, also as the beginning of a repetition.
  elseif isSame then
    event.count = past.count + 1
    event.firstTimestamp = past.firstTimestamp
  else
    kept[#kept + 1] = past
  end
end
kept[#kept + 1] = event
while #kept > tonumber(ARGV[7]) do table.remove(kept, 1) end

event.revision = string.format('%.0f', tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[11], event.revision .. '-0',
  'kind', ARGV[9], 'name', ARGV[10], 'event', cjson.encode(event))
redis.call('SET', KEYS[2], event.revision)
redis.call('ZADD', KEYS[4], 0, ARGV[10] .. '\0' .. ARGV[9])
redis.call('SET', KEYS[1], cjson.encode(kept), 'PX', ARGV[8])
return event.count
