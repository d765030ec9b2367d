# MariaDB: the server, which root may run where it is told so.
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock

start_server() {
  command -v mariadb-dump >/dev/null && command -v mariadbd >/dev/null ||
    install_packages 'mariadb105-server' 'mariadb-server' 'mariadb-server'
  mkdir -p "$data" "${socket%/*}"
  # The clients find it without being told.
  [ -s /etc/my.cnf ] || printf '[client]\nsocket=%s\n' "$socket" >/etc/my.cnf
  mariadb-install-db --no-defaults --user=root --datadir="$data" --skip-test-db --auth-root-authentication-method=normal >/dev/null
  mariadbd --no-defaults --user=root --datadir="$data" --socket="$socket" --bind-address=127.0.0.1 --pid-file="${socket%/*}/mysqld.pid" \
    --character-set-server=utf8mb4 --log-error="$data/error.log" </dev/null >/dev/null 2>&1 &
  until_ready MariaDB sql -e 'SELECT 1'
}

sql() { mariadb --no-defaults --default-character-set=utf8mb4 --socket="$socket" -u root "$@"; }
