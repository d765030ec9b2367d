start_server
into() { sql -d "$1" -f "$2" >/dev/null; }
archive() { pg_restore --exit-on-error --create -h "$socket" -U postgres -d postgres "$1"; }
restore() {
  local file=$1
  # A file of a dump that is a folder is restored with it.
  if [ -e "${file%/*}/toc.dat" ]; then
    [ "${file##*/}" != toc.dat ] || archive "${file%/*}"
    return
  fi
  case $(form "$file") in
    pg_*) archive "$file" ;;
    text)
      # A cluster has its first role, and the one that scripts run as.
      sed -E '/^CREATE ROLE (postgres|root);$/d' "$file" >"$file.sql"
      if grep -qE '^(\\connect|CREATE ROLE) ' "$file.sql"; then
        into postgres "$file.sql"
      else
        sql -d postgres -c "CREATE DATABASE \"$database\""
        into "$database" "$file.sql"
      fi
      ;;
    *) fail "${file##*/} is no dump of PostgreSQL's" ;;
  esac
}
# What makes roles comes first.
makes_roles() { [ "$(form "$1")" = text ] && grep -q '^CREATE ROLE ' "$1"; }
unpacked_objects >"$PWD/files"
mapfile -t files <"$PWD/files"
[ "${#files[@]}" -gt 0 ] || fail 'nothing could be unpacked'
for file in "${files[@]}"; do if makes_roles "$file"; then restore "$file"; fi; done
for file in "${files[@]}"; do if ! makes_roles "$file"; then restore "$file"; fi; done
