start_server
sql -d postgres <<SQL
CREATE ROLE shop_owner LOGIN PASSWORD 'not-a-secret';
CREATE ROLE shop_reader NOLOGIN;
GRANT shop_reader TO shop_owner;
CREATE DATABASE "$database" OWNER shop_owner;
SQL
sql -d "$database" <<'SQL'
CREATE EXTENSION citext;
CREATE SCHEMA shop AUTHORIZATION shop_owner;
SET ROLE shop_owner;
SET search_path = shop, public;
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0);
CREATE SEQUENCE invoice_numbers START 1000;
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email citext NOT NULL UNIQUE,
  name text NOT NULL,
  born date,
  tags text[] NOT NULL DEFAULT '{}',
  settings jsonb,
  balance numeric(12, 2) NOT NULL DEFAULT 0,
  joined timestamptz NOT NULL
);
COMMENT ON TABLE customers IS 'Who buys: Käufer, 顧客, عملاء';
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers,
  invoice bigint NOT NULL DEFAULT nextval('invoice_numbers'),
  state order_state NOT NULL,
  total cents NOT NULL
);
CREATE INDEX unpaid ON orders (customer) WHERE state = 'new';
CREATE TABLE pictures (id int PRIMARY KEY, content bytea NOT NULL);
CREATE VIEW customer_totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
CREATE MATERIALIZED VIEW states AS SELECT state, count(*) AS orders FROM orders GROUP BY state;
CREATE FUNCTION total_of(whose bigint) RETURNS numeric LANGUAGE sql STABLE AS
  'SELECT coalesce(sum(total), 0) FROM shop.orders WHERE customer = whose';
CREATE FUNCTION refuse_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'sent' THEN RAISE EXCEPTION 'order % was sent', OLD.id; END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER keep_sent BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION refuse_sent();
GRANT USAGE ON SCHEMA shop TO shop_reader;
GRANT SELECT ON customers, orders TO shop_reader;
INSERT INTO customers (email, name, born, tags, settings, balance, joined)
  SELECT 'Person' || n || '@example.com', (ARRAY['Zoë', 'Łukasz', '王芳', 'محمد', 'O''Brien', E'two\nlines\tand \\'])[1 + n % 6] || ' ' || n,
    CASE WHEN n % 7 > 0 THEN date '1950-01-01' + n END, ARRAY['a,b', '{' || n || '}', NULL],
    CASE WHEN n % 5 > 0 THEN jsonb_build_object('n', n, 'quote', '"') END, n / 3.0, timestamptz '2026-03-29 01:30:00+01' + n * interval '1 hour'
  FROM generate_series(1, 500) n;
INSERT INTO orders (id, customer, state, total)
  SELECT n, 1 + n % 500, (ARRAY['new', 'paid', 'sent'])[1 + n % 3]::order_state, n * 7 FROM generate_series(1, 2000) n;
INSERT INTO pictures SELECT n, decode(repeat(md5(n::text), 400), 'hex') FROM generate_series(1, 40) n;
REFRESH MATERIALIZED VIEW states;
SELECT lo_from_bytea(0, decode(repeat('00ff0a0d', 5000), 'hex')) \g /dev/null
-- What is written while the backup runs: an entry is in both tables, or in neither.
CREATE TABLE a_debits (entry bigint PRIMARY KEY, amount cents NOT NULL);
CREATE TABLE z_credits (entry bigint PRIMARY KEY, amount cents NOT NULL);
INSERT INTO a_debits SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO z_credits SELECT n, n FROM generate_series(1, 20) n;
SQL
write() {
  local entry=20
  while true; do
    entry=$((entry + 1))
    echo "BEGIN; INSERT INTO shop.a_debits VALUES ($entry, 1); INSERT INTO shop.z_credits VALUES ($entry, 1); COMMIT;"
    sleep 0.02
  done
}
(write | sql -d "$database") </dev/null >/dev/null 2>&1 &
