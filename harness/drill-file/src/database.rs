//! Profiles of databases: the real server on an instance, what it is filled with, and what it says of itself.
//!
//! Each is a few scripts, which install the server as the instance's platform does. On a sandbox that brings to light what the host has.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer};

const COMMON: &str = include_str!("database/common.sh");

/// A database that is filled before the night, written to during it, and compared after the restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Whose server it is.
    pub engine: Engine,
    /// What the database is called; a file's absolute path for SQLite.
    name: String,
}

/// The engines of databases that there is a profile for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL.
    Postgresql,
    /// MariaDB.
    Mariadb,
    /// SQLite.
    Sqlite,
    /// Redis.
    Redis,
}

impl Engine {
    const fn default_name(self) -> &'static str {
        match self {
            Self::Sqlite => "/var/lib/shop/shop.db",
            Self::Postgresql | Self::Mariadb | Self::Redis => "shop",
        }
    }

    /// How its server is started and asked; how it is filled; what it says of itself; how plain forms of its dumps are restored.
    const fn scripts(self) -> [&'static str; 4] {
        macro_rules! scripts {
            ($engine:literal) => {
                [
                    include_str!(concat!("database/", $engine, ".sh")),
                    include_str!(concat!("database/", $engine, "-seed.sh")),
                    include_str!(concat!("database/", $engine, "-fingerprint.sh")),
                    include_str!(concat!("database/", $engine, "-restore.sh")),
                ]
            };
        }
        match self {
            Self::Postgresql => scripts!("postgresql"),
            Self::Mariadb => scripts!("mariadb"),
            Self::Sqlite => scripts!("sqlite"),
            Self::Redis => scripts!("redis"),
        }
    }
}

impl Database {
    /// The script that starts the server, fills it, and goes on writing to it.
    pub fn seed(&self) -> String {
        let [server, seed, ..] = self.engine.scripts();
        self.script(server, seed)
    }

    /// The command that says what schema, roles and rows there are.
    pub fn fingerprint(&self) -> String {
        let [server, _, fingerprint, _] = self.engine.scripts();
        self.script(server, fingerprint)
    }

    /// The script that restores what the engine's own tools dump by default, whatever it is compressed by, on a machine without a server.
    pub fn restore(&self) -> String {
        let [server, .., restore] = self.engine.scripts();
        self.script(server, restore)
    }

    fn script(&self, server: &str, last: &str) -> String {
        format!("#!/bin/bash\ndatabase='{}'\n{COMMON}{server}{last}", self.name)
    }
}

/// The forms in which a file names a database.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Database")]
#[serde(untagged)]
pub(crate) enum DatabaseMember {
    /// The engine alone.
    Engine(Engine),
    /// With the name of the database.
    Named(NamedDatabase),
    /// Anything else, which is refused by its name.
    #[schemars(skip)]
    Other(OtherDatabase),
}

/// A database that there is no profile for, or a member that is none.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OtherDatabase {
    Engine(String),
    Named { engine: String },
}

impl OtherDatabase {
    fn refusal<E: de::Error>(&self) -> E {
        let (Self::Engine(name) | Self::Named { engine: name }) = self;
        let known = ["postgresql", "mariadb", "sqlite", "redis"];
        E::custom(match name.as_str() {
            // The packages of that name (`default-mysql-server`, `mysql-server` of Debian) are MariaDB's.
            "mysql" => "no server of MySQL is in the packages of Debian, and MariaDB's is another: say `database: mariadb` for what both \
                understand (`mysqldump`), or start your own server by `seed` and compare it by `fingerprint`"
                .to_owned(),
            name if known.contains(&name) => format!("`database` is `{name}`, or has `engine` and `name` and nothing else"),
            name => format!("there is no profile of `{name}`: there are {}; for others there are `seed` and `fingerprint`", known.join(", ")),
        })
    }
}

/// An engine, and what the database is called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedDatabase {
    /// Whose server it is.
    engine: Engine,
    /// What the database is called, as the backup's script names it: letters, digits and `_`; for SQLite the file's absolute path.
    name: Option<String>,
}

/// Reads the member `database`.
pub(crate) fn database<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Database>, D::Error> {
    let Some(member) = Option::<DatabaseMember>::deserialize(deserializer)? else { return Ok(None) };
    let (engine, name) = match member {
        DatabaseMember::Engine(engine) => (engine, None),
        DatabaseMember::Named(NamedDatabase { engine, name }) => (engine, name),
        DatabaseMember::Other(other) => return Err(other.refusal()),
    };
    let Some(name) = name else { return Ok(Some(Database { engine, name: engine.default_name().to_owned() })) };
    let plain = |also: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || also.contains(c)) && name.len() <= 200;
    let is_right = match engine {
        Engine::Redis => {
            return Err(de::Error::custom("the databases of Redis have numbers and no names: say `database: redis`"));
        }
        Engine::Sqlite => name.starts_with('/') && !name.ends_with('/') && plain("/.-"),
        Engine::Postgresql | Engine::Mariadb => !name.is_empty() && plain(""),
    };
    if is_right {
        return Ok(Some(Database { engine, name }));
    }
    let wanted = match engine {
        Engine::Sqlite => "the absolute path of a file, of letters, digits, `/`, `.`, `_` and `-`",
        Engine::Postgresql | Engine::Mariadb | Engine::Redis => "of letters, digits and `_`",
    };
    Err(de::Error::custom(format!("the name of the database is `{name}`, and has to be {wanted}")))
}
