-- Settles one moment of a token's request budget: refills the buckets, applies what an answer told, takes requests.
-- Two token buckets, because a try that fails must burn neither: they are looked at together and taken from together. They
-- say how fast we may send. None holds more than DigitalOcean has left in its window, which a ledger of the hour knows: ours
-- are noted when they are taken, and what DigitalOcean counts beyond all that is noted, others have sent. A request of ours
-- is noted before DigitalOcean can count it, so none is taken for another's, in whatever order the answers come in.
--
-- KEYS[1]  hash of one token's budget: at (ms), until (ms, 0: not blocked), per bucket its tokens, per line of those who
--          wait when the last of them was told to come again; the ledger: per slot of time ours and others', tail (the
--          oldest slot), noted (their sum), seen (ms, when an answer told last), limit (of the hour, as told), back (ms,
--          when it gives back the first)
-- ARGV[1]  requests to take: 0 or 1
-- ARGV[2]  share of each bucket that this taker must leave, 0 to 1
-- ARGV[3]  requests that DigitalOcean says are left in the hour, -1: it said nothing
-- ARGV[4]  requests that it allows in the hour
-- ARGV[5]  ms until the oldest request that it counts is counted no more
-- ARGV[6]  ms for which nothing may be sent from now on, 0: it did not say so
-- ARGV[7]  the line in which a taker waits that is refused
-- ARGV[8]  ms after its turn to which nobody is sent away
-- ARGV[9…] for the minute, then the hour: capacity, refill per window, window in ms, requests that DigitalOcean allows in it
--
-- Answer   {granted 0|1, ms to wait when not granted, ms for which all is blocked, whole tokens left in each bucket…}
-- Time is Redis' own, so that the clocks of the processes do not matter.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local want, reserve = tonumber(ARGV[1]), tonumber(ARGV[2])
local remaining, allowed, resetIn = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local blockFor, line, longestLine = tonumber(ARGV[6]), 'line:' .. ARGV[7], tonumber(ARGV[8])
local function window(first)
  local function argument(i) return tonumber(ARGV[first + i]) end
  return { capacity = argument(0), refill = argument(1), ms = argument(2), limit = argument(3) }
end
local minute, hour = window(9), window(13)
local function kept(field, otherwise) return tonumber(redis.call('HGET', KEYS[1], field) or otherwise) end

-- The ledger. What is noted stays two slots (4 s) longer than an hour: DigitalOcean counts a request a little later than we
-- do, and tells its times in whole seconds.
local slotMs = minute.ms / 30
local function slotOf(ms) return math.floor(ms / slotMs) end
local slot, hourSlots, longer = slotOf(now), math.ceil(hour.ms / slotMs), 2
local tail, noted, seen = kept('tail', slot), kept('noted', 0), kept('seen', 0)
local function note(whose, s, requests)
  if requests == 0 then return end
  redis.call('HINCRBY', KEYS[1], whose .. s, requests)
  tail, noted = math.min(tail, s), noted + requests
