//! The time zone of the instance, by `/etc/localtime`.

use std::fs;

use jiff::tz::TimeZone;

/// The instance's zone: UTC, as all of AWS's images have it, unless somebody has set another.
pub(super) fn zone() -> TimeZone {
    let link = fs::read_link("/etc/localtime").ok();
    let name = link.as_ref().and_then(|target| target.to_str()?.split_once("zoneinfo/")).map(|(_, name)| name.to_owned());
    let name = name.or_else(|| fs::read_to_string("/etc/timezone").ok().map(|name| name.trim().to_owned()));
    name.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC)
}
