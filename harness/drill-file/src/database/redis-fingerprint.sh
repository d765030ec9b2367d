# Of each database its keys with their types and content, as one digest, and how many there are.
for number in $(ask INFO keyspace | sed -n 's/^db\([0-9]*\):.*/\1/p'); do
  ask -n "$number" EVAL "
local keys, lines = redis.call('KEYS', '*'), {}
table.sort(keys)
for _, key in ipairs(keys) do
  if string.sub(key, 1, 5) ~= 'live:' then
    local kind = redis.call('TYPE', key).ok
    local value
    if kind == 'string' then value = { redis.call('GET', key) }
    elseif kind == 'list' then value = redis.call('LRANGE', key, 0, -1)
    elseif kind == 'set' then value = redis.call('SMEMBERS', key) table.sort(value)
    elseif kind == 'zset' then value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    elseif kind == 'hash' then
      local fields = redis.call('HKEYS', key)
      table.sort(fields)
      value = {}
      for _, field in ipairs(fields) do value[#value + 1] = field value[#value + 1] = redis.call('HGET', key, field) end
    else value = { cjson.encode(redis.call('XRANGE', key, '-', '+')) } end
    local expires = redis.call('TTL', key) > 0 and 'expires' or 'stays'
    lines[#lines + 1] = table.concat({ key, kind, expires, table.concat(value, '\\0') }, '\\0')
  end
end
return 'database $number: ' .. #lines .. ' keys, ' .. redis.sha1hex(table.concat(lines, '\\1'))" 0
done
# What is written during the backup is never the same, and always whole.
ask EVAL "
local debits, credits = tonumber(redis.call('GET', 'live:debits')), tonumber(redis.call('GET', 'live:credits'))
return 'entries ' .. tostring(debits and debits >= 20) .. ', torn ' .. tostring(debits ~= credits)" 0
