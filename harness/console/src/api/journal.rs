//! The journal, as it is written.

use std::time::Duration;

use http::Uri;
use serde_json::{Value, json};

use crate::answer::Refusal;
use crate::handles::Handles;
use crate::query;

/// The most records of an answer.
const MOST: usize = 500;
/// How long an answer waits for the next record, at most, in seconds.
const LONGEST: u64 = 30;

/// Records from number `after` on, oldest first, and the number to ask for next. Without one, those that come next; where there is none yet, the answer
/// waits up to `wait` seconds for one.
pub(crate) async fn events(handles: &Handles, uri: &Uri) -> Result<Value, Refusal> {
    let mut recorded = handles.recorded.clone();
    let count = *recorded.borrow_and_update();
    let after = query::number(uri, "after", count, u64::MAX)?;
    let wait = query::number(uri, "wait", 0, LONGEST)?;
    if count <= after && wait > 0 {
        let stopping = handles.region.stopping();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => (),
            () = stopping.cancelled() => (),
            _ = recorded.wait_for(|count| *count > after) => (),
        }
    }
    let records = handles.region.journal().records_from(after, MOST);
    let next = records.last().map_or(after, |record| record.sequence + 1);
    Ok(json!({ "events": records, "next": next }))
}
