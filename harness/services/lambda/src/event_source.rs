//! What messages of a queue are to a function: the records of its event. Which records filters let through, and which a function reports as
//! failed, is the same for streams.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>

use nightproof_core::document::Members as _;
use nightproof_event_pattern::Pattern;
use serde_json::{Map, Value, json};

/// The filters of a mapping, one of which a record must match.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>
#[derive(Debug)]
pub(crate) struct Filters {
    patterns: Vec<(Pattern, Payload)>,
    /// The member of a record that holds what was sent.
    payload: Option<&'static str>,
}

/// What a pattern says of a record's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payload {
    Nothing,
    /// It is compared as text.
    Text,
    /// It is read as JSON.
    Json,
}

impl Filters {
    /// Reads patterns of records whose payload is in the member of this name, if it is text.
    ///
    /// # Errors
    /// One is no pattern.
    pub(crate) fn parse(patterns: &[String], payload: Option<&'static str>) -> Result<Self, ()> {
        let read = |text: &String| {
            let pattern = Pattern::parse(text).map_err(|_| ())?;
            let document: Value = serde_json::from_str(text).map_err(|_| ())?;
            let of_payload = match payload.and_then(|name| document.get(name)) {
                None => Payload::Nothing,
                Some(Value::Array(_)) => Payload::Text,
                Some(_) => Payload::Json,
            };
            Ok((pattern, of_payload))
        };
        let patterns = patterns.iter().map(read).collect::<Result<Vec<_>, ()>>()?;
        Ok(Self { patterns, payload })
    }

    /// Whether a record is one for the function.
    pub(crate) fn let_through(&self, record: &Value) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|(pattern, payload)| self.matches(pattern, *payload, record))
    }

    fn matches(&self, pattern: &Pattern, payload: Payload, record: &Value) -> bool {
        let Some(member) = self.payload.filter(|_| payload == Payload::Json) else { return pattern.matches(record) };
        let parsed = serde_json::from_str::<Value>(record.required(member)).ok().filter(Value::is_object);
        parsed.is_some_and(|parsed| {
            let mut record = record.clone();
            record[member] = parsed;
            pattern.matches(&record)
        })
    }
}

/// The record of a message, as `ReceiveMessage` answers it. A digest of attributes that there are not is null in batches that were waited for
/// (`in_window`), and else left out: AWS's recorded events have it so.
pub(crate) fn record(message: &Value, source_arn: &str, region: &str, in_window: bool) -> Value {
    let attributes = message.get("MessageAttributes").and_then(Value::as_object).into_iter().flatten();
    let attributes: Map<String, Value> = attributes.map(|(name, value)| (name.clone(), attribute(value))).collect();
    let mut made = json!({
        "messageId": message.get("MessageId"), "receiptHandle": message.get("ReceiptHandle"), "body": message.get("Body"),
        "attributes": message.get("Attributes").cloned().unwrap_or_else(|| json!({})), "messageAttributes": attributes,
        "md5OfBody": message.get("MD5OfBody"), "eventSource": "aws:sqs", "eventSourceARN": source_arn, "awsRegion": region,
    });
    let digest = message.get("MD5OfMessageAttributes");
    if digest.is_some() || in_window {
        made["md5OfMessageAttributes"] = json!(digest);
    }
    made
}

fn attribute(value: &Value) -> Value {
    let mut made = json!({ "stringListValues": [], "binaryListValues": [], "dataType": value.get("DataType") });
    for (from, to) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
        if let Some(value) = value.get(from) {
            made[to] = value.clone();
        }
    }
    made
}

/// The ids of the messages that a function says it could not work off; `None` if what it says is no such list, which means all.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>
pub(crate) fn failures(payload: &[u8], ids: &[String]) -> Option<Vec<String>> {
    let answer: Value = serde_json::from_slice(payload).ok()?;
    let failures = match (&answer, answer.get("batchItemFailures")) {
        (Value::Null, _) | (Value::Object(_), None | Some(Value::Null)) => return Some(Vec::new()),
        (_, Some(Value::Array(failures))) => failures,
        _ => return None,
    };
    let named = failures.iter().map(|failure| failure.text("itemIdentifier").filter(|id| !id.is_empty()).map(str::to_owned));
    let named: Vec<String> = named.collect::<Option<_>>()?;
    named.iter().all(|id| ids.contains(id)).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_a_body_as_json_if_its_pattern_does() {
        let record = |body: &str| json!({ "body": body, "eventSource": "aws:sqs" });
        let lets =
            |pattern: &str, body: &str| Filters::parse(&[pattern.to_owned()], Some("body")).unwrap().let_through(&record(body));
        assert!(lets(r#"{"body": {"a": [1]}}"#, r#"{"a": 1}"#) && !lets(r#"{"body": {"a": [1]}}"#, r#"{"a": 2}"#));
        assert!(!lets(r#"{"body": {"a": [1]}}"#, "text"));
        assert!(lets(r#"{"body": ["text"]}"#, "text") && !lets(r#"{"body": ["text"]}"#, "other"));
        assert!(lets(r#"{"eventSource": ["aws:sqs"]}"#, "text"));
        for wrong in ["simple string", "", r#"{"eventSource": "aws:sqs"}"#, r#"{"eventSource": []}"#] {
            assert!(Filters::parse(&[wrong.to_owned()], Some("body")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_digest_of_no_attributes_is_null_in_batches_that_were_waited_for() {
        let message = json!({ "MessageId": "1", "ReceiptHandle": "h", "Body": "b", "MD5OfBody": "m" });
        let digest = |message: &Value, in_window: bool| {
            record(message, "arn", "us-east-1", in_window).get("md5OfMessageAttributes").cloned()
        };
        assert_eq!((digest(&message, true), digest(&message, false)), (Some(Value::Null), None));
        let mut message = message;
        message["MD5OfMessageAttributes"] = "d".into();
        assert_eq!(digest(&message, false), Some(json!("d")));
    }

    #[test]
    fn a_report_of_failures_that_cannot_be_read_means_all() {
        let ids = ["a".to_owned(), "b".to_owned()];
        assert_eq!(failures(b"null", &ids), Some(vec![]));
        assert_eq!(failures(br#"{"batchItemFailures": []}"#, &ids), Some(vec![]));
        assert_eq!(failures(br#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, &ids), Some(vec!["b".to_owned()]));
        for wrong in
            [r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, r#"{"batchItemFailures": [{"itemIdentifier": "c"}]}"#, "[]"]
        {
            assert_eq!(failures(wrong.as_bytes(), &ids), None, "{wrong}");
        }
    }
}
