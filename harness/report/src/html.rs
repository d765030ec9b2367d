//! One page that needs nothing else: no network, no other file. Everything that a journal holds is escaped on its way in.

use maud::{Markup, PreEscaped, html};
use nightproof_drill::DrillResult;
use nightproof_journal::{ApiCall, StepOutcome};
use serde_json::json;

use crate::attack;
use crate::chain::{self, State};
use crate::document::document;
use crate::drill_record::DrillRecord;
use crate::numbers;

const SCRIPT: &str = include_str!("page.js");

pub(crate) fn page(drill: &DrillRecord<'_>) -> String {
    let is_drill = !drill.run.is_empty();
    let (verdict, class) = match drill.outcome.as_ref().map(|outcome| outcome.result) {
        Some(DrillResult::Passed) => ("The backup restores", "good"),
        Some(DrillResult::Failed) => ("The backup failed its drill", "bad"),
        Some(DrillResult::NotSupported) => ("The stack cannot be rehearsed here", "soft"),
        Some(DrillResult::Interrupted) => ("The drill was interrupted", "soft"),
        None if is_drill => ("The drill did not end", "soft"),
        None => ("What the region was asked", "soft"),
    };
    let title = html! { (verdict) @if is_drill { ": drill " (drill.run) } };
    let body = html! {
        header {
            h1 class=(class) { (verdict) }
            @if is_drill { span.soft { "drill " (drill.run) " on " (drill.cloud) ", stack " (drill.stack) } }
            button #theme type="button" { "Light / dark" }
        }
        main {
            @if is_drill {
                (links(drill))
                (failure(drill))
                (archives(drill))
                (numbers::section(drill))
                (attack::section(drill.outcome.as_ref().and_then(|outcome| outcome.attack.as_ref())))
                (steps(drill))
            }
            (notes(drill))
            (resources(drill))
            (permissions(drill))
            (timeline())
        }
        script #data type="application/json" { (PreEscaped(calls(drill))) }
        script { (PreEscaped(SCRIPT)) }
    };
    document(&title, &body)
}

fn links(drill: &DrillRecord<'_>) -> Markup {
    html! {
        ol.chain aria-label="The chain of the backup" {
            @for link in chain::links(drill) {
                @let (class, word, path) = match link.state {
                    State::Held => ("held", "held", "M8.5 14.5l3.5 3.5 7.5-8"),
                    State::Broke => ("broke", "broke here", "M9.5 9.5l9 9m0-9l-9 9"),
                    State::Untried => ("untried", "not tried", "M10 14h8"),
                };
                li class=(class) {
                    svg viewBox="0 0 28 28" role="img" aria-label=(word) {
                        circle cx="14" cy="14" r="12.5" fill="none" stroke="currentColor" stroke-width="2" {}
                        path d=(path) fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" {}
                    }
                    @if link.state == State::Broke { a.hop href="#why" { (link.hop) } } @else { (link.hop) }
                    small { (link.part()) }
                }
            }
        }
    }
}

