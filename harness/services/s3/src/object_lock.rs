//! Object Lock: what keeps a version from being deleted.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{number, set, text};
use crate::error::{access_denied, invalid_argument, invalid_request};
use crate::input::Text;

/// How strictly a version is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Until its date, unless somebody may bypass it.
    Governance,
    /// Until its date, whoever asks.
    Compliance,
}

impl Mode {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "GOVERNANCE" => Some(Self::Governance),
            "COMPLIANCE" => Some(Self::Compliance),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }
}

/// How long a version is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    pub(crate) mode: Mode,
    pub(crate) until: Timestamp,
}

/// The lock that a write asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AskedLock {
    #[serde(default)]
    object_lock_mode: Text,
    object_lock_retain_until_date: Option<Timestamp>,
    #[serde(default)]
    object_lock_legal_hold_status: Text,
}

/// What locks a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) retention: Option<Retention>,
    /// Whether a legal hold is on; `None` if there never was one.
    pub(crate) hold: Option<bool>,
}

impl Lock {
    /// Refuses a deletion at `now` of what is locked; `bypass` is of who may pass governance by.
    pub(crate) fn check_delete(&self, now: Timestamp, bypass: bool) -> Result<(), AwsError> {
        let retained = self.retention.filter(|retention| retention.until > now);
        let passed = retained.is_none_or(|retention| bypass && retention.mode == Mode::Governance);
        if self.hold != Some(true) && passed { Ok(()) } else { Err(protected()) }
    }

    /// Refuses another retention if it were shorter or less strict than what is in force.
    pub(crate) fn check_change(&self, wanted: Option<Retention>, now: Timestamp, bypass: bool) -> Result<(), AwsError> {
        let Some(current) = self.retention.filter(|retention| retention.until > now) else { return Ok(()) };
        let extends = wanted.is_some_and(|wanted| wanted.mode == current.mode && wanted.until >= current.until);
        if extends || bypass && current.mode == Mode::Governance { Ok(()) } else { Err(protected()) }
    }

    /// Adds what reads of the object answer.
    pub(crate) fn describe(&self, output: &mut Value) {
        if let Some(retention) = self.retention {
            set(output, "ObjectLockMode", json!(retention.mode.name()));
            set(output, "ObjectLockRetainUntilDate", json!(retention.until));
        }
        if let Some(hold) = self.hold {
            set(output, "ObjectLockLegalHoldStatus", json!(if hold { "ON" } else { "OFF" }));
        }
    }

