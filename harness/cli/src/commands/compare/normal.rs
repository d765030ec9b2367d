//! Normal form: what differs between any two drills, ids and times and sizes, is replaced by what it is.

use std::sync::LazyLock;

use regex::Regex;

/// Patterns in the order in which they are applied, each with what stands in its place.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    const FORMS: [(&str, &str); 10] = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d(\.\d+)?Z", "TIME"),
        (r"\b([a-z]{1,12})-[0-9a-f]{17}\b", "$1-ID"),
        (r"\bA(KIA|SIA|ROA|IDA|IPA|NPA)[A-Z0-9]{16,17}\b", "A${1}ID"),
        // What CloudFormation ends names with.
        (r"-[A-Z0-9]{10,13}\b", "-SUFFIX"),
        (r"\bnightproof-RUN-([A-Za-z0-9]+)-[A-Za-z0-9]{10,13}\b", "nightproof-RUN-$1-SUFFIX"),
        (r"\b\d{12}\b", "ACCOUNT"),
        (r"\b\d+ bytes\b", "N bytes"),
        (r"/tmp/[A-Za-z0-9._/-]+", "/tmp/FILE"),
        (r"\b[0-9a-f]{32,64}\b", "DIGEST"),
    ];
    FORMS.into_iter().filter_map(|(form, name)| Some((Regex::new(form).ok()?, name))).collect()
});

/// `text` in normal form; `run` is the id of its drill.
pub(super) fn normal(text: &str, run: &str) -> String {
    let mut text = if run.is_empty() { text.to_owned() } else { text.replace(run, "RUN") };
    for (pattern, name) in PATTERNS.iter() {
        text = pattern.replace_all(&text, *name).into_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_times_and_sizes_are_replaced_and_the_rest_stays() {
        let text = "s3://nightproof-f38117dc-backupbucket-hb1pftbm6k59/backups/i-0b70612e145df25fc/2026-11-23T13-56-14Z.tar.gz, \
            1847936 bytes by arn:aws:kms:us-east-1:123456789012:key/2fb6c6aa-7485-47f4-9976-1c64158075b5";
        assert_eq!(
            normal(text, "f38117dc"),
            "s3://nightproof-RUN-backupbucket-SUFFIX/backups/i-ID/TIME.tar.gz, N bytes by arn:aws:kms:us-east-1:ACCOUNT:key/UUID"
        );
        assert_eq!(normal("nightproof-f38117dc-BackupRule-M6I46BMH8VXN", "f38117dc"), "nightproof-RUN-BackupRule-SUFFIX");
        assert_eq!(normal("nightproof-f38117dc-BackupRule-oc8WRhruECSV", "f38117dc"), "nightproof-RUN-BackupRule-SUFFIX");
        assert_eq!(normal("ThrottlingException: Rate exceeded", ""), "ThrottlingException: Rate exceeded");
    }

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(PATTERNS.len(), 10);
    }
}
