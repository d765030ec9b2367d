//! How numbers change from drill to drill.

use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, html};
use nightproof_drill::{Outcome, spoken};
use nightproof_journal::{HISTORY_VERSION, PastDrill};

use crate::drill_record::DrillRecord;

/// Width and height of the drawing.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 120.0;

/// What a history keeps of a drill that came to `outcome`.
pub fn past_drill(outcome: &Outcome, at: String, cloud: &str, template: &str) -> PastDrill {
    let result = serde_json::to_value(outcome.result).ok();
    let last = outcome.nights.last().filter(|night| night.restorable.is_some());
    PastDrill {
        version: HISTORY_VERSION,
        at,
        run: outcome.run.clone(),
        cloud: cloud.to_owned(),
        template: template.to_owned(),
        result: result.as_ref().and_then(|result| result.as_str()).unwrap_or_default().to_owned(),
        rto_milliseconds: outcome.numbers.rto.as_ref().map(|rto| rto.milliseconds),
        rpo_seconds: outcome.numbers.rpo.as_ref().map(|rpo| rpo.seconds),
        bytes: last.map(nightproof_drill::Night::bytes),
    }
}

/// The drills of a history as a table, and how their restores took, for each cloud.
pub fn trend(drills: &[PastDrill]) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, drills);
    text
}

fn write(text: &mut String, drills: &[PastDrill]) -> std::fmt::Result {
    writeln!(text, "{:<21} {:<10} {:<13} {:>16} {:>13} {:>12}  template", "when", "cloud", "result", "rto", "rpo", "bytes")?;
    for drill in drills {
        let PastDrill { at, cloud, result, template, .. } = drill;
        let bytes = drill.bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        let (rto, rpo) = (rto(drill), rpo(drill));
        writeln!(text, "{at:<21} {cloud:<10} {result:<13} {rto:>16} {rpo:>13} {bytes:>12}  {template}")?;
    }
    let mut clouds: Vec<&str> = drills.iter().map(|drill| drill.cloud.as_str()).collect();
    clouds.sort_unstable();
    clouds.dedup();
    for cloud in clouds {
        let mut times: Vec<f64> =
            drills.iter().filter(|drill| drill.cloud == cloud).filter_map(|drill| drill.rto_milliseconds).collect();
        let Some(last) = times.last().copied() else { continue };
        times.sort_unstable_by(f64::total_cmp);
        let (Some(median), Some(longest)) = (times.get(times.len() / 2), times.last()) else { continue };
        let [last, median, longest] = [last, *median, *longest].map(milliseconds);
        let count = times.len();
        writeln!(text, "rto on {cloud}: {last} at last, {median} in the median, {longest} at most, of {count}")?;
    }
    Ok(())
}

/// Times of a local machine are called local.
fn rto(drill: &PastDrill) -> String {
    let local = if drill.cloud == "aws" { "" } else { " (local)" };
    drill.rto_milliseconds.map_or_else(|| "-".to_owned(), |time| format!("{}{local}", milliseconds(time)))
}

fn rpo(drill: &PastDrill) -> String {
    drill.rpo_seconds.map_or_else(|| "-".to_owned(), |seconds| spoken(Duration::from_secs(seconds)))
}

fn milliseconds(time: f64) -> String {
    spoken(Duration::try_from_secs_f64(time / 1000.0).unwrap_or_default())
}

/// The part of the page that has the trend, where a history is kept.
pub(crate) fn section(drill: &DrillRecord<'_>) -> Markup {
    let Some(outcome) = drill.outcome.as_ref().filter(|_| !drill.before.is_empty()) else { return Markup::default() };
    let template = drill.before.last().map(|past| past.template.as_str()).unwrap_or_default();
    let now = past_drill(outcome, "this drill".to_owned(), &drill.cloud, template);
    let drills: Vec<&PastDrill> = drill.before.iter().filter(|past| past.cloud == drill.cloud).chain([&now]).collect();
    html! {
        h2 { "Trend" (if drill.cloud == "aws" { "" } else { " (times of a local machine)" }) }
        (drawing(&drills))
        div.scroll role="group" aria-label="Trend" { table {
            thead { tr { th { "When" } th { "Result" } th.num { "RTO" } th.num { "RPO" } th.num { "Bytes" } } }
            tbody { @for past in drills { tr {
                td.name { (past.at) }
                td class=(if past.result == "passed" { "good" } else { "bad" }) { (past.result) }
                td.num { (rto(past)) }
                td.num { (rpo(past)) }
                td.num { @if let Some(bytes) = past.bytes { (bytes) } @else { "-" } }
            } } }
        } }
    }
}

/// The restores' times as a line. What did not restore is a gap.
fn drawing(drills: &[&PastDrill]) -> Markup {
    let longest = drills.iter().filter_map(|drill| drill.rto_milliseconds).fold(0.0, f64::max);
    if longest <= 0.0 || drills.len() < 2 {
        return Markup::default();
    }
    let mut path = String::new();
    let mut x = 0.0;
    let step = WIDTH / steps(drills.len());
    let mut pen = "M";
    for drill in drills {
        match drill.rto_milliseconds {
            Some(time) => {
                let _ = write!(path, "{pen}{x:.1} {:.1} ", HEIGHT - time / longest * (HEIGHT - 10.0));
                pen = "L";
            }
            None => pen = "M",
        }
        x += step;
    }
    html! {
        svg viewBox=(format!("0 -5 {WIDTH} {}", HEIGHT + 10.0)) role="img" aria-label="RTO from drill to drill" width="100%" height="130"
            preserveAspectRatio="none" {
            path d=(path.trim_end()) fill="none" stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke" {}
        }
    }
}

fn steps(count: usize) -> f64 {
    f64::from(u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(cloud: &str, rto: Option<f64>) -> PastDrill {
        PastDrill {
            version: HISTORY_VERSION,
            at: "2026-11-29T03:00:00Z".to_owned(),
            run: "r".to_owned(),
            cloud: cloud.to_owned(),
            template: "backup.yaml".to_owned(),
            result: if rto.is_some() { "passed" } else { "failed" }.to_owned(),
            rto_milliseconds: rto,
            rpo_seconds: rto.map(|_| 86_400),
            bytes: rto.map(|_| 598_067),
        }
    }

    #[test]
    fn a_history_is_told_by_cloud_and_local_times_are_called_local() {
        let drills =
            [past("embedded", Some(30.0)), past("embedded", Some(50.0)), past("embedded", None), past("aws", Some(9000.0))];
        insta::assert_snapshot!("trend", trend(&drills));
        insta::assert_snapshot!("trend_of_none", trend(&[]));
    }

    #[test]
    fn what_did_not_restore_is_a_gap_in_the_line() {
        let drills = [past("e", Some(50.0)), past("e", None), past("e", Some(100.0))];
        let drawn = drawing(&drills.iter().collect::<Vec<_>>()).into_string();
        assert!(drawn.contains("M0.0 65.0 M640.0 10.0"), "{drawn}");
        assert!(drawing(&[&past("e", Some(1.0))]).into_string().is_empty());
    }
}
