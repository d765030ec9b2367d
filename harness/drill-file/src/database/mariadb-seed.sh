start_server
sql -e "CREATE DATABASE \`$database\` CHARACTER SET utf8mb4"
sql -e "CREATE USER shop_owner@localhost IDENTIFIED BY 'not-a-secret'; CREATE ROLE shop_reader;
  GRANT ALL ON \`$database\`.* TO shop_owner@localhost; GRANT SELECT ON \`$database\`.* TO shop_reader; GRANT shop_reader TO shop_owner@localhost"
sql "$database" <<'SQL'
CREATE TABLE customers (
  id bigint AUTO_INCREMENT PRIMARY KEY,
  email varchar(200) NOT NULL UNIQUE,
  name text NOT NULL,
  born date,
  settings json,
  kind enum('person', 'company') NOT NULL,
  balance decimal(12, 2) NOT NULL DEFAULT 0,
  joined datetime(3) NOT NULL
) COMMENT 'Who buys: Käufer, 顧客, عملاء';
CREATE SEQUENCE invoice_numbers START WITH 1000;
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  customer bigint NOT NULL,
  invoice bigint NOT NULL,
  total bigint NOT NULL CHECK (total >= 0),
  KEY of_customer (customer),
  FOREIGN KEY (customer) REFERENCES customers (id)
);
CREATE TABLE pictures (id int PRIMARY KEY, content longblob NOT NULL);
CREATE VIEW customer_totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
CREATE FUNCTION total_of(whose bigint) RETURNS bigint READS SQL DATA RETURN (SELECT coalesce(sum(total), 0) FROM orders WHERE customer = whose);
CREATE TABLE changes (customer bigint NOT NULL);
CREATE TRIGGER note_changes AFTER UPDATE ON customers FOR EACH ROW INSERT INTO changes VALUES (NEW.id);
INSERT INTO customers (email, name, born, settings, kind, balance, joined)
  SELECT concat('person', seq, '@example.com'), concat(elt(1 + seq % 5, 'Zoë', '王芳', 'محمد', 'O''Brien', 'two\nlines\tand \\ 🐟'), ' ', seq),
    if(seq % 7 > 0, date '1950-01-01' + INTERVAL seq DAY, NULL), if(seq % 5 > 0, json_object('n', seq, 'quote', '"'), NULL),
    if(seq % 2, 'person', 'company'), seq / 3, timestamp '2026-03-29 01:30:00' + INTERVAL seq HOUR
  FROM seq_1_to_500;
INSERT INTO orders SELECT seq, 1 + seq % 500, nextval(invoice_numbers), seq * 7 FROM seq_1_to_2000;
INSERT INTO pictures SELECT seq, unhex(repeat(concat('00ff0a0d5c27', md5(seq)), 4000)) FROM seq_1_to_100;
UPDATE customers SET balance = balance + 1 WHERE id <= 10;
-- What is written while the backup runs: an entry is in both tables, or in neither.
CREATE TABLE a_debits (entry bigint PRIMARY KEY, amount bigint NOT NULL);
CREATE TABLE z_credits (entry bigint PRIMARY KEY, amount bigint NOT NULL);
INSERT INTO a_debits SELECT seq, seq FROM seq_1_to_20;
INSERT INTO z_credits SELECT seq, seq FROM seq_1_to_20;
SQL
write() {
  local entry=20
  while true; do
    entry=$((entry + 1))
    echo "START TRANSACTION; INSERT INTO a_debits VALUES ($entry, 1); INSERT INTO z_credits VALUES ($entry, 1); COMMIT;"
    sleep 0.02
  done
}
(write | sql "$database") </dev/null >/dev/null 2>&1 &
