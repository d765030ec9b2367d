start_server
unpacked_objects >"$PWD/files"
mapfile -t files <"$PWD/files"
[ "${#files[@]}" -gt 0 ] || fail 'nothing could be unpacked'
for file in "${files[@]}"; do
  [ "$(form "$file")" = text ] || fail "${file##*/} is no dump of MariaDB's"
  # A dump of one database does not name it.
  if grep -qE '^(CREATE DATABASE|USE |CREATE USER)' "$file"; then
    sql <"$file"
  else
    sql -e "CREATE DATABASE IF NOT EXISTS \`$database\` CHARACTER SET utf8mb4"
    sql "$database" <"$file"
  fi
done
# A dump of all databases has users, who are there when they are read.
sql -e 'FLUSH PRIVILEGES'
