# Schema, and of each table its rows: their number, and a digest of them in order.
ask() { sqlite3 -readonly -bail -batch "$database" "$@"; }
[ -e "$database" ] || fail "there is no $database"
ask 'PRAGMA integrity_check' 'PRAGMA user_version'
echo "schema $(ask "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_autoindex%' ORDER BY 1, 2" | sha256sum | cut -d ' ' -f 1)"
tables=$(ask "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('a_debits', 'z_credits') ORDER BY 1")
[ -n "$tables" ] || fail "there is no table in $database"
while IFS= read -r table; do
  columns=$(ask "SELECT group_concat('quote(\"' || replace(name, '\"', '\"\"') || '\")', '||'',''||') FROM pragma_table_info('${table//\'/\'\'}')")
  rows=$(ask "SELECT $columns FROM \"${table//\"/\"\"}\" ORDER BY 1")
  echo "rows $table $(ask "SELECT count(*) FROM \"${table//\"/\"\"}\"") $(sha256sum <<<"$rows" | cut -d ' ' -f 1)"
done <<<"$tables"
# What is written during the backup is never the same, and always whole.
ask "SELECT 'entries', (SELECT count(*) FROM a_debits) >= 20,
  (SELECT count(*) FROM (SELECT entry FROM a_debits EXCEPT SELECT entry FROM z_credits)) +
  (SELECT count(*) FROM (SELECT entry FROM z_credits EXCEPT SELECT entry FROM a_debits)) AS torn" \
  "SELECT 'view', total FROM customer_totals WHERE customer = 7"
