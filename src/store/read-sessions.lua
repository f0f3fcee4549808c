-- Reads what is known of the sessions of a bot, and of what is sealed no more than by which key.
--
-- KEYS[1]  list of the sessions, JSON each, newest first
-- KEYS[2]  which one was forgotten last, JSON
-- ARGV[1]  index of the last one to read; -1: all
--
-- Answer   {which was forgotten or "", {the JSON of a session, what is sealed in it cut short, …}}

local heads = {}
for i, text in ipairs(redis.call('LRANGE', KEYS[1], 0, ARGV[1])) do
  local _, last = string.find(text, ',"sealed":"', 1, true)
  heads[i] = string.sub(text, 1, last + 16) .. '"}'
end
return { redis.call('GET', KEYS[2]) or '', heads }
