//! Which system's cron the instance has.

use std::path::Path;

use nightproof_machine_image::Family;

use super::crontab::Dialect;

/// The family of the machine's system: of an image's own files, where it is a container.
pub(crate) fn family() -> Family {
    let platform = crate::commands::platform().map(|platform| platform.family);
    platform.unwrap_or(if Path::new("/etc/debian_version").exists() { Family::Debian } else { Family::RedHat })
}

/// How its cron reads tables.
pub(crate) fn dialect() -> Dialect {
    if family() == Family::Debian { Dialect::Debian } else { Dialect::Cronie }
}
