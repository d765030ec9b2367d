//! Availability zones.

/// An availability zone: its name in the account, and its id, which is the same in all accounts.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) name: String,
    pub(crate) id: String,
}

/// The zones of a region.
pub(crate) fn zones(region: &str) -> Vec<Zone> {
    let numbers: &[u8] = if region == "us-east-1" { &[4, 6, 1, 2, 3, 5] } else { &[1, 2, 3] };
    let short = short_name(region);
    ('a'..='z')
        .zip(numbers)
        .map(|(letter, number)| Zone { name: format!("{region}{letter}"), id: format!("{short}-az{number}") })
        .collect()
}

/// `us-east-1` is `use1` in zone ids, `ap-southeast-2` is `apse2`.
fn short_name(region: &str) -> String {
    let mut parts = region.split('-');
    let area = parts.next().unwrap_or_default();
    let direction = parts.next().unwrap_or_default();
    let number = parts.next().unwrap_or_default();
    let direction = match direction {
        "southeast" => "se",
        "northeast" => "ne",
        "southwest" => "sw",
        "northwest" => "nw",
        other => other.get(..1).unwrap_or_default(),
    };
    format!("{area}{direction}{number}")
}
