//! Calls that a service was not able to answer. Whoever was refused so may not have said why: the answer to a HEAD has no body, and many a
//! script shows a status alone.

use nightproof_journal::{Event, Record};

/// Errors that are a service's own, no caller's.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html>
const CODES: [&str; 5] = ["InternalError", "InternalFailure", "InternalServerError", "ServiceException", "ServiceUnavailable"];

/// Each such answer in a sentence, once.
pub(crate) fn all(records: &[Record]) -> Vec<String> {
    let mut told = Vec::new();
    for record in records {
        let Event::ApiCall(call) = &record.event else { continue };
        let Some(code) = call.error_code.as_deref().filter(|code| CODES.contains(code)) else { continue };
        let service = call.event_source.split('.').next().unwrap_or_default();
        let mut sentence = format!("{service} {}: {code}", call.event_name);
        if let Some(message) = &call.error_message {
            sentence.push_str(": ");
            sentence.push_str(message);
        }
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_journal::{ApiCall, Journal};
    use serde_json::json;

    fn told(errors: &[(&str, Option<&str>)]) -> Vec<String> {
        let journal = Journal::default();
        for (code, message) in errors {
            let call = json!({
                "eventVersion": "1.11", "userIdentity": { "type": "AssumedRole" }, "eventTime": "2026-11-27T03:00:00Z",
                "eventSource": "s3.amazonaws.com", "eventName": "HeadObject", "awsRegion": "us-east-1", "sourceIPAddress": "10.0.0.9",
                "userAgent": "curl", "requestParameters": null, "responseElements": null, "errorCode": code, "errorMessage": message,
                "requestID": "1", "eventID": "1", "readOnly": true, "eventType": "AwsApiCall", "recipientAccountId": "123456789012",
            });
            let call: ApiCall = serde_json::from_value(call).expect("a call");
            journal.record(Event::ApiCall(Box::new(call)));
        }
        all(&journal.records())
    }

    #[test]
    fn what_a_service_could_not_answer_is_told_once() {
        let gone = ("ServiceUnavailable", Some("the store is gone"));
        assert_eq!(
            told(&[gone, gone, ("InternalError", None)]),
            ["s3 HeadObject: ServiceUnavailable: the store is gone", "s3 HeadObject: InternalError"]
        );
    }

    #[test]
    fn what_the_caller_is_to_blame_for_is_not() {
        assert!(told(&[("AccessDenied", Some("no")), ("NoSuchKey", None), ("SlowDown", None)]).is_empty());
    }
}
