//! What a target receives.

use jiff::Timestamp;
use nightproof_core::document::whole_seconds;
use nightproof_core::service::arn;
use serde_json::json;

use crate::target::Target;

/// One invocation of a target.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) schedule_arn: String,
    /// When it was due.
    pub(crate) due: Timestamp,
    pub(crate) execution: String,
}

impl Invocation {
    /// The input of `target` with the context of attempt `number`; without an input, the event of a schedule.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
    pub(crate) fn payload(&self, target: &Target, number: u64) -> String {
        let Some(input) = &target.input else { return self.event() };
        let due = whole_seconds(self.due).to_string();
        let number = number.to_string();
        [
            ("<aws.scheduler.schedule-arn>", self.schedule_arn.as_str()),
            ("<aws.scheduler.scheduled-time>", &due),
            ("<aws.scheduler.execution-id>", &self.execution),
            ("<aws.scheduler.attempt-number>", &number),
        ]
        .into_iter()
        .fold(input.clone(), |text, (keyword, value)| text.replace(keyword, value))
    }

    fn event(&self) -> String {
        let arn = self.schedule_arn.as_str();
        json!({
            "version": "0",
            "id": uuid::Uuid::new_v4().to_string(),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": arn::account_of(arn),
            "time": whole_seconds(self.due).to_string(),
            "region": arn::region_of(arn),
            "resources": [arn],
            "detail": "{}",
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn keywords_of_an_input_are_replaced_and_without_one_it_is_the_event_of_a_schedule() {
        let arn = "arn:aws:scheduler:us-east-1:1:schedule/default/nightly";
        let invocation = Invocation {
            schedule_arn: arn.to_owned(),
            due: "2026-11-24T03:00:00.5Z".parse().unwrap(),
            execution: "e".to_owned(),
        };
        let mut target: Target = serde_json::from_value(json!({ "Arn": "a", "RoleArn": "r" })).unwrap();
        let event: Value = serde_json::from_str(&invocation.payload(&target, 1)).unwrap();
        assert_eq!(
            (&event["source"], &event["time"], &event["detail"]),
            (&json!("aws.scheduler"), &json!("2026-11-24T03:00:00Z"), &json!("{}"))
        );
        assert_eq!((&event["region"], &event["resources"]), (&json!("us-east-1"), &json!([arn])));
        target.input =
            Some("<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <aws.scheduler.execution-id> <other>".to_owned());
        assert_eq!(invocation.payload(&target, 2), "2026-11-24T03:00:00Z 2 e <other>");
    }
}
