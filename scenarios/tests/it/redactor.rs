//! What differs from run to run in the command's output, in one place for all snapshots.

/// Patterns and what stands for what they match, in the order in which they are applied.
const FILTERS: &[(&str, &str)] = &[
    (r"/tmp/[^\s`:]+", "[path]"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}[:-]\d{2}[:-]\d{2}(\.\d+)?Z", "[time]"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]"),
    (r"\b(i|vpc|subnet|sg|rtb|igw|eni|vol|eipalloc)-[0-9a-f]{17}\b", "$1-[id]"),
    (r"(nightproof-|drill )[0-9a-f]{8}\b", "$1[run]"),
    // Of physical names that CloudFormation makes; a bucket's are lower case.
    (r"(nightproof-\[run\]-[0-9A-Za-z]+)-[0-9A-Za-z]{12}\b", "$1-[random]"),
    (r"-[0-9A-Z]{12,13}\b", "-[random]"),
    (r"(bucket-)[0-9a-z]{12}\b", "$1[random]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"\b\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}-[0-9A-F]{16}( and \d+ more)?", "[access log]"),
    (r"\d{4}/\d{2}/\d{2}/\[\$LATEST\][0-9a-f]{32}", "[log stream]"),
    (r" *\b\d+(\.\d+)? (ms|s|min|MiB|bytes)\b", " [amount] $2"),
    // Those of the second in which the night began are in or out.
    (r"\b\d+ recorded events", "[count] recorded events"),
    (r" +\d+\.\d+\b", " [number]"),
    (r"\(\d+\.\d+ %", "([number] %"),
];

/// Compares `text` with the snapshot `name` of the calling test's file.
#[track_caller]
pub(crate) fn assert_output(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_filters(FILTERS.iter().copied());
    settings.bind(|| insta::assert_snapshot!(name, text));
}
