//! Lambda's runtimes, and until when functions of them can be created and updated.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtimes-lifecycle>
//!
//! The dates are those of cfn-lint 1.58.0 (`cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json`, MIT-0), which keeps them after AWS's page.
//! AWS has put off blocks before: a newer cfn-lint may have other dates.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use nightproof_core::service::AwsError;

use crate::error::invalid;

/// A runtime, and the days from which on functions of it can neither be created nor updated.
#[derive(Debug)]
pub(super) struct Runtime {
    pub name: &'static str,
    create: &'static str,
    update: &'static str,
}

const fn runtime(name: &'static str, create: &'static str, update: &'static str) -> Runtime {
    Runtime { name, create, update }
}

#[rustfmt::skip]
const RUNTIMES: [Runtime; 46] = [
    runtime("dotnet10", "2028-12-14", "2029-01-15"),
    runtime("dotnet6", "2027-02-01", "2027-03-03"),
    runtime("dotnet8", "2027-02-01", "2027-03-03"),
    runtime("dotnetcore1.0", "2019-06-30", "2019-07-30"),
    runtime("dotnetcore2.0", "2019-04-30", "2019-05-30"),
    runtime("dotnetcore2.1", "2022-01-05", "2022-04-13"),
    runtime("dotnetcore3.1", "2023-04-03", "2023-05-03"),
    runtime("go1.x", "2024-02-08", "2027-03-03"),
    runtime("java11", "2027-07-31", "2027-08-31"),
    runtime("java17", "2027-07-31", "2027-08-31"),
    runtime("java21", "2029-07-31", "2029-08-31"),
    runtime("java25", "2029-07-31", "2029-08-31"),
    runtime("java8", "2024-02-08", "2027-03-03"),
    runtime("java8.al2", "2027-07-31", "2027-08-31"),
    runtime("nodejs", "2016-09-30", "2016-10-31"),
    runtime("nodejs10.x", "2021-07-30", "2022-02-14"),
    runtime("nodejs12.x", "2023-03-31", "2023-04-30"),
    runtime("nodejs14.x", "2024-01-09", "2027-03-03"),
    runtime("nodejs16.x", "2027-02-01", "2027-03-03"),
    runtime("nodejs18.x", "2027-02-01", "2027-03-03"),
    runtime("nodejs20.x", "2027-02-01", "2027-03-03"),
    runtime("nodejs22.x", "2027-06-01", "2027-07-01"),
    runtime("nodejs24.x", "2028-06-01", "2028-07-01"),
    runtime("nodejs4.3", "2020-02-03", "2020-03-05"),
    runtime("nodejs4.3-edge", "2019-03-31", "2019-04-30"),
    runtime("nodejs6.10", "2019-07-12", "2019-08-12"),
    runtime("nodejs8.10", "2020-02-04", "2020-03-06"),
    runtime("provided", "2024-02-08", "2027-03-03"),
    runtime("provided.al2", "2027-02-01", "2027-03-03"),
    runtime("provided.al2023", "2029-07-31", "2029-08-31"),
    runtime("python2.7", "2021-07-15", "2022-05-30"),
    runtime("python3.10", "2027-02-01", "2027-03-03"),
    runtime("python3.11", "2027-07-31", "2027-08-31"),
    runtime("python3.12", "2028-11-30", "2029-01-10"),
    runtime("python3.13", "2029-07-31", "2029-08-31"),
    runtime("python3.14", "2029-07-31", "2029-08-31"),
    runtime("python3.6", "2022-07-18", "2022-08-29"),
    runtime("python3.7", "2024-01-09", "2027-03-03"),
    runtime("python3.8", "2027-02-01", "2027-03-03"),
    runtime("python3.9", "2027-02-01", "2027-03-03"),
    runtime("ruby2.5", "2021-07-30", "2022-03-31"),
    runtime("ruby2.7", "2024-01-09", "2027-03-03"),
    runtime("ruby3.2", "2027-02-01", "2027-03-03"),
    runtime("ruby3.3", "2027-04-30", "2027-05-31"),
    runtime("ruby3.4", "2028-04-30", "2028-05-31"),
    runtime("ruby4.0", "2029-04-30", "2029-05-31"),
];