    /// What a write asks for; `enabled` is whether its bucket has Object Lock.
    pub(crate) fn asked(asked: &AskedLock, enabled: bool, now: Timestamp) -> Result<Self, AwsError> {
        let (mode, until) = (asked.object_lock_mode.get(), asked.object_lock_retain_until_date);
        let hold = asked.object_lock_legal_hold_status.get();
        if !enabled && (mode.is_some() || until.is_some() || hold.is_some()) {
            return Err(missing_configuration());
        }
        let lacks = |name: &str| {
            let message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
            AwsError::new("InvalidArgument", 400, message).with("ArgumentName", name)
        };
        let retention = match (mode, until) {
            (None, None) => None,
            (Some(_), None) => return Err(lacks("x-amz-object-lock-retain-until-date")),
            (None, Some(_)) => return Err(lacks("x-amz-object-lock-mode")),
            (Some(name), Some(until)) => {
                let mode = Mode::parse(name)
                    .ok_or_else(|| invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", name))?;
                check_future(until, now, "x-amz-object-lock-retain-until-date")?;
                Some(Retention { mode, until })
            }
        };
        let hold = match hold {
            None => None,
            Some("ON") => Some(true),
            Some("OFF") => Some(false),
            Some(other) => {
                let message = "Legal Hold must be either of 'ON' or 'OFF'";
                return Err(invalid_argument(message, "x-amz-object-lock-legal-hold", other));
            }
        };
        Ok(Self { retention, hold })
    }

    /// The lock with the bucket's default retention, unless it has one of its own.
    pub(crate) fn or_default(self, configuration: Option<&Value>, now: Timestamp) -> Self {
        Self { retention: self.retention.or_else(|| default_retention(configuration?, now)), ..self }
    }
}

/// The retention that a bucket's `ObjectLockConfiguration` gives to new versions.
fn default_retention(configuration: &Value, now: Timestamp) -> Option<Retention> {
    let default = configuration.get("Rule")?.get("DefaultRetention")?;
    let mode = Mode::parse(text(default, "Mode")?)?;
    let now = now.to_zoned(TimeZone::UTC);
    let until = match (number(default, "Days"), number(default, "Years")) {
        (Some(days), _) => now.checked_add(days.days()),
        (None, years) => now.checked_add(years?.years()),
    };
    Some(Retention { mode, until: until.ok()?.timestamp() })
}

/// Refuses a date that is over.
pub(crate) fn check_future(until: Timestamp, now: Timestamp, name: &str) -> Result<(), AwsError> {
    if until > now {
        return Ok(());
    }
    // S3 writes it in its own time.
    let zone = TimeZone::get("America/Los_Angeles").unwrap_or(TimeZone::UTC);
    let shown = until.to_zoned(zone).strftime("%a %b %d %H:%M:%S %Z %Y").to_string();
    Err(invalid_argument("The retain until date must be in the future!", name, shown))
}

/// A bucket without Object Lock.
pub(crate) fn missing_configuration() -> AwsError {
    invalid_request("Bucket is missing Object Lock Configuration")
}

fn protected() -> AwsError {
    access_denied("Access Denied because object protected by object lock.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("time")
    }

    fn lock(mode: Mode, until: &str) -> Lock {
        Lock { retention: Some(Retention { mode, until: at(until) }), hold: None }
    }

    const NOW: &str = "2026-01-01T00:00:00Z";
    const LATER: &str = "2026-02-01T00:00:00Z";

    #[test]
    fn governance_can_be_bypassed_and_compliance_cannot() {
        let now = at(NOW);
        assert_eq!(lock(Mode::Governance, LATER).check_delete(now, false).expect_err("locked").status, 403);
        assert!(lock(Mode::Governance, LATER).check_delete(now, true).is_ok());
        assert!(lock(Mode::Compliance, LATER).check_delete(now, true).is_err());
        assert!(lock(Mode::Compliance, NOW).check_delete(now, false).is_ok(), "it is over");
        let held = Lock { hold: Some(true), ..Lock::default() };
        assert!(held.check_delete(now, true).is_err());
    }

    #[test]
    fn a_retention_grows_and_does_not_shrink() {
        let (now, current) = (at(NOW), lock(Mode::Compliance, LATER));
        let wanted = |mode, until: &str| Some(Retention { mode, until: at(until) });
        assert!(current.check_change(wanted(Mode::Compliance, "2026-03-01T00:00:00Z"), now, false).is_ok());
        assert!(current.check_change(wanted(Mode::Compliance, "2026-01-02T00:00:00Z"), now, true).is_err());
        assert!(current.check_change(wanted(Mode::Governance, "2026-03-01T00:00:00Z"), now, true).is_err());
        assert!(lock(Mode::Governance, LATER).check_change(None, now, true).is_ok());
    }

    #[test]
    fn mode_and_date_come_together_and_the_bucket_s_default_stands_in() {
        let now = at(NOW);
        let refused = |input: Value| Lock::asked(&crate::input::part(&input).expect("members"), true, now).expect_err("refused");
        assert_eq!(
            refused(json!({"ObjectLockMode": "GOVERNANCE"})).fields["ArgumentName"],
            "x-amz-object-lock-retain-until-date"
        );
        assert_eq!(
            refused(json!({"ObjectLockMode": "x", "ObjectLockRetainUntilDate": LATER})).message,
            "Unknown wormMode directive."
        );
        assert_eq!(refused(json!({"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": NOW})).code, "InvalidArgument");
        assert_eq!(
            Lock::asked(&crate::input::part(&json!({"ObjectLockLegalHoldStatus": "ON"})).expect("members"), false, now)
                .expect_err("refused")
                .code,
            "InvalidRequest"
        );
        let configuration = json!({"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 1}}});
        let lock = Lock::default().or_default(Some(&configuration), now);
        assert_eq!(lock.retention, Some(Retention { mode: Mode::Governance, until: at("2027-01-01T00:00:00Z") }));
    }
}
