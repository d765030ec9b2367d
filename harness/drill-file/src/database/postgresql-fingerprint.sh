# Roles, databases, extensions, schema, sequences, and of each table its rows: their number, and a digest of them in order.
ask() { sql -At "$@"; }
ask -d postgres <<'SQL'
SELECT 'role', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, md5(rolpassword)
  FROM pg_authid WHERE rolname !~ '^pg_' AND rolname NOT IN ('postgres', 'root') ORDER BY rolname;
SELECT 'member', r.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
  WHERE r.rolname !~ '^pg_' ORDER BY 2, 3;
SELECT 'database', datname, pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'
  ORDER BY datname;
SQL
databases=$(ask -d postgres -c "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY datname")
[ -n "$databases" ] || fail 'there is no database'
while IFS= read -r one; do
  echo "schema $one $(pg_dump -h "$socket" -U postgres --schema-only "$one" |
    grep -Ev '^(--|$|SET |SELECT pg_catalog.set_config|\\(un)?restrict )' | sha256sum | cut -d ' ' -f 1)"
  ask -d "$one" <<'SQL'
SELECT 'extension', extname, extversion FROM pg_extension ORDER BY extname;
SELECT 'sequence', schemaname, sequencename, last_value FROM pg_sequences ORDER BY 2, 3;
SELECT format('SELECT ''rows'', %L, count(*), md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))) FROM %I.%I t',
    n.nspname || '.' || c.relname, n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
    AND (n.nspname, c.relname) NOT IN (('shop', 'a_debits'), ('shop', 'z_credits'))
  ORDER BY n.nspname, c.relname \gexec
SELECT 'large objects', count(*), md5(string_agg(md5(lo_get(oid)), '' ORDER BY md5(lo_get(oid)))) FROM pg_largeobject_metadata;
SQL
done <<<"$databases"
# What is written during the backup is never the same, and always whole.
ask -d "$database" <<'SQL'
SELECT 'entries', count(*) >= 20 AS are_there, count(*) FILTER (WHERE d.amount IS DISTINCT FROM c.amount) AS torn
  FROM shop.a_debits d FULL JOIN shop.z_credits c USING (entry);
SELECT 'function', shop.total_of(7), (SELECT total FROM shop.customer_totals WHERE customer = 7);
SQL
