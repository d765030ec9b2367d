//! The summary of a drill that a terminal shows at its end.

use std::fmt::Write as _;

use nightproof_drill::{AttackEffect, DrillResult, Numbers, Outcome};

use crate::attack::by_attacker;

/// The outcome as text, without a line break at its end.
pub fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, outcome);
    text
}

fn write(text: &mut String, outcome: &Outcome) -> std::fmt::Result {
    for archive in outcome.nights.iter().flat_map(|night| &night.archives) {
        let key = archive.key_id.as_deref().unwrap_or("");
        writeln!(text, "\narchive  s3://{}/{}", archive.bucket, archive.key)?;
        writeln!(text, "         {} bytes, {} {key}", archive.bytes, archive.encryption)?;
        let identical = if archive.identical { "all identical" } else { "NOT identical" };
        match &archive.fingerprint {
            None => writeln!(text, "restore  {} files, {identical}", archive.files)?,
            Some(sha256) if archive.files == 0 => writeln!(text, "restore  the fingerprint is the same, {sha256}")?,
            Some(sha256) => {
                writeln!(text, "restore  {} files, {identical}; the fingerprint is the same, {sha256}", archive.files)?
            }
        }
    }
    for left_out in &outcome.ignored {
        writeln!(text, "ignored  {} ({} entries): {}", left_out.path, left_out.entries, left_out.reason)?;
    }
    let Numbers { rto, rpo, size_change, age } = &outcome.numbers;
    if let Some(rto) = rto {
        writeln!(text, "rto      {rto}")?;
    }
    if let Some(rpo) = rpo {
        writeln!(text, "rpo      {rpo}")?;
    }
    if let Some(age) = age {
        writeln!(text, "newest   {age}")?;
    }
    if let Some(percent) = size_change {
        writeln!(text, "size     changed by {percent:.1} % from one archive to the next, at most")?;
    }
    for notification in outcome.notifications.iter().filter(|sent| sent.night > 0) {
        writeln!(text, "notified {}", notification.whole())?;
    }
    if !outcome.guessed.is_empty() {
        let guessed: Vec<String> = outcome.guessed.iter().map(ToString::to_string).collect();
        writeln!(text, "guessed  {}", guessed.join(", "))?;
    }
    for (by, attempts) in outcome.attack.iter().flat_map(by_attacker) {
        let refused = attempts.iter().filter(|attempt| attempt.effect == AttackEffect::Refused).count();
        writeln!(text, "attack   {by}: {refused} of {} calls are refused", attempts.len())?;
        for attempt in attempts.iter().filter(|attempt| attempt.effect != AttackEffect::Refused) {
            writeln!(text, "         {:9} {} on {}: {}", attempt.effect, attempt.call, attempt.on, attempt.detail)?;
        }
    }
    if !outcome.recorded.is_empty() {
        writeln!(text, "recorded {}: nothing runs behind them", outcome.recorded.join(", "))?;
    }
    for leftover in &outcome.leftovers {
        writeln!(text, "leftover {leftover}")?;
    }
    if !outcome.not_supported.is_empty() {
        writeln!(text, "\nCannot be rehearsed here, since this local region does not support:")?;
        for item in &outcome.not_supported {
            writeln!(text, "  {item}")?;
        }
    }
    if let Some(failure) = &outcome.failure {
        let what = if outcome.not_supported.is_empty() { "The chain broke at" } else { "The night ended at" };
        writeln!(text, "\n{what} {}: {}", failure.point, failure.reason)?;
        for line in &failure.evidence {
            writeln!(text, "  {line}")?;
        }
    }
    write!(text, "\n{}", verdict(outcome.result))
}

fn verdict(result: DrillResult) -> &'static str {
    match result {
        DrillResult::Passed => "PASSED: the backup restores.",
        DrillResult::Failed => "FAILED",
        DrillResult::NotSupported => "NOT SUPPORTED: nothing is said of the backup.",
        DrillResult::Interrupted => "INTERRUPTED",
    }
}
