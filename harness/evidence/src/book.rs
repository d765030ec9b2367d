//! A book: the drills of a period, by their evidence.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::html;

use crate::EvidenceError;
use crate::folder::{Verified, read};
use crate::record::Record;
use crate::sheet::{sheet, table};

/// The drills of a period, oldest first.
#[derive(Debug)]
pub struct Book {
    from: Date,
    to: Date,
    /// Each with the SHA-256 of its file.
    records: Vec<(Timestamp, Record, String)>,
}

impl Book {
    /// The records among `files` of drills that ended from one day to another, in UTC.
    ///
    /// # Errors
    /// A record cannot be read, or has no time; or there is none of these days.
    pub fn new(files: &[Verified], from: Date, to: Date) -> Result<Self, EvidenceError> {
        let mut records = Vec::new();
        for file in files {
            let Some(record) = read(file)? else { continue };
            let refused = |why: String| EvidenceError::Refused { path: file.path.clone(), why };
            let ended: Timestamp =
                record.drill.ended.parse().map_err(|error: jiff::Error| refused(format!("the end of its drill: {error}")))?;
            if (from..=to).contains(&day(ended)) {
                records.push((ended, record, file.sha256.clone()));
            }
        }
        if records.is_empty() {
            return Err(EvidenceError::EmptyBook { from: from.to_string(), to: to.to_string() });
        }
        records.sort_by_key(|(ended, ..)| *ended);
        Ok(Self { from, to, records })
    }

    /// How many drills there were, and how many of them passed.
    pub fn count(&self) -> (usize, usize) {
        let passed = self.records.iter().filter(|(_, record, _)| record.result == "passed").count();
        (self.records.len(), passed)
    }

    /// The days without a drill that passed.
    pub fn days_without(&self) -> Vec<Date> {
        let good: BTreeSet<Date> =
            self.records.iter().filter(|(_, record, _)| record.result == "passed").map(|(ended, ..)| day(*ended)).collect();
        let days = std::iter::successors(Some(self.from), |day| day.tomorrow().ok());
        days.take_while(|day| *day <= self.to).filter(|day| !good.contains(day)).collect()
    }

    /// The book as a printable page; `key` is the id of the key that all of it was verified by.
    pub fn page(&self, key: &str) -> String {
        let (count, passed) = self.count();
        let title = format!("Drills from {} to {}", self.from, self.to);
        let rows = self.records.iter().map(|(ended, record, sha256)| {
            let number = |name: &str| {
                let found = record.budgets.iter().find(|budget| budget.number == name);
                let measured = found.and_then(|budget| budget.measured.clone()).unwrap_or_else(|| "-".to_owned());
                let over = found.and_then(|budget| budget.result.as_deref()).filter(|result| *result != "held");
                over.map_or_else(|| measured.clone(), |over| format!("{measured} ({over})"))
            };
            vec![
                format!("{ended:.0}"),
                format!("{} on {}", record.template.name, record.drill.cloud),
                record.result.clone(),
                number("RTO"),
                number("RPO"),
                record.findings.len().to_string(),
                sha256.clone(),
            ]
        });
        let weaknesses = self.records.iter().filter_map(|(ended, record, _)| {
            let weakness = record.weakness.as_ref()?;
            Some(vec![format!("{ended:.0}"), weakness.point.clone(), weakness.reason.clone()])
        });
        let without = self.days_without();
        let days: Vec<String> = without.iter().map(ToString::to_string).collect();
        let heads = ["Ended", "Drilled", "Result", "RTO", "RPO", "Findings", "SHA-256 of the record"];
        sheet(
            &title,
            &html! {
                h1 { (title) }
                p { (count) " drills, " (passed) " passed. Each record was verified by key " code { (key) } "." }
                (table("Drills", &heads, &rows.collect::<Vec<_>>()))
                (table("What did not hold", &["Ended", "At", "Why"], &weaknesses.collect::<Vec<_>>()))
                h2 { "Days without a drill that passed" }
                p { @if days.is_empty() { "none" } @else { (days.join(", ")) } }
            },
        )
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{PublicKey, SigningKey};
    use crate::record::tests::record;
    use crate::{verify, write};

    fn files(days: &[(&str, &str)]) -> Vec<Verified> {
        let folder = tempfile::tempdir().unwrap();
        let keys = tempfile::tempdir().unwrap();
        let (secret, public) = (keys.path().join("k"), keys.path().join("k.pub"));
        SigningKey::make(&secret, &public).unwrap();
        let key = SigningKey::read(&secret).unwrap();
        for (day, result) in days {
            let mut record = record(day);
            record.drill.run = format!("{}{result}", day.replace('-', ""));
            (*result).clone_into(&mut record.result);
            if *result == "passed" {
                record.weakness = None;
            }
            write(folder.path(), &record, &key).unwrap();
        }
        verify(folder.path(), &PublicKey::read(&public).unwrap()).unwrap()
    }

    fn date(day: &str) -> Date {
        day.parse().unwrap()
    }

    #[test]
    fn a_book_has_the_drills_of_its_days_and_the_days_without() {
        let files =
            files(&[("2026-11-27", "passed"), ("2026-11-28", "failed"), ("2026-11-29", "passed"), ("2026-12-01", "passed")]);
        let book = Book::new(&files, date("2026-11-27"), date("2026-11-30")).unwrap();
        assert_eq!(book.count(), (3, 2));
        assert_eq!(book.days_without(), [date("2026-11-28"), date("2026-11-30")]);
        let page = book.page("KEY");
        for said in ["3 drills, 2 passed", "350 ms (local) (over)", "it does not restore &lt;script", "2026-11-28, 2026-11-30"] {
            assert!(page.contains(said), "`{said}` is not in {page}");
        }
        assert!(!page.contains("2026-12-01"));
    }

    #[test]
    fn a_period_without_a_drill_makes_no_book() {
        let error = Book::new(&files(&[("2026-11-27", "passed")]), date("2026-10-01"), date("2026-10-31")).unwrap_err();
        assert!(matches!(error, EvidenceError::EmptyBook { .. }), "{error}");
    }
}
