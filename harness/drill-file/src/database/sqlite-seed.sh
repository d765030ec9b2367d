start_server
schema() {
  cat <<'SQL'
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, balance REAL NOT NULL, note);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, total INTEGER NOT NULL CHECK (total >= 0));
CREATE INDEX of_customer ON orders (customer) WHERE total > 0;
CREATE TABLE pictures (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE VIEW customer_totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
CREATE TABLE changes (customer INTEGER);
CREATE TRIGGER note_changes AFTER UPDATE ON customers BEGIN INSERT INTO changes VALUES (NEW.id); END;
WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < 500)
  INSERT INTO customers (email, name, balance, note)
  SELECT 'person' || n || '@example.com', CASE n % 4 WHEN 0 THEN 'Zoë' WHEN 1 THEN '王芳' WHEN 2 THEN 'O''Brien' ELSE 'two' || char(10) || 'lines' END,
    n / 3.0, CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN n WHEN 2 THEN n / 7.0 WHEN 3 THEN 'text' ELSE x'00ff' END FROM s;
WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < 2000)
  INSERT INTO orders SELECT n, 1 + n % 500, n * 7 FROM s;
WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < 40)
  INSERT INTO pictures SELECT n, CAST(replace(hex(zeroblob(4000)), '00', char(1 + n) || char(0)) AS BLOB) FROM s;
INSERT INTO settings VALUES ('currency', 'EUR'), ('größe', 12.5), ('none', NULL);
UPDATE customers SET balance = balance + 1 WHERE id <= 10;
-- What is written while the backup runs: an entry is in both tables, or in neither.
CREATE TABLE a_debits (entry INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
CREATE TABLE z_credits (entry INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < 20) INSERT INTO a_debits SELECT n, n FROM s;
INSERT INTO z_credits SELECT * FROM a_debits;
COMMIT;
SQL
}
write() {
  schema
  local entry=20
  while true; do
    entry=$((entry + 1))
    echo "BEGIN IMMEDIATE; INSERT INTO a_debits VALUES ($entry, 1); INSERT INTO z_credits VALUES ($entry, 1); COMMIT;"
    sleep 0.02
  done
}
# One program keeps the file open, as the one does whose it is.
(write | sql) </dev/null >/dev/null 2>"$database.log" &
until_ready 'the database' sqlite3 -readonly "$database" 'SELECT 1 FROM z_credits'