end
local function notedIn(s) return kept('ours:' .. s, 0) + kept('others:' .. s, 0) end
local function sum(whose, since)
  local fields, requests = {}, 0
  for s = math.max(tail, slotOf(since)), slot do fields[#fields + 1] = whose .. s end
  if #fields == 0 then return 0 end
  for _, here in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do requests = requests + (here or 0) end
  return requests
end
-- Forgets the oldest, as far as the slot `last`, `most` at the most.
local function forget(last, most)
  local gone = 0
  while tail <= last and gone < most do
    for _, whose in ipairs({ 'others:', 'ours:' }) do
      local here = kept(whose .. tail, 0)
      local cut = math.min(here, most - gone)
      if cut == here then redis.call('HDEL', KEYS[1], whose .. tail)
      else redis.call('HINCRBY', KEYS[1], whose .. tail, -cut) end
      gone = gone + cut
    end
    if notedIn(tail) == 0 then tail = tail + 1 end
  end
  noted = noted - gone
end
-- Others go on while no answer tells of them: what they sent in the minute before the last one stands for the last minute. An
-- answer that is a minute old tells nothing of them.
local function inMinute()
  local told = seen > 0 and math.max(seen, now - minute.ms) or now
  return sum('ours:', now - minute.ms) + sum('others:', told - minute.ms)
end
-- ms until so many of those noted in the last `ms`, the oldest first, are older.
local function untilLeft(count, ms)
  local s, left = math.max(tail, slotOf(now - ms)), 0
  while s < slot and left + notedIn(s) < count do
    left, s = left + notedIn(s), s + 1
  end
  return math.ceil(math.max((s + 1) * slotMs + ms - now, slotMs))
end

-- Nothing leaves the hour before the moment that DigitalOcean told, as far as its whole seconds tell it.
local givesBackAt = kept('back', 0)
if now >= givesBackAt then forget(slot - hourSlots - longer - 1, math.huge) end
if remaining >= 0 then
  local counted = math.max(0, allowed - remaining)
  local oldest = math.min(slot, slotOf(now + resetIn - hour.ms) - longer)
  local others = counted - noted
  if others > 0 then
    -- Sent at some time since the last answer, or in all the time that is counted.
    local since = math.min(slot, math.max(oldest, slotOf(seen)))
    local slots = slot - since + 1
    for i = 1, slots do
      local share = math.floor(others * i / slots) - math.floor(others * (i - 1) / slots)
      note('others:', since + i - 1, share)
    end
  else
    -- Never sent, or counted no more, as what is older than the oldest that is. Those of the last minute may be on their way.
    forget(oldest - 1, -others)
    forget(slot, noted - counted - inMinute())
  end
  seen, givesBackAt = now, now + resetIn - longer * slotMs
  redis.call('HSET', KEYS[1], 'seen', string.format('%.0f', now), 'limit', allowed)
  redis.call('HSET', KEYS[1], 'back', string.format('%.0f', givesBackAt))
end

-- A clock that was set back refills nothing, and takes nothing away.
local past = math.max(0, now - kept('at', now))
local blockedUntil = kept('until', 0)
if blockFor > 0 then blockedUntil = math.max(blockedUntil, now + blockFor) end
local buckets = {
  { of = minute, left = minute.limit - inMinute(), notedFor = minute.ms, back = 0 },
  { of = hour, left = kept('limit', hour.limit) - noted, notedFor = hour.ms + longer * slotMs, back = givesBackAt },
}
local wait, pace = math.max(0, blockedUntil - now), 0
for i, bucket in ipairs(buckets) do
  local capacity, msEach = bucket.of.capacity, bucket.of.ms / bucket.of.refill
  bucket.tokens = math.min(capacity, kept('tokens' .. i, capacity) + past / msEach)
  bucket.usable = math.max(0, math.min(bucket.tokens, bucket.left))
  local needed = want + capacity * reserve
  if want > 0 and bucket.usable < needed then
    wait, pace = math.max(wait, math.ceil((needed - bucket.tokens) * msEach)), math.max(pace, msEach)
    if bucket.left < needed then
      wait = math.max(wait, untilLeft(needed - bucket.left, bucket.notedFor), bucket.back - now)
    end
  end
end
-- When others' leave the hour is an estimate: what comes back is taken up slowly, and answers correct it meanwhile.
buckets[2].tokens = buckets[2].usable
-- Each comes again when its own request is there, and not all of them for the next one.
if wait > 0 and pace > 0 then
  wait = math.ceil(math.min(math.max(wait, kept(line, 0) + pace - now), wait + longestLine))
  redis.call('HSET', KEYS[1], line, string.format('%.0f', now + wait))
end

local granted = 0
if want > 0 and wait == 0 then granted = 1 end
if granted == 1 then note('ours:', slot, want) end
redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now), 'until', string.format('%.0f', blockedUntil))
redis.call('HSET', KEYS[1], 'tail', string.format('%.0f', tail), 'noted', string.format('%.0f', noted))
local answer = { granted, wait, math.max(0, blockedUntil - now) }
for i, bucket in ipairs(buckets) do
  redis.call('HSET', KEYS[1], 'tokens' .. i, string.format('%.6f', bucket.tokens - granted * want))
  answer[3 + i] = math.floor(bucket.usable - granted * want)
end
-- After two windows every bucket is full again, nothing noted counts, and no block lasts: the same as no key.
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(2 * hour.ms, blockedUntil - now + hour.ms)))
return answer
