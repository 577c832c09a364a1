-- The same as bucket.rs, on this server's clock: one number per quota, the microsecond at which its bucket is full again.
-- KEYS[1] the bucket. ARGV: microseconds per unit, units that fit, units wanted. Answers {units given, microseconds
-- until the next one}.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local depth = interval * burst
local full_at = tonumber(redis.call('GET', KEYS[1]) or now) or now
full_at = math.max(now, math.min(full_at, now + depth))
local free = math.max(0, math.floor((now + depth - full_at) / interval + 0.000001))
local given = math.min(wanted, free)
if given > 0 then
  full_at = full_at + given * interval
  redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
end
local retry = 0
if given < math.max(wanted, 1) then
  retry = math.max(0, math.ceil(full_at + interval - now - depth))
end
return { given, retry }