/// The runtimes that AWS lists when it refuses one that it does not know, in its order.
pub(super) const LISTED: &str = "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2";

/// How long before a block it is a finding.
const NOTICE_DAYS: i64 = 180;

/// What is done to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Create,
    Update,
}

/// The runtime of this name.
pub(super) fn find(name: &str) -> Option<&'static Runtime> {
    RUNTIMES.iter().find(|runtime| runtime.name == name)
}

/// The names of all of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RUNTIMES.iter().map(|runtime| runtime.name)
}

/// The refusal of a name that is no runtime's.
pub(super) fn unknown(name: &str) -> AwsError {
    invalid(format!(
        "Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{LISTED}] or be a valid ARN"
    ))
}

impl Runtime {
    fn day(&self, change: Change) -> &'static str {
        match change {
            Change::Create => self.create,
            Change::Update => self.update,
        }
    }

    /// When the change is blocked: the beginning of a day, UTC.
    fn blocked_from(&self, change: Change) -> Timestamp {
        let day: Option<Date> = self.day(change).parse().ok();
        day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map_or(Timestamp::MAX, |day| day.timestamp())
    }

    /// Whether AWS refuses the change at this time.
    pub(super) fn is_blocked(&self, change: Change, now: Timestamp) -> bool {
        self.blocked_from(change) <= now
    }

    /// AWS's refusal.
    pub(super) fn refusal(&self) -> AwsError {
        invalid(format!(
            "The runtime parameter of {} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.",
            self.name
        ))
    }

    /// What is to be known of the runtime: that it is blocked, or will be before long.
    pub(super) fn notice(&self, function: &str, now: Timestamp) -> Option<String> {
        let (name, create, update) = (self.name, self.create, self.update);
        if self.is_blocked(Change::Create, now) {
            let updates = match self.is_blocked(Change::Update, now) {
                true => format!("and updates none since {update}"),
                false => format!("and updates none from {update} on"),
            };
            return Some(format!(
                "function {function}: AWS creates no functions of the runtime {name} since {create}, {updates}"
            ));
        }
        let near = now.checked_add((NOTICE_DAYS * 24).hours()).unwrap_or(Timestamp::MAX);
        (self.blocked_from(Change::Create) <= near).then(|| {
            format!("function {function}: AWS creates no functions of the runtime {name} from {create} on, and updates none from {update} on")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        format!("{day}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn every_day_is_one_and_every_listed_runtime_is_known() {
        for runtime in &RUNTIMES {
            for change in [Change::Create, Change::Update] {
                assert_ne!(runtime.blocked_from(change), Timestamp::MAX, "{runtime:?}");
            }
        }
        assert!(LISTED.split(", ").all(|name| find(name).is_some()));
    }

    #[test]
    fn creation_is_blocked_before_updates_are() {
        let runtime = find("python3.9").unwrap();
        let before = (at("2027-01-31"), at("2027-03-02"));
        assert!(!runtime.is_blocked(Change::Create, before.0) && runtime.is_blocked(Change::Create, at("2027-02-01")));
        assert!(!runtime.is_blocked(Change::Update, before.1) && runtime.is_blocked(Change::Update, at("2027-03-03")));
    }

    #[test]
    fn a_block_is_told_from_180_days_before_it() {
        let runtime = find("python3.11").unwrap();
        assert_eq!(runtime.notice("f", at("2027-01-01")), None);
        assert_eq!(
            runtime.notice("f", at("2027-02-01")).unwrap(),
            "function f: AWS creates no functions of the runtime python3.11 from 2027-07-31 on, and updates none from 2027-08-31 on"
        );
        let blocked = runtime.notice("f", at("2027-08-01")).unwrap();
        assert!(blocked.ends_with("since 2027-07-31, and updates none from 2027-08-31 on"), "{blocked}");
        let blocked = runtime.notice("f", at("2028-08-01")).unwrap();
        assert!(blocked.ends_with("since 2027-07-31, and updates none since 2027-08-31"), "{blocked}");
    }
}
