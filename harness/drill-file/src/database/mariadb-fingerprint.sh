# Users, databases, schema, and of each table its rows: their number, and a digest of them in order.
ask() { sql -BN "$@"; }
ask -e "SELECT DISTINCT 'user', user, host, is_role, md5(authentication_string) FROM mysql.user
  WHERE user NOT IN ('root', 'mysql', 'mariadb.sys', 'PUBLIC') ORDER BY 2, 3"
ask -e "SELECT 'member', role, user, host FROM mysql.roles_mapping WHERE user <> 'root' ORDER BY 2, 3, 4"
ask -e "SELECT 'grant', user, host, db, select_priv, insert_priv, drop_priv FROM mysql.db WHERE user <> 'PUBLIC' ORDER BY 2, 3, 4"
databases=$(ask -e "SELECT schema_name FROM information_schema.schemata
  WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1")
[ -n "$databases" ] || fail 'there is no database'
dump() { mariadb-dump --no-defaults --socket="$socket" -u root --skip-comments --skip-dump-date "$@"; }
while IFS= read -r one; do
  # The numbers that a running server keeps in reserve are no data: a copy of its files goes on after the last one that was given.
  schema=$(dump --no-data --routines --triggers --events "$one" | grep -v '^/\*M!999999' | sed 's/ AUTO_INCREMENT=[0-9]*//')
  echo "schema $one $(sha256sum <<<"$schema" | cut -d ' ' -f 1)"
  tables=$(ask -e "SELECT table_name FROM information_schema.tables WHERE table_schema = '$one'
    AND table_type IN ('BASE TABLE', 'SEQUENCE') AND table_name NOT IN ('a_debits', 'z_credits') ORDER BY 1")
  while IFS= read -r table; do
    [ -n "$table" ] || continue
    rows=$(dump --no-create-info --skip-triggers --skip-extended-insert --order-by-primary --hex-blob "$one" "$table")
    echo "rows $one.$table $(grep -c '^INSERT' <<<"$rows" || true) $(grep -v '^/\*M!999999' <<<"$rows" | sha256sum | cut -d ' ' -f 1)"
  done <<<"$tables"
done <<<"$databases"
# What is written during the backup is never the same, and always whole.
ask "$database" -e "SELECT 'entries', (SELECT count(*) FROM a_debits) >= 20,
  (SELECT count(*) FROM a_debits LEFT JOIN z_credits USING (entry) WHERE z_credits.entry IS NULL) +
  (SELECT count(*) FROM z_credits LEFT JOIN a_debits USING (entry) WHERE a_debits.entry IS NULL) AS torn;
  SELECT 'function', total_of(7), (SELECT total FROM customer_totals WHERE customer = 7)"
