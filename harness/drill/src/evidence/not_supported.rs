//! Answers of a local region that lacks something that AWS has: they are no failure of the backup.

use nightproof_journal::{ApiCall, Event, Record};
use nightproof_template::{Template, Unsupported};

use crate::{FailurePoint, Hop, Step};

/// The code of such an answer. S3 has the same code on AWS, with another message.
const CODE: &str = "NotImplemented";
/// How the message ends that names an operation or a member.
const TAIL: &str = " is not implemented by this local region";

/// Items that an error answer names as lacking; empty for any other error.
pub(crate) fn in_answer(code: &str, message: &str) -> Vec<String> {
    if code != CODE {
        return Vec::new();
    }
    Unsupported::items(message).or_else(|| Some(vec![operation(message.strip_suffix(TAIL)?)])).unwrap_or_default()
}

/// `ec2: CreateSnapshot` as an operation's name; anything else as it is.
fn operation(what: &str) -> String {
    match what.split_once(": ") {
        Some((service, "this service")) => format!("service `{service}`"),
        Some((service, name)) if is_name(name) => format!("operation `{service}:{name}`"),
        Some((service, rest)) => format!("`{service}`: {rest}"),
        None => what.to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_uppercase()) && text.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Items that a resource of the stack failed for, by its status reason; empty if it failed for anything else.
pub(crate) fn in_reason(logical_id: &str, reason: &str, template: &str) -> Vec<String> {
    let items = match Unsupported::items(reason) {
        Some(items) => items,
        // `message (Service: ec2, Status Code: 501, Code: NotImplemented)`
        None => {
            let Some((message, rest)) = reason.rsplit_once(" (Service: ") else { return Vec::new() };
            let code = rest.trim_end_matches(')').rsplit_once("Code: ").map(|(_, code)| code).unwrap_or_default();
            in_answer(code, message)
        }
    };
    let resources = Template::parse(template).map(|template| template.resources).unwrap_or_default();
    let line = resources.iter().find(|resource| resource.id == logical_id).map(|resource| resource.position.line);
    let place = line.map_or_else(|| logical_id.to_owned(), |line| format!("{logical_id}, line {line}"));
    items.into_iter().map(|item| format!("{item} ({place})")).collect()
}

/// Items that a local region refused, since the rule last fired, to callers on the chain up to the hop; each item with its caller. Empty if
/// the drill did not fail at a hop.
pub(crate) fn before(point: FailurePoint, records: &[Record]) -> Vec<String> {
    let Some(hop) = point.hop() else { return Vec::new() };
    let is_fired = |record: &Record| matches!(&record.event, Event::StepStarted { step, .. } if *step == Step::Fire);
    let begun = records.iter().rposition(is_fired).unwrap_or_default();
    calls(records.get(begun..).unwrap_or_default(), |caller| caller.leads_to(hop))
}

/// Items that a local region refused to anybody but the drill, each with its caller.
pub(crate) fn all(records: &[Record]) -> Vec<String> {
    calls(records, |_| true)
}

fn calls(records: &[Record], counts: impl Fn(&Caller<'_>) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for record in records {
        let Event::ApiCall(call) = &record.event else { continue };
        let Some(caller) = caller(call).filter(&counts) else { continue };
        for item in in_answer(call.error_code.as_deref().unwrap_or_default(), call.error_message.as_deref().unwrap_or_default()) {
            let item = format!("{item} (called by {caller})");
            if !found.contains(&item) {
                found.push(item);
            }
        }
    }
    found
}

/// Who calls in a night, the drill itself apart.
enum Caller<'a> {
    Service(&'a str),
    Function(&'a str),
    Instance(&'a str),
}

fn caller(call: &ApiCall) -> Option<Caller<'_>> {
    if let Some(service) = call.user_identity.invoked_by.as_deref() {
        return Some(Caller::Service(service));
    }
    let session = call.user_identity.arn.as_deref()?.split_once(":assumed-role/")?.1.rsplit('/').next()?;
    Some(if session.starts_with("i-") { Caller::Instance(session) } else { Caller::Function(session) })
}

impl Caller<'_> {
    /// Whether the chain goes by this caller to the hop.
    fn leads_to(&self, hop: Hop) -> bool {
        match self {
            Self::Service(_) => matches!(hop, Hop::Rule | Hop::Function),
            Self::Function(_) => matches!(hop, Hop::Function | Hop::Command | Hop::Object | Hop::Restore),
            Self::Instance(_) => matches!(hop, Hop::Instance | Hop::Script | Hop::Object | Hop::Restore),
        }
    }
}

impl std::fmt::Display for Caller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(name) => f.write_str(name),
            Self::Function(name) => write!(f, "the function {name}"),
            Self::Instance(id) => write!(f, "the instance {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nightproof_journal::Journal;
    use serde_json::json;

    const NOT: &str = "ec2: CreateSnapshot is not implemented by this local region";

    fn call(session: &str, code: &str, message: &str) -> Event {
        let arn = format!("arn:aws:sts::123456789012:assumed-role/role/{session}");
        let call = json!({
            "eventVersion": "1.11", "userIdentity": { "type": "AssumedRole", "arn": arn }, "eventTime": "2026-11-27T03:00:00Z",
            "eventSource": "ec2.amazonaws.com", "eventName": "CreateSnapshot", "awsRegion": "us-east-1", "sourceIPAddress": "10.0.0.9",
            "userAgent": "boto3", "requestParameters": null, "responseElements": null, "errorCode": code, "errorMessage": message,
            "requestID": "1", "eventID": "1", "readOnly": false, "eventType": "AwsApiCall", "recipientAccountId": "123456789012",
        });
        Event::ApiCall(Box::new(serde_json::from_value(call).unwrap()))
    }

    fn at(hop: Hop, calls: Vec<Event>) -> Vec<String> {
        let journal = Journal::default();
        journal.record(call("backup", CODE, "ec2: OfAnotherNight is not implemented by this local region"));
        journal.record(Event::StepStarted { step: Step::Fire.to_string(), night: 1 });
        calls.into_iter().for_each(|call| journal.record(call));
        before(hop.into(), &journal.records())
    }

    #[test]
    fn an_operation_that_a_function_could_not_call_is_told_with_its_caller() {
        let twice = || vec![call("backup", CODE, NOT), call("backup", CODE, NOT)];
        let told = ["operation `ec2:CreateSnapshot` (called by the function backup)"];
        assert_eq!(at(Hop::Function, twice()), told);
        assert_eq!(at(Hop::Command, twice()), told, "a handler may hide it");
        assert!(at(Hop::Script, twice()).is_empty(), "the script failed by itself");
        assert!(at(Hop::Rule, twice()).is_empty());
    }

    #[test]
    fn what_an_instance_could_not_call_counts_from_the_script_on() {
        let one = || vec![call("i-1", CODE, "s3: access control lists is not implemented by this local region")];
        assert_eq!(at(Hop::Script, one()), ["`s3`: access control lists (called by the instance i-1)"]);
        assert!(at(Hop::Function, one()).is_empty());
    }

    #[test]
    fn a_service_that_is_lacking_is_told_as_a_whole() {
        let none = "autoscaling: this service is not implemented by this local region";
        assert_eq!(
            at(Hop::Function, vec![call("backup", CODE, none)]),
            ["service `autoscaling` (called by the function backup)"]
        );
    }

    #[test]
    fn errors_of_aws_are_no_lack() {
        let headers = "A header you provided implies functionality that is not implemented";
        assert!(at(Hop::Function, vec![call("backup", CODE, headers), call("backup", "AccessDenied", NOT)]).is_empty());
        assert!(in_answer("ValidationError", "cannot be rehearsed here: x is not supported").is_empty());
    }

    #[test]
    fn a_resource_that_was_refused_is_told_with_its_line() {
        let template = "Resources:\n  Rule: {Type: AWS::Events::Rule}\n";
        let reason = "events: a target of the kind states is not implemented by this local region (Service: events, Status Code: 501, Code: NotImplemented)";
        assert_eq!(in_reason("Rule", reason, template), ["`events`: a target of the kind states (Rule, line 2)"]);
        assert!(in_reason("Rule", "no (Service: events, Status Code: 400, Code: ValidationException)", template).is_empty());
        assert!(in_reason("Rule", "Encountered unsupported property X", template).is_empty());
    }
}
