//! What of a stack a local region keeps as a record only.

use std::collections::BTreeMap;

use nightproof_journal::{Event, Record};

/// Each type, and each property, of which the stack has records behind which nothing runs, with the resources: `` `AWS::RDS::DBInstance` (Db) ``.
pub(crate) fn all(records: &[Record]) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for record in records {
        let Event::Recorded { logical_id, kind, properties } = &record.event else { continue };
        let whole = properties.is_empty().then(|| format!("`{kind}`"));
        let parts = properties.iter().map(|property| format!("`{property}` of `{kind}`"));
        for what in whole.into_iter().chain(parts) {
            let ids = found.entry(what).or_default();
            if !ids.contains(&logical_id.as_str()) {
                ids.push(logical_id);
            }
        }
    }
    found.into_iter().map(|(what, ids)| format!("{what} ({})", ids.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(logical_id: &str, kind: &str, properties: &[&str]) -> Record {
        let properties = properties.iter().map(|name| (*name).to_owned()).collect();
        let event = Event::Recorded { logical_id: logical_id.to_owned(), kind: kind.to_owned(), properties };
        Record { version: nightproof_journal::VERSION, sequence: 0, event, at: 0 }
    }

    #[test]
    fn types_and_properties_are_named_once_with_their_resources() {
        let records = [
            record("Db", "AWS::RDS::DBInstance", &[]),
            record("Web", "AWS::EC2::Instance", &["KeyName", "Monitoring"]),
            record("Replica", "AWS::RDS::DBInstance", &[]),
            record("Db", "AWS::RDS::DBInstance", &[]),
        ];
        assert_eq!(
            all(&records),
            [
                "`AWS::RDS::DBInstance` (Db, Replica)",
                "`KeyName` of `AWS::EC2::Instance` (Web)",
                "`Monitoring` of `AWS::EC2::Instance` (Web)",
            ]
        );
    }
}
