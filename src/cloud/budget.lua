-- Settles one moment of a token's request budget: refills the buckets, applies what an answer told, takes requests.
-- Two token buckets, because a try that fails must burn neither: they are looked at together and taken from together.
--
-- KEYS[1]  hash of one token's budget: at (ms), until (ms, 0: not blocked), per bucket its tokens, and per line of those
--          who wait when the last of them was told to come again
-- ARGV[1]  requests to take: 0 or 1
-- ARGV[2]  share of each bucket that this taker must leave, 0 to 1
-- ARGV[3]  requests that DigitalOcean says are left in the last (longest) bucket's window, -1: it said nothing
-- ARGV[4]  ms for which nothing may be sent from now on, 0: it did not say so
-- ARGV[5]  the line in which a taker waits that is refused
-- ARGV[6]  ms after its turn to which nobody is sent away
-- ARGV[7…] for each bucket, shortest window first: capacity, refill per window, window in ms
--
-- Answer   {granted 0|1, ms to wait when not granted, ms for which all is blocked, whole tokens left in each bucket…}
-- Time is Redis' own, so that the clocks of the processes do not matter.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local want, reserve = tonumber(ARGV[1]), tonumber(ARGV[2])
local remaining, blockFor = tonumber(ARGV[3]), tonumber(ARGV[4])
local line, longestLine = 'line:' .. ARGV[5], tonumber(ARGV[6])
local buckets = (#ARGV - 6) / 3

-- A clock that was set back refills nothing, and takes nothing away.
local at = tonumber(redis.call('HGET', KEYS[1], 'at') or now)
local past = math.max(0, now - at)
local blockedUntil = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
if blockFor > 0 then blockedUntil = math.max(blockedUntil, now + blockFor) end

local tokens, wait, pace, longest = {}, math.max(0, blockedUntil - now), 0, 0
for i = 1, buckets do
  local capacity, refill = tonumber(ARGV[4 + 3 * i]), tonumber(ARGV[5 + 3 * i])
  local window = tonumber(ARGV[6 + 3 * i])
  longest = math.max(longest, window)
  local kept = tonumber(redis.call('HGET', KEYS[1], 'tokens' .. i) or capacity)
  tokens[i] = math.min(capacity, kept + past * refill / window)
  -- An answer may be old when it comes in: it can only ever lower what we think is left.
  if i == buckets and remaining >= 0 then tokens[i] = math.min(tokens[i], remaining) end
  local short = want + capacity * reserve - tokens[i]
  if want > 0 and short > 0 then
    wait = math.max(wait, math.ceil(short * window / refill))
    pace = math.max(pace, window / refill)
  end
end
-- Each comes again when its own request is there, and not all of them for the next one.
if wait > 0 and pace > 0 then
  local last = tonumber(redis.call('HGET', KEYS[1], line) or 0)
  wait = math.ceil(math.min(math.max(wait, last + pace - now), wait + longestLine))
  redis.call('HSET', KEYS[1], line, string.format('%.0f', now + wait))
end

local granted = 0
if want > 0 and wait == 0 then granted = 1 end
redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now), 'until', string.format('%.0f', blockedUntil))
local answer = { granted, wait, math.max(0, blockedUntil - now) }
for i = 1, buckets do
  if granted == 1 then tokens[i] = tokens[i] - want end
  redis.call('HSET', KEYS[1], 'tokens' .. i, string.format('%.6f', tokens[i]))
  answer[3 + i] = math.floor(tokens[i])
end
-- After two windows every bucket is full again and no block lasts: the same as no key.
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(2 * longest, blockedUntil - now + longest)))
return answer
