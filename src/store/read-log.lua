-- Reads what was added to the log of an object since a place in it.
--
-- KEYS[1]  hash: run (the newest), offset (bytes of it that were followed)
-- KEYS[2]  text of the newest run's log, its last bytes when it is long
-- ARGV[1]  byte offset in the run's log at which the reader stands
-- ARGV[2]  bytes of text that are kept
--
-- Answer   {run, byte offset at which the text begins, text}; nil when there is no log

local run = redis.call('HGET', KEYS[1], 'run')
if not run then return nil end
local followed = tonumber(redis.call('HGET', KEYS[1], 'offset'))
local kept = math.min(redis.call('STRLEN', KEYS[2]), tonumber(ARGV[2]))
local from = math.min(math.max(tonumber(ARGV[1]), followed - kept), followed)
if from == followed then return { run, string.format('%.0f', from), '' } end
return { run, string.format('%.0f', from), redis.call('GETRANGE', KEYS[2], from - followed, -1) }
