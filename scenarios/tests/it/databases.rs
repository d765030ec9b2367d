//! Databases: the real server is filled, written to while its backup runs, restored and compared; each bad twin of a dump is red.

use std::path::Path;

use nightproof_scenarios::Night;
use rstest::rstest;

use crate::changed;

/// How the bundled script makes its archive, and looks at it.
const MADE: &str = "          tar -C \"$DATA_PATH\" -czf \"$archive\" .\n          gzip -t \"$archive\"\n";

/// Folders in which hosts have servers.
const FOLDERS: &[&str] =
    &["/usr/bin", "/usr/sbin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin"];

/// Whether this host has the server; a test without it says so and ends.
fn has(engine: &str) -> bool {
    let program = match engine {
        "postgresql" => "initdb",
        "mariadb" => "mariadbd",
        "sqlite" => "sqlite3",
        _ => "redis-server",
    };
    let is_there = FOLDERS.iter().any(|folder| Path::new(folder).join(program).exists());
    if !is_there {
        println!("skipped: this host has no {program}; install the server of {engine}");
    }
    is_there
}

/// A night whose script makes `$archive` by `commands`, of a database that the drill file names so.
fn night(database: &str, commands: &str) -> Night {
    let drill = changed(MADE, &format!("          {commands}\n"));
    drill.drill_file(&format!("version: 1\ndatabase: {database}\n")).and_then(nightproof_scenarios::Scenario::run).expect("a run")
}

#[rstest]
#[case::postgresql("postgresql", "postgresql", "pg_dumpall | gzip > \"$archive\"")]
#[case::postgresql_by_parts(
    "postgresql",
    "{engine: postgresql, name: orders}",
    "cd \"$(mktemp -d)\"; pg_dumpall --globals-only > globals.sql; pg_dump -Fc orders > orders.dump; tar -czf \"$archive\" ."
)]
#[case::mariadb(
    "mariadb",
    "mariadb",
    "mariadb-dump --single-transaction --routines --events --all-databases | gzip > \"$archive\""
)]
#[case::sqlite("sqlite", "sqlite", "sqlite3 /var/lib/shop/shop.db .dump | xz > \"$archive\"")]
#[case::redis("redis", "redis", "redis-cli --rdb \"$archive.rdb\" > /dev/null; zstd -qf \"$archive.rdb\" -o \"$archive\"")]
fn a_database_that_is_written_to_comes_back(#[case] engine: &str, #[case] database: &str, #[case] commands: &str) {
    if !has(engine) {
        return;
    }
    let night = night(database, commands);
    let archive = night.assert_passed().archive.clone().expect("an archive");
    assert_eq!(archive.form, "by the restore script");
    assert!(archive.fingerprint.is_some_and(|sha256| sha256.len() == 64), "{night:#?}");
}

/// Each dump is made with success, and what is in it does not make the database again.
#[rstest]
#[case::that_ends_early("postgresql", "pg_dumpall > all; head -c 60000 all | gzip > \"$archive\"", "the restore script on ")]
#[case::that_is_empty("postgresql", "pg_dump nosuch 2> /dev/null | gzip > \"$archive\" || true", "is empty")]
#[case::without_roles("postgresql", "pg_dump -Fc shop > \"$archive\"", "role \"shop_owner\" does not exist")]
#[case::without_extensions(
    "postgresql",
    "(pg_dumpall --globals-only; pg_dump -n shop shop) | gzip > \"$archive\"",
    "type \"public.citext\" does not exist"
)]
#[case::without_a_transaction(
    "mariadb",
    "mariadb-dump --skip-lock-tables --routines --events --all-databases | gzip > \"$archive\"",
    "does not say what its original said"
)]
#[case::without_the_log("sqlite", "cp /var/lib/shop/shop.db \"$archive\"", "there is no table in /var/lib/shop/shop.db")]
#[case::of_yesterday("redis", "gzip -c /var/lib/redis/dump.rdb > \"$archive\"", "does not say what its original said")]
fn a_dump_is_red(#[case] engine: &str, #[case] commands: &str, #[case] expected: &str) {
    if has(engine) {
        night(engine, commands).assert_broken("restore", expected);
    }
}
