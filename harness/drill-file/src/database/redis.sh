# Redis: the server.
data=/var/lib/redis
socket=/run/redis.sock

program() { command -v "redis-$1" || command -v "redis6-$1" || command -v "valkey-$1"; }

start_server() {
  program server >/dev/null && program cli >/dev/null || install_packages redis6 redis redis-server
  mkdir -p "$data"
  "$(program server)" --dir "$data" --dbfilename dump.rdb --bind 127.0.0.1 --port 6379 --unixsocket "$socket" --daemonize yes \
    --logfile "$data/log" --save '3600 1 300 100 60 10000' >&2
  until_ready Redis loaded
}

loaded() { [ "$(ask PING)" = PONG ]; }
ask() { "$(program cli)" -s "$socket" "$@"; }
