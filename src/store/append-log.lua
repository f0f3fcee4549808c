-- Adds what a bootstrap run printed to the log of its object. A run not heard of before takes the place of the one before it.
--
-- KEYS[1]  hash: run (the newest), offset (bytes of it that were followed), past (JSON array of runs that are over)
-- KEYS[2]  text of the newest run's log, its last bytes when it is long
-- ARGV[1]  run
-- ARGV[2]  byte offset in the run's log at which the text begins
-- ARGV[3]  text
-- ARGV[4]  bytes of text to keep
-- ARGV[5]  ms after which all is forgotten, unless more is printed
-- ARGV[6]  runs to remember as over
--
-- Answer   bytes added; 0 when all was known, or the run is over

local newest = redis.call('HGET', KEYS[1], 'run')
if newest ~= ARGV[1] then
  local past = cjson.decode(redis.call('HGET', KEYS[1], 'past') or '[]')
  for _, run in ipairs(past) do
    if run == ARGV[1] then return 0 end
  end
  if newest then past[#past + 1] = newest end
  if #past > tonumber(ARGV[6]) then table.remove(past, 1) end
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'offset', 0)
  if #past > 0 then redis.call('HSET', KEYS[1], 'past', cjson.encode(past)) end
end

local offset, text = tonumber(ARGV[2]), ARGV[3]
local known = tonumber(redis.call('HGET', KEYS[1], 'offset'))
local added = string.sub(text, math.max(0, known - offset) + 1)
if #added > 0 then
  redis.call('HSET', KEYS[1], 'offset', string.format('%.0f', offset + #text))
  -- Cut only now and then: each cut copies the whole text. What is too much is not read.
  local keep = tonumber(ARGV[4])
  if redis.call('APPEND', KEYS[2], added) > keep + 65536 then
    redis.call('SET', KEYS[2], redis.call('GETRANGE', KEYS[2], -keep - 1, -1))
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return #added
