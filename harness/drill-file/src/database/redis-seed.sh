start_server
# A server that was there yesterday has yesterday's file.
ask SET yesterday 1 >/dev/null
ask SAVE >/dev/null
ask DEL yesterday >/dev/null
ask EVAL "
for n = 1, 500 do
  redis.call('SET', 'text:' .. n, 'Zoë 王芳 ' .. n .. string.char(0, 255, 10))
  redis.call('HSET', 'customer:' .. n, 'name', 'O\'Brien ' .. n, 'balance', n / 3)
end
for n = 1, 300 do
  redis.call('RPUSH', 'list', n)
  redis.call('SADD', 'set', 'member ' .. n)
  redis.call('ZADD', 'sorted', n / 7, 'member ' .. n)
end
redis.call('XADD', 'stream', '1-1', 'event', 'first')
redis.call('XADD', 'stream', '2-1', 'event', 'second')
redis.call('SET', 'session', 'expires', 'EX', 864000)
redis.call('SET', 'live:debits', 20)
redis.call('SET', 'live:credits', 20)" 0 >/dev/null
ask -n 3 SET 'in another database' 1 >/dev/null
write() {
  while true; do
    printf 'MULTI\nINCR live:debits\nINCR live:credits\nEXEC\n'
    sleep 0.02
  done
}
(write | ask) </dev/null >/dev/null 2>&1 &
