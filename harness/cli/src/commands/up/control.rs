//! `nightproof up --control`: the region's clock, faults and calls for the program that started it, by JSON lines over its standard streams. A line of
//! input is a request, a line of output its answer. Nothing listens; when the input ends, so does the region.

use std::io::BufRead as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightproof_faults::Rule;
use nightproof_journal::{Event, Journal};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::local_environment::LocalEnvironment;
use crate::printer;

/// What can be asked: `{"advance": {"seconds": 60}}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// What the region's clock says.
    Now {},
    /// Moves the clock forward.
    Advance { seconds: f64 },
    /// Moves the clock to a time, RFC 3339; one in the past changes nothing.
    AdvanceTo { time: Timestamp },
    /// Moves the clock to the next time at which a rule, a schedule, a maintenance window or an association is due.
    Fire { arn: String },
    /// Answered when no event is on its way to a target, and no function works on one.
    Settled {},
    /// Puts faults in force, in place of all others.
    Faults { faults: Vec<Rule> },
    /// API calls with a sequence number from `from` on, as CloudTrail's records.
    Calls {
        #[serde(default)]
        from: u64,
    },
}

/// Answers requests until there are no more, or `cancel` is cancelled.
pub(crate) async fn serve(environment: &LocalEnvironment, journal: &Journal, cancel: &CancellationToken) {
    let (send, mut lines) = mpsc::channel(1);
    // Reads of the terminal or a pipe cannot be given up; the thread ends with the program.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    });
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            () = cancel.cancelled() => None,
        };
        let Some(line) = line else { return };
        if line.trim().is_empty() {
            continue;
        }
        let answered = match serde_json::from_str(&line) {
            Ok(request) => answer(request, environment, journal).await,
            Err(error) => Err(error.to_string()),
        };
        let answer = answered.map_or_else(|why| json!({ "error": why }), |answer| json!({ "ok": answer }));
        printer::line(&answer.to_string());
    }
}

/// The line that tells the program that the region is up.
pub(crate) fn greeting(environment: &LocalEnvironment) -> std::io::Result<String> {
    let variables: serde_json::Map<String, Value> =
        environment.variables()?.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Ok(json!({ "ok": { "variables": variables } }).to_string())
}

async fn answer(request: Request, environment: &LocalEnvironment, journal: &Journal) -> Result<Value, String> {
    let region = &environment.region;
    let clock = region.region.clock();
    match request {
        Request::Now {} => {}
        Request::Advance { seconds } => {
            let by = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
            let by = SignedDuration::try_from(by).map_err(|error| error.to_string())?;
            clock.advance_to(clock.now().checked_add(by).map_err(|error| error.to_string())?);
        }
        Request::AdvanceTo { time } => clock.advance_to(time),
        Request::Fire { arn } => drop(region.trigger().fire(&arn).map_err(|error| error.to_string())?),
        Request::Settled {} => region.trigger().settled().await,
        Request::Faults { faults } => {
            if faults.iter().any(Rule::is_interposed) {
                region.machines.interposer().prepare();
            }
            region.faults.set(faults);
        }
        Request::Calls { from } => return Ok(calls(journal, from)),
    }
    Ok(json!({ "now": clock.now() }))
}

fn calls(journal: &Journal, from: u64) -> Value {
    let records = journal.records();
    let calls = records.iter().filter(|record| record.sequence >= from);
    let calls = calls.filter_map(|record| if let Event::ApiCall(call) = &record.event { Some(call) } else { None });
    let calls: Vec<Value> = calls.filter_map(|call| serde_json::to_value(call).ok()).collect();
    json!({ "calls": calls, "next": records.last().map_or(from, |record| record.sequence + 1) })
}
