# SQLite: a file, and a program that keeps it open.
start_server() {
  command -v sqlite3 >/dev/null || install_packages sqlite sqlite sqlite3
  mkdir -p "${database%/*}"
}

sql() { sqlite3 -bail -batch -cmd '.timeout 10000' "$database" "$@"; }
