//! The event history: who changed what in the window. Reading events are left out: they are many, and change nothing.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use aws_smithy_types::DateTime;
use serde_json::{Value, json};

use super::answer;
use super::evidence::{Evidence, Window};
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::refused;

/// Events that are read at most; the latest ones are read first.
const MOST: usize = 2000;

/// Reads the events of `window` that changed something.
pub(super) async fn read(client: &DynamicClient, window: Window, evidence: &mut Evidence) {
    let time = |milliseconds: i64| answer::time(&DateTime::from_secs(milliseconds.div_euclid(1000)));
    let mut input = json!({
        "StartTime": time(window.from),
        "EndTime": time(window.to.saturating_add(999)),
        "LookupAttributes": [{ "AttributeKey": "ReadOnly", "AttributeValue": "false" }],
        "MaxResults": 50,
    });
    let mut found = Vec::new();
    loop {
        let answer = match client.ask("cloudtrail", "LookupEvents", &input).await {
            Ok(answer) => answer,
            Err(error) => {
                evidence.refused.push(refused("LookupEvents", &error));
                break;
            }
        };
        let events = answer.get("Events").and_then(Value::as_array).into_iter().flatten();
        let records = events.filter_map(|event| serde_json::from_str(event.get("CloudTrailEvent")?.as_str()?).ok());
        found.extend(records.collect::<Vec<Value>>());
        match answer.get("NextToken").cloned() {
            None | Some(Value::Null) => break,
            Some(_) if found.len() >= MOST => {
                evidence.refused.push(format!("LookupEvents: there are more than {MOST} events; the earliest are left out"));
                break;
            }
            Some(token) => {
                if let Some(members) = input.as_object_mut() {
                    members.insert("NextToken".to_owned(), token);
                }
            }
        }
    }
    found.reverse();
    evidence.history = found;
}
