start_server
unpacked_objects >"$PWD/files"
mapfile -t files <"$PWD/files"
[ "${#files[@]}" -gt 0 ] || fail 'nothing could be unpacked'
for file in "${files[@]}"; do
  case $(form "$file") in
    # What was not yet in the file is in one beside it.
    sqlite) cp "$file" "$database" ;;
    text) sql <"$file" >/dev/null ;;
    *)
      case $file in
        *-wal) cp "$file" "$database-wal" ;;
        *-shm) ;;
        *) fail "${file##*/} is no database and no dump of SQLite's" ;;
      esac
      ;;
  esac
done
