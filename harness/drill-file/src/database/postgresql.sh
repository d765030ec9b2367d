# PostgreSQL: the server, as the user postgres.
data=/var/lib/pgsql/nightproof
socket=/var/run/postgresql

# The folder of the newest server's programs.
programs() {
  local folder
  for folder in /usr/bin /usr/pgsql-*/bin /usr/lib/postgresql/*/bin; do
    [ ! -x "$folder/initdb" ] || echo "$folder"
  done | sort -V | tail -n 1
}

# Runs a command as postgres. In a sandbox, which has the ids of root alone, by a namespace of users: PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(runuser -u postgres -- id -u)" != 0 ]; then
    (cd / && runuser -u postgres -- "$@")
  else
    (cd / && unshare --user --map-user="$(id -u postgres)" --map-group="$(id -g postgres)" -- "$@")
  fi
}

start_server() {
  command -v psql >/dev/null && [ -n "$(programs)" ] ||
    install_packages 'postgresql15-server postgresql15-contrib' 'postgresql-server postgresql-contrib' 'postgresql postgresql-contrib'
  local bin
  bin=$(programs)
  [ -n "$bin" ] || fail 'PostgreSQL is installed, and its initdb is not found'
  if ! getent passwd postgres >/dev/null; then
    echo 'postgres:x:26:' >>/etc/group
    echo 'postgres:x:26:26:PostgreSQL Server:/var/lib/pgsql:/bin/bash' >>/etc/passwd
  fi
  mkdir -p "$data" "$socket"
  # In a sandbox all is root's, which is postgres in its namespace.
  chown -R postgres: "${data%/*}" "$socket" 2>/dev/null || true
  chmod 700 "$data"
  as_postgres "$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >&2
  printf '%s\n' "unix_socket_directories = '$socket, /tmp'" "listen_addresses = 'localhost'" "timezone = 'UTC'" \
    'jit = off' >>"$data/postgresql.conf"
  as_postgres "$bin/pg_ctl" -D "$data" -l "$data/log" -w start >&2 </dev/null ||
    fail "PostgreSQL does not start: $(tail -n 5 "$data/log")"
  # Scripts run as root.
  sql -d postgres -c 'CREATE ROLE root SUPERUSER LOGIN'
}

sql() { psql -X -q -h "$socket" -U postgres -v ON_ERROR_STOP=1 "$@"; }
