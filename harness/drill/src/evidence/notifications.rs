//! SNS notifications sent during a night, as a local region journals them. On AWS, only subscribers get them.

use std::collections::BTreeMap;

use nightproof_journal::{Event, Journal, Recipient, Record};
use serde::{Deserialize, Serialize};

use crate::Step;

/// A message that was published to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The night that ran, from 1; 0 before the first.
    pub night: u32,
    /// The topic, by its id in the template if the stack has made it, else its ARN.
    pub topic: String,
    /// The rule or the alarm that published it, by its id in the template; else the principal.
    pub by: String,
    /// The message in a few words.
    pub what: String,
    /// Whoever has subscribed, and what became of it there.
    pub to: Vec<String>,
}

impl Notification {
    /// `topic BackupAlarms got "EC2 Command Invocation Status-change Notification" Failed by BackupFailed`
    pub fn sentence(&self) -> String {
        let Self { topic, by, what, .. } = self;
        format!("topic {topic} got {what} by {by}")
    }

    /// As [`Notification::sentence`], and who got it of the topic.
    pub fn whole(&self) -> String {
        let to = if self.to.is_empty() { "nobody has subscribed".to_owned() } else { self.to.join(", ") };
        format!("{} ({to})", self.sentence())
    }
}

/// All notifications, in order.
pub fn all(journal: &Journal) -> Vec<Notification> {
    from_records(&journal.records())
}

/// As [`all`], of the records of a journal.
pub fn from_records(records: &[Record]) -> Vec<Notification> {
    let mut names = BTreeMap::new();
    let (mut night, mut told) = (0, Vec::new());
    for record in records {
        match &record.event {
            Event::Resource { logical_id, physical_id, .. } => {
                names.insert(physical_id.as_str(), logical_id.as_str());
            }
            Event::StepStarted { step, night: begun } if *step == Step::Fire => night = *begun,
            Event::Notification { topic, by, source, what, to } => told.push(Notification {
                night,
                topic: name(&names, topic),
                by: source.as_deref().map_or_else(|| by.clone(), |source| name(&names, source)),
                what: what.clone(),
                to: to.iter().map(recipient).collect(),
            }),
            _ => {}
        }
    }
    told
}

fn recipient(to: &Recipient) -> String {
    format!("{} {}: {}", to.protocol, to.endpoint, to.outcome)
}

/// What the template calls it: rules and alarms are known by their names, topics by their ARNs.
fn name(names: &BTreeMap<&str, &str>, arn: &str) -> String {
    let last = arn.rsplit([':', '/']).next().unwrap_or_default();
    names.get(arn).or_else(|| names.get(last)).map_or_else(|| arn.to_owned(), |name| (*name).to_owned())
}

/// Each refusal of a message by a topic's policy: topic, who was refused, and AWS's message.
pub(crate) fn refused(journal: &Journal) -> Vec<(String, String, String)> {
    let records = journal.records();
    let mut names = BTreeMap::new();
    for record in &records {
        if let Event::Resource { logical_id, physical_id, .. } = &record.event {
            names.insert(physical_id.as_str(), logical_id.as_str());
        }
    }
    let mut found = Vec::new();
    for record in &records {
        let Event::ApiCall(call) = &record.event else { continue };
        if call.event_source != "sns.amazonaws.com" || call.event_name != "Publish" {
            continue;
        }
        let (Some(by), Some(message)) = (&call.user_identity.invoked_by, &call.error_message) else { continue };
        let topic = call.request_parameters.get("TopicArn").and_then(|arn| arn.as_str()).unwrap_or_default();
        let refusal = (name(&names, topic), by.clone(), message.clone());
        if !found.contains(&refusal) {
            found.push(refusal);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:1:s-Alarms-X";

    fn resource(logical: &str, physical: &str) -> Event {
        Event::Resource { logical_id: logical.into(), kind: "k".into(), physical_id: physical.into() }
    }

    fn message(source: Option<&str>) -> Event {
        let to = vec![Recipient { protocol: "email".into(), endpoint: "a@example.com".into(), outcome: "would be sent".into() }];
        let (by, source) = ("events.amazonaws.com".into(), source.map(str::to_owned));
        Event::Notification { topic: TOPIC.into(), by, source, what: "\"it\" Failed".into(), to }
    }

    #[test]
    fn a_message_is_told_by_the_names_of_the_template_and_its_night() {
        let journal = Journal::default();
        journal.record(message(None));
        journal.record(resource("Alarms", TOPIC));
        journal.record(resource("Failed", "s-Failed-Y"));
        for night in [1, 2] {
            journal.record(Event::StepStarted { step: Step::Fire.to_string(), night });
        }
        journal.record(message(Some("arn:aws:events:us-east-1:1:rule/s-Failed-Y")));
        let told = all(&journal);
        assert_eq!((told[0].night, told[0].topic.as_str(), told[0].by.as_str()), (0, TOPIC, "events.amazonaws.com"));
        assert_eq!(told[1].night, 2);
        assert_eq!(told[1].whole(), "topic Alarms got \"it\" Failed by Failed (email a@example.com: would be sent)");
    }
}