fn failure(drill: &DrillRecord<'_>) -> Markup {
    let outcome = drill.outcome.as_ref();
    let failure = outcome.and_then(|outcome| outcome.failure.as_ref());
    let leftovers = outcome.map(|outcome| outcome.leftovers.as_slice()).unwrap_or_default();
    let lacking = outcome.map(|outcome| outcome.not_supported.as_slice()).unwrap_or_default();
    html! {
        @if !lacking.is_empty() {
            section.why {
                h2 { "Not supported by the local region" }
                ul { @for item in lacking { li { (item) } } }
            }
        }
        @if let Some(failure) = failure {
            section.why {
                @if lacking.is_empty() { h2.bad #why tabindex="-1" { "It broke at " (failure.point) } }
                @else { h2 #why tabindex="-1" { "The night ended at " (failure.point) } }
                p { (failure.reason) }
                @for item in &failure.evidence { pre tabindex="0" role="group" aria-label="Evidence" { (item) } }
            }
        }
        @if !leftovers.is_empty() {
            section.why { h2.bad { "Left behind" } p { (leftovers.join("; ")) } }
        }
    }
}

fn archives(drill: &DrillRecord<'_>) -> Markup {
    let nights = drill.outcome.as_ref().map(|outcome| outcome.nights.as_slice()).unwrap_or_default();
    html! {
        @if nights.iter().any(|night| !night.archives.is_empty()) {
            h2 { "Archives" }
            div.scroll role="group" aria-label="Archives" { table {
                thead { tr { th { "Night" } th { "Object" } th.num { "Bytes" } th { "Encryption" } th { "Restored" } } }
                tbody { @for night in nights { @for archive in &night.archives { tr {
                    td { (night.night) }
                    td { "s3://" (archive.bucket) "/" (archive.key) }
                    td.num { (archive.bytes) }
                    td { (archive.encryption) }
                    td class=(if archive.identical { "good" } else { "bad" }) {
                        @if archive.files > 0 || archive.fingerprint.is_none() {
                            (archive.files) (if archive.identical { " entries, all identical" } else { " entries, not identical" })
                        }
                        @if let Some(sha256) = &archive.fingerprint { " the fingerprint is the same, " (sha256) }
                    }
                } } } }
            } }
        }
    }
}

fn steps(drill: &DrillRecord<'_>) -> Markup {
    html! {
        h2 { "Steps" }
        div.scroll role="group" aria-label="Steps" { table {
            thead { tr { th { "Step" } th.num { "Night" } th.num { "Seconds" } th { "What was seen" } } }
            tbody { @for step in &drill.steps { tr {
                td.name { span class=(if step.outcome == StepOutcome::Failed { "bad" } else { "good" }) {
                    (match step.outcome { StepOutcome::Passed => "✓ ", StepOutcome::Failed => "✗ ", StepOutcome::Skipped => "– " })
                } (step.name) }
                td.num { (step.night) }
                td.num { (format!("{:.3}", step.milliseconds / 1000.0)) }
                td { (step.detail) }
            } } }
        } }
    }
}

/// How a finding is mended, to be opened.
fn remedy(id: &str) -> Markup {
    html! { @if let Some(explanation) = crate::explain(id) {
        details { summary { "What it means" } p { (explanation.meaning) " To mend it: " (explanation.remedy) } p { code { (explanation.page) } } }
    } }
}

fn notes(drill: &DrillRecord<'_>) -> Markup {
    html! {
        @if !drill.findings.is_empty() {
            h2 { "Findings" }
            div.scroll role="group" aria-label="Findings" { table {
                thead { tr { th { "Finding" } th { "What was found" } } }
                tbody { @for (id, detail) in &drill.findings { tr { td.name { (id) } td { (detail) (remedy(id)) } } } }
            } }
        }
        @if let Some(outcome) = drill.outcome.as_ref().filter(|outcome| !outcome.guessed.is_empty()) {
            h2 { "Guessed parameters" }
            p { "Nobody gave a value for these: " (outcome.guessed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) "." }
        }
        @if let Some(outcome) = drill.outcome.as_ref().filter(|outcome| !outcome.recorded.is_empty()) {
            h2 { "Recorded only" }
            p { "The local region keeps these as records; nothing runs behind them: " (outcome.recorded.join(", ")) "." }
        }
        @if !drill.notices.is_empty() {
            h2 { "Notifications" }
            div.scroll role="group" aria-label="Notifications" { table {
                thead { tr { th.num { "Night" } th { "Topic" } th { "Message" } th { "By" } th { "To" } } }
                tbody { @for one in &drill.notices { tr {
                    td.num { (one.night) }
                    td.name { (one.topic) }
                    td { (one.what) }
                    td { (one.by) }
                    td { (if one.to.is_empty() { "nobody has subscribed".to_owned() } else { one.to.join(", ") }) }
                } } }
            } }
        }
        @if !drill.faults.is_empty() {
            h2 { "Faults that were made" }
            div.scroll role="group" aria-label="Faults that were made" { table {
                thead { tr { th.num { "Seconds" } th { "What went wrong" } } }
                tbody { @for (at, detail) in &drill.faults { tr { td.num { (format!("{:.3}", seconds(*at))) } td { (detail) } } } }
            } }
        }
    }
}

fn timeline() -> Markup {
    html! {
        h2 { "Calls" }
        div.tools {
            input #filter type="search" placeholder="operation, caller or error" aria-label="Filter calls";
            select #service aria-label="Service" { option value="" { "all services" } }
            label { input #errors type="checkbox"; " errors only" }
            button #in type="button" aria-label="Zoom in" { "+" }
            button #out type="button" aria-label="Zoom out" { "−" }
            button #all type="button" { "All" }
            span #count.soft role="status" {}
        }
        canvas #timeline tabindex="0" role="application"
            aria-label="Timeline of calls by service. Arrow keys move, plus and minus zoom, 0 shows all." {}
        div.scroll role="group" aria-label="Calls" { table #calls {
            thead { tr { th.num { "Seconds" } th { "Service" } th { "Operation" } th { "Caller" } th { "Error" } } }
            tbody {}
        } }
    }
}

fn resources(drill: &DrillRecord<'_>) -> Markup {
    html! {
        @if !drill.resources.is_empty() {
            h2 { "Resources" }
            div.scroll role="group" aria-label="Resources" { table {
                thead { tr { th { "In the template" } th { "Type" } th { "On the account" } } }
                tbody { @for (logical, kind, physical) in &drill.resources { tr {
                    td.name { (logical) } td { (kind) } td { (physical) }
                } } }
            } }
        }
    }
}

fn permissions(drill: &DrillRecord<'_>) -> Markup {
    html! {
        @if !drill.permissions.is_empty() {
            h2 { "Permissions" }
            div.scroll role="group" aria-label="Permissions" { table {
                thead { tr { th { "Who" } th { "Action" } th.num { "Asked" } th.num { "Refused" } } }
                tbody { @for ((principal, action), (asked, refused)) in &drill.permissions { tr {
                    td { (principal) } td { (action) } td.num { (asked) } td.num.bad[*refused > 0] { (refused) }
                } } }
            } }
        }
    }
}

/// The calls as JSON that may stand in a script element: no `<` that could end it.
fn calls(drill: &DrillRecord<'_>) -> String {
    let call = |(at, call): &(u64, &ApiCall)| {
        json!({
            "t": at,
            "s": call.event_source.trim_end_matches(".amazonaws.com"),
            "o": call.event_name,
            "p": caller(call),
            "e": call.error_code,
        })
    };
    serde_json::Value::Array(drill.calls.iter().map(call).collect()).to_string().replace('<', "\\u003c")
}

/// Who called, as short as it is clear.
fn caller(call: &ApiCall) -> &str {
    let identity = &call.user_identity;
    let arn = identity.arn.as_deref().map(|arn| arn.rsplit(':').next().unwrap_or(arn));
    arn.or(identity.invoked_by.as_deref()).unwrap_or("nobody")
}

fn seconds(microseconds: u64) -> f64 {
    std::time::Duration::from_micros(microseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_journal::{Event, Journal, Recipient};

    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";

    #[test]
    fn nothing_that_a_journal_holds_becomes_markup() {
        let journal = Journal::default();
        let text = || HOSTILE.to_owned();
        journal.record(Event::DrillStarted { run: text(), cloud: text(), stack: text() });
        journal.record(Event::Finding { id: text(), detail: text() });
        journal.record(Event::Resource { logical_id: text(), kind: text(), physical_id: text() });
        journal.record(Event::Fault { request_id: text(), detail: text() });
        let to = vec![Recipient { protocol: text(), endpoint: text(), outcome: text() }];
        journal.record(Event::Notification { topic: text(), by: text(), source: Some(text()), what: text(), to });
        let step =
            Event::StepFinished { step: text(), night: 1, milliseconds: 1.0, outcome: StepOutcome::Failed, detail: text() };
        journal.record(step);
        let call = json!({
            "eventVersion": "1.11", "userIdentity": { "type": "Root", "arn": HOSTILE }, "eventTime": "t", "eventSource": HOSTILE,
            "eventName": HOSTILE, "awsRegion": "r", "sourceIPAddress": "a", "userAgent": "u", "requestParameters": null,
            "responseElements": null, "errorCode": HOSTILE, "requestID": "i", "eventID": "e", "readOnly": true, "eventType": "AwsApiCall",
            "recipientAccountId": "1",
        });
        journal.record(Event::ApiCall(serde_json::from_value(call).unwrap()));
        let failure = json!({ "hop": "script", "reason": HOSTILE, "evidence": [HOSTILE] });
        journal.record(Event::Outcome(
            json!({ "outcome": { "version": 2, "run": "r", "stack": "s", "result": "failed", "failure": failure,
            "nights": [], "findings": [], "leftovers": [HOSTILE], "steps": [] } }),
        ));
        let records = journal.records();
        let page = page(&DrillRecord::new(&records));
        assert!(page.contains("&lt;/script&gt;"));
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
        // The page's own two, and no more.
        assert_eq!(page.matches("</script>").count(), 2);
    }
}
