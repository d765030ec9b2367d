//! Samples of the events that a drill can cause, as EventBridge receives them, to try a rule's pattern on.

use serde_json::{Value, json};

use crate::steps::occurrence::Occurrence;

/// A key that no pattern or filter asks for otherwise.
pub(crate) const KEY: &str = "nightproof-event";

/// Where the events are of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// `aws`
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

/// A lifecycle hook of a group. <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHook.html>
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) name: String,
    /// `autoscaling:EC2_INSTANCE_LAUNCHING`
    pub(crate) transition: String,
}

impl Place<'_> {
    /// <https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html>
    fn event(self, source: &str, kind: &str, resources: &[String], detail: Value) -> Value {
        json!({
            "version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": kind, "source": source,
            "account": self.account, "time": "2026-01-01T00:00:00Z", "region": self.region, "resources": resources, "detail": detail,
        })
    }

    fn arn(self, service: &str, resource: &str) -> String {
        let Self { partition, account, region } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// An object is put. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
    pub(crate) fn object_created(self, bucket: &str, key: &str) -> (Occurrence, Value) {
        let detail = json!({
            "version": "0", "bucket": { "name": bucket },
            "object": { "key": key, "size": 1, "etag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0" },
            "request-id": "0", "requester": self.account, "source-ip-address": "127.0.0.1", "reason": "PutObject",
        });
        let resources = [format!("arn:{}:s3:::{bucket}", self.partition)];
        let occurrence = Occurrence::ObjectCreated { bucket: bucket.to_owned(), key: key.to_owned() };
        (occurrence, self.event("aws.s3", "Object Created", &resources, detail))
    }

    /// An alarm goes to ALARM.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
    pub(crate) fn alarm_raised(self, alarm: &str) -> (Occurrence, Value) {
        let arn = self.arn("cloudwatch", &format!("alarm:{alarm}"));
        let state =
            |value: &str| json!({ "value": value, "reason": "Threshold Crossed", "timestamp": "2026-01-01T00:00:00.000+0000" });
        let detail = json!({ "alarmName": alarm, "state": state("ALARM"), "previousState": state("OK"), "configuration": {} });
        let occurrence = Occurrence::AlarmRaised { alarm: alarm.to_owned() };
        (occurrence, self.event("aws.cloudwatch", "CloudWatch Alarm State Change", &[arn], detail))
    }

    /// What a group tells of a launch and of a termination.
    /// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html>
    pub(crate) fn of_group(self, group: &str, arn: &str, hooks: &[Hook]) -> Vec<(Occurrence, Value)> {
        let launched = || Occurrence::InstanceLaunched { group: group.to_owned() };
        let terminated = || Occurrence::InstanceTerminated { group: group.to_owned() };
        let instance = "i-00000000000000000";
        let resources = [arn.to_owned(), self.arn("ec2", &format!("instance/{instance}"))];
        let mut found = Vec::new();
        for hook in hooks {
            let is_launch = hook.transition == "autoscaling:EC2_INSTANCE_LAUNCHING";
            let (kind, origin, destination) = match is_launch {
                true => ("EC2 Instance-launch Lifecycle Action", "EC2", "AutoScalingGroup"),
                false => ("EC2 Instance-terminate Lifecycle Action", "AutoScalingGroup", "EC2"),
            };
            let detail = json!({
                "LifecycleActionToken": "0", "AutoScalingGroupName": group, "LifecycleHookName": hook.name, "EC2InstanceId": instance,
                "LifecycleTransition": hook.transition, "Origin": origin, "Destination": destination,
            });
            let occurrence = if is_launch { launched() } else { terminated() };
            found.push((occurrence, self.event("aws.autoscaling", kind, &resources, detail)));
        }
        for (occurrence, kind, origin, destination) in [
            (launched(), "EC2 Instance Launch Successful", "EC2", "AutoScalingGroup"),
            (terminated(), "EC2 Instance Terminate Successful", "AutoScalingGroup", "EC2"),
        ] {
            let detail = json!({
                "AutoScalingGroupName": group, "EC2InstanceId": instance, "StatusCode": "InProgress", "Origin": origin,
                "Destination": destination, "Description": "", "Cause": "", "StatusMessage": "",
            });
            found.push((occurrence, self.event("aws.autoscaling", kind, &resources, detail)));
        }
        found
    }
}

/// Keys of objects that a pattern may want, by what it says of them, and one that it may not.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
pub(crate) fn keys(pattern: &Value) -> Vec<String> {
    let wanted = pattern.pointer("/detail/object/key").and_then(Value::as_array);
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        other => other.get("equals-ignore-case").and_then(Value::as_str).map(str::to_owned),
    };
    let key = |item: &Value| {
        let of = |operator: &str| item.get(operator).and_then(text);
        text(item)
            .or_else(|| Some(format!("{}{KEY}", of("prefix")?)))
            .or_else(|| Some(format!("{KEY}{}", of("suffix")?)))
            .or_else(|| Some(of("wildcard")?.replace('*', KEY)))
    };
    let mut keys: Vec<String> = wanted.into_iter().flatten().filter_map(key).collect();
    keys.push(KEY.to_owned());
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_as_a_pattern_wants_it() {
        let wanted = json!([{"prefix": "in/"}, {"suffix": ".done"}, {"wildcard": "a/*/b"}, "exact", {"equals-ignore-case": "Ready"}, {"anything-but": "x"}]);
        let found = keys(&json!({"detail": {"object": {"key": wanted}}}));
        assert_eq!(found, ["in/nightproof-event", "nightproof-event.done", "a/nightproof-event/b", "exact", "Ready", KEY]);
        assert_eq!(keys(&json!({"source": ["aws.s3"]})), [KEY]);
    }

    #[test]
    fn a_group_tells_of_its_hooks_and_of_what_it_has_done() {
        let place = Place { partition: "aws", account: "1", region: "r" };
        let hook = Hook { name: "h".to_owned(), transition: "autoscaling:EC2_INSTANCE_TERMINATING".to_owned() };
        let told = place.of_group("g", "arn", &[hook]);
        let kinds: Vec<&str> = told.iter().map(|(_, event)| event["detail-type"].as_str().unwrap()).collect();
        let [hooked, launched, terminated] = kinds[..] else { panic!("{kinds:?}") };
        assert_eq!(hooked, "EC2 Instance-terminate Lifecycle Action");
        assert_eq!((launched, terminated), ("EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"));
        assert_eq!(told[0].0, Occurrence::InstanceTerminated { group: "g".to_owned() });
        assert_eq!(told[1].0, Occurrence::InstanceLaunched { group: "g".to_owned() });
    }
}
