unpacked_objects >"$PWD/files"
mapfile -t files <"$PWD/files"
[ "${#files[@]}" = 1 ] && [ "$(form "${files[0]}")" = rdb ] || fail 'the backup is no single RDB file: give a restore script'
mkdir -p "$data"
cp "${files[0]}" "$data/dump.rdb"
start_server
