//! Packages of distributions, and the programs that they bring: as far as a host may have them.

/// Beginnings of packages' names, and the programs of those packages.
const PACKAGES: &[(&[&str], &[&str])] = &[
    (
        &["postgresql"],
        &[
            "psql",
            "pg_dump",
            "pg_dumpall",
            "pg_restore",
            "pg_basebackup",
            "pg_isready",
            "createdb",
            "dropdb",
            "pg_lsclusters",
            "pg_ctlcluster",
            "postgres",
            "pg_ctl",
        ],
    ),
    (
        &["mysql", "mariadb", "default-mysql"],
        &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
            "mariadb-backup",
            "mariabackup",
            "mbstream",
            "mariadbd",
            "mysqld",
            "mariadb-install-db",
            "mysql_install_db",
        ],
    ),
    (&["percona-xtrabackup"], &["xtrabackup", "innobackupex", "xbstream"]),
    (&["mongodb-database-tools", "mongodb-org", "mongodb-mongosh"], &["mongodump", "mongorestore", "mongosh"]),
    (&["redis", "valkey"], &["redis-cli", "redis-server"]),
    (&["sqlite"], &["sqlite3"]),
    (&["docker", "moby", "containerd"], &["docker", "dockerd", "containerd", "docker-compose"]),
    (&["podman"], &["podman"]),
    (&["borgbackup"], &["borg"]),
    (&["age"], &["age", "age-keygen"]),
    (&["cron", "cronie"], &["crontab", "cron", "crond"]),
    (&["p7zip", "7zip"], &["7z", "7za", "7zr"]),
    (&["awscli"], &["aws"]),
    (&["aws-cfn-bootstrap"], &["cfn-init"]),
    (&["git"], &["git"]),
    (&["gnupg", "gpg"], &["gpg"]),
    (&["bzip2"], &["bzip2", "bunzip2"]),
    (&["xz"], &["xz", "unxz"]),
    (&["nodejs"], &["node", "npm", "npx"]),
    (&["golang"], &["go"]),
    (&["python3-pip"], &["pip3"]),
    (&["python3", "python"], &["python3"]),
    (&["httpd", "apache2"], &["httpd", "apache2"]),
    (&["nginx"], &["nginx"]),
    (&["php"], &["php"]),
    (&["gcc", "build-essential"], &["gcc", "cc", "g++", "make"]),
    (&["default-jre", "java-", "openjdk-"], &["java"]),
    (&["iproute"], &["ip", "ss"]),
    (&["procps"], &["ps", "pgrep", "pkill", "free", "top"]),
    (&["util-linux"], &["mount", "lsblk", "flock"]),
    (&["coreutils"], &["ls", "sha256sum", "split"]),
    (&["bind-utils", "dnsutils"], &["dig", "host", "nslookup"]),
    (&["ca-certificates"], &["sh"]),
];

/// The programs of the package that is called so; a program of the package's own name where nothing is known of it.
pub fn programs(package: &str) -> Vec<&str> {
    let known = PACKAGES.iter().find(|(names, _)| names.iter().any(|name| package.starts_with(name)));
    known.map_or_else(|| vec![package], |(_, programs)| programs.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_known_by_the_beginning_of_its_name_or_is_a_program() {
        assert!(programs("postgresql15").contains(&"pg_dump") && programs("postgresql-client-16").contains(&"pg_dump"));
        assert_eq!(programs("jq"), ["jq"]);
    }
}
