//! The negative controls: what is made to go wrong, and where a drill must notice it.

use nightproof_drill::{ArchiveControl, Hop};
use serde_json::{Value, json};

use crate::Rehearsed;

/// The disk of an instance that is filled, MiB. Such a disk is in memory.
const DISK_MIB: u32 = 64;
/// By an instance, and not by who drills.
const BY_INSTANCE: &str = "*:assumed-role/*/i-*";

/// The names of all controls.
pub const NAMES: [&str; 20] = [
    "archive-missing",
    "archive-empty",
    "archive-truncated",
    "byte-changed",
    "file-missing",
    "yesterdays-archive",
    "other-machines-archive",
    "unencrypted",
    "wrong-key",
    "trigger-disabled",
    "command-throttled",
    "instance-stopped",
    "agent-stopped",
    "instance-offline",
    "clock-wrong",
    "data-gone",
    "disk-full",
    "key-disabled",
    "upload-denied",
    "upload-throttled",
];

/// Something that is made to go wrong.
#[derive(Debug, Clone)]
pub struct Control {
    /// Its name: `archive-missing`.
    pub id: &'static str,
    /// What is done, in a sentence without its full stop.
    pub title: &'static str,
    /// How.
    pub made: Made,
    /// The hops at which the drill may break: one of them notices it.
    pub(crate) expected: &'static [Hop],
}

/// How a control is made.
#[derive(Debug, Clone)]
pub enum Made {
    /// By the drill itself, between the upload of the archive and its own look at it.
    Archive(ArchiveControl),
    /// As the incident file with this text says.
    Incident(String),
    /// Not at all: why it does not apply to the stack.
    NotApplicable(String),
}

/// What instances can be made to be.
#[derive(Debug, Clone, Copy)]
pub struct Able {
    /// They can be given a small disk.
    pub disks: bool,
    /// Their clocks can be set.
    pub clocks: bool,
}

/// The controls of a stack whose drill passed and whose data is at `data_path`.
pub fn controls(rehearsed: &Rehearsed<'_>, data_path: &str, able: Able) -> Vec<Control> {
    let archives = ArchiveControl::ALL.map(|control| Control {
        id: control.as_str(),
        title: control.title(),
        made: Made::Archive(control),
        expected: match control {
            ArchiveControl::Missing => &[Hop::Object],
            _ => &[Hop::Object, Hop::Restore],
        },
    });
    let incidents = [
        trigger_disabled(rehearsed),
        function_throttled(rehearsed),
        instance_stopped(rehearsed),
        agent_stopped(rehearsed),
        instance_offline(rehearsed),
        clock_wrong(rehearsed, able.clocks),
        data_gone(data_path),
        disk_full(able.disks),
        key_disabled(rehearsed),
        upload_denied(),
        upload_throttled(),
    ];
    archives.into_iter().chain(incidents).collect()
}

/// What an incident file has beside its head.
#[derive(Default)]
struct Wrong {
    before: Vec<Value>,
    faults: Vec<Value>,
    disk_mib: Option<u32>,
    /// It keeps instances from fetching commands, whose time-out nobody waits for.
    is_unfetched: bool,
    /// It comes after a good night: what watches for backups that do not come has seen none of a new stack.
    is_later: bool,
}

fn incident(id: &'static str, title: &'static str, expected: &'static [Hop], wrong: Result<Wrong, &str>) -> Control {
    let made = match wrong {
        Err(why) => Made::NotApplicable(why.to_owned()),
        Ok(Wrong { before, faults, disk_mib, is_unfetched, is_later }) => {
            let nights = if is_later { 2 } else { 1 };
            // JSON is YAML.
            let mut file = json!({
                "version": 1, "title": title, "source": "docs/prove.md", "noticed_by": "the drill",
                "nights": nights, "first_night": nights, "skip_delivery": is_unfetched, "before": before, "faults": faults,
                "expect": { "result": "failed", "hop": expected.first() },
            });
            if let (Some(members), Some(size)) = (file.as_object_mut(), disk_mib) {
                members.insert("disk_mib".to_owned(), size.into());
            }
            Made::Incident(file.to_string())
        }
    };
    Control { id, title, made, expected }
}

fn call(service: &str, operation: &str, input: &Value) -> Value {
    json!({ "call": { "service": service, "operation": operation, "input": input } })
}

fn denied(service: &str, operation: &str, principal: &str, code: &str, status: u16) -> Value {
    json!({
        "when": { "service": service, "operation": operation, "principal": principal },
        "then": { "error": { "code": code, "status": status, "message": "a negative control refuses it" } },
    })
}

fn trigger_disabled(rehearsed: &Rehearsed<'_>) -> Control {
    let name = rehearsed.trigger();
    // The control is a drill of its own, in which all of it has other names.
    let reference = |logical: &str| format!("${{{logical}}}");
    let named =
        |kind: &str| rehearsed.of_type(kind).find(|(_, physical)| *physical == name).map(|(logical, _)| reference(logical));
    let only = |kind: &str| {
        let mut all = rehearsed.of_type(kind);
        all.next().filter(|_| all.next().is_none()).map(|(logical, _)| reference(logical))
    };
    let call = if let Some(rule) = named("AWS::Events::Rule") {
        Some(call("events", "DisableRule", &json!({ "Name": rule })))
    } else if let Some(schedule) = named("AWS::Scheduler::Schedule") {
        let group = rehearsed.parameter("CreateSchedule", "GroupName").unwrap_or("default");
        let own = rehearsed.of_type("AWS::Scheduler::ScheduleGroup").find(|(_, physical)| *physical == group);
        let group = own.map_or_else(|| group.to_owned(), |(logical, _)| reference(logical));
        Some(call("scheduler", "DeleteSchedule", &json!({ "Name": schedule, "GroupName": group })))
    } else if let Some(window) = only("AWS::SSM::MaintenanceWindow") {
        Some(call("ssm", "UpdateMaintenanceWindow", &json!({ "WindowId": window, "Enabled": false })))
    } else {
        only("AWS::SSM::Association").map(|id| call("ssm", "DeleteAssociation", &json!({ "AssociationId": id })))
    };
    let wrong = call
        .map(|call| Wrong { before: vec![call], is_later: true, ..Wrong::default() })
        .ok_or("it is not known what starts the backup");
    incident("trigger-disabled", "what starts the backup is disabled or deleted", &[Hop::Rule], wrong)
}

fn function_throttled(rehearsed: &Rehearsed<'_>) -> Control {
    let fault = denied("ssm", "SendCommand", "*:assumed-role/*", "ThrottlingException", 400);
    let wrong = Wrong { faults: vec![fault], ..Wrong::default() };
    let wrong = if rehearsed.has_function() { Ok(wrong) } else { Err("no function sends the command") };
    incident("command-throttled", "Run Command takes no command from the function", &[Hop::Function, Hop::Command], wrong)
}

fn instance_stopped(rehearsed: &Rehearsed<'_>) -> Control {
    let references: Vec<String> = rehearsed.of_type("AWS::EC2::Instance").map(|(logical, _)| format!("${{{logical}}}")).collect();
    let wrong = if references.is_empty() {
        Err("the stack declares no instance; a group replaces those that it launches")
    } else {
        let stop = call("ec2", "StopInstances", &json!({ "InstanceIds": references }));
        Ok(Wrong { before: vec![stop], ..Wrong::default() })
    };
    incident("instance-stopped", "the instances are stopped", &[Hop::Function, Hop::Command, Hop::Instance], wrong)
}

/// What befalls each instance, so that it fetches no command; one that starts the backup by itself shows it in its script.
fn unfetched(fault: Value) -> Wrong {
    Wrong { before: vec![json!({ "instance": fault })], is_unfetched: true, ..Wrong::default() }
}

fn agent_stopped(rehearsed: &Rehearsed<'_>) -> Control {
    let wrong = if rehearsed.has_command() {
        Ok(unfetched(json!({ "agent_stopped": "always" })))
    } else {
        Err("no command is sent to the SSM agent")
    };
    incident("agent-stopped", "the SSM agent of the instances is stopped", &[Hop::Instance, Hop::Command], wrong)
}

fn instance_offline(rehearsed: &Rehearsed<'_>) -> Control {
    const HOPS: &[Hop] = &[Hop::Instance, Hop::Command, Hop::Script, Hop::Object];
    let wrong = Ok(Wrong { is_unfetched: rehearsed.has_command(), ..unfetched(json!({ "offline": "always" })) });
    incident("instance-offline", "the instances have no route to AWS", HOPS, wrong)
}

fn clock_wrong(rehearsed: &Rehearsed<'_>, clocks: bool) -> Control {
    const HOPS: &[Hop] = &[Hop::Instance, Hop::Command, Hop::Script, Hop::Object];
    let wrong = Wrong { is_unfetched: rehearsed.has_command(), ..unfetched(json!({ "clock": "+3h" })) };
    let wrong = if clocks { Ok(wrong) } else { Err("the clock of a sandbox alone can be set") };
    incident("clock-wrong", "the clock of the instances is three hours fast", HOPS, wrong)
}

fn data_gone(data_path: &str) -> Control {
    let path = data_path.trim_end_matches('/').replace('\'', r"'\''");
    let wrong = Wrong { before: vec![json!({ "script": format!("mv '{path}' '{path}.gone'") })], ..Wrong::default() };
    incident("data-gone", "the data is at another path", &[Hop::Script, Hop::Object, Hop::Restore], Ok(wrong))
}

fn disk_full(disks: bool) -> Control {
    let fill = json!({ "script": "cat /dev/zero > /var/tmp/nightproof-control || true" });
    let wrong = Wrong { before: vec![fill], disk_mib: Some(DISK_MIB), ..Wrong::default() };
    let wrong = if disks { Ok(wrong) } else { Err("a disk can be filled in a sandbox and with generated data alone") };
    incident("disk-full", "the disk of the instances is full", &[Hop::Script, Hop::Object, Hop::Restore], wrong)
}

fn key_disabled(rehearsed: &Rehearsed<'_>) -> Control {
    let used = rehearsed.outcome.archive.as_ref().and_then(|archive| archive.key_id.as_deref());
    let key = rehearsed.of_type("AWS::KMS::Key").find(|(_, physical)| used.is_some_and(|used| used.ends_with(physical)));
    let wrong = key.ok_or("no key of the stack encrypts the archive").map(|(logical, _)| {
        let disable = call("kms", "DisableKey", &json!({ "KeyId": format!("${{{logical}}}") }));
        Wrong { before: vec![disable], ..Wrong::default() }
    });
    incident("key-disabled", "the key of the archives is disabled", &[Hop::Script, Hop::Object], wrong)
}

fn upload_denied() -> Control {
    let faults =
        ["PutObject", "CreateMultipartUpload"].map(|operation| denied("s3", operation, BY_INSTANCE, "AccessDenied", 403));
    let wrong = Wrong { faults: faults.to_vec(), ..Wrong::default() };
    incident("upload-denied", "S3 denies the upload", &[Hop::Script, Hop::Object], Ok(wrong))
}

fn upload_throttled() -> Control {
    let faults = ["PutObject", "CreateMultipartUpload"].map(|operation| denied("s3", operation, BY_INSTANCE, "SlowDown", 503));
    let wrong = Wrong { faults: faults.to_vec(), ..Wrong::default() };
    incident("upload-throttled", "S3 asks the upload to slow down, all night", &[Hop::Script, Hop::Object], Ok(wrong))
}

#[cfg(test)]
mod tests {
    use nightproof_drill::Outcome;
    use nightproof_journal::{Event, Journal};

    use super::*;

    const ABLE: Able = Able { disks: true, clocks: true };

    fn outcome() -> Outcome {
        serde_json::from_value(json!({
            "version": 2, "run": "r", "stack": "s", "result": "passed", "nights": [], "findings": [], "leftovers": [],
            "archive": { "instance": "i-1", "bucket": "b", "key": "k", "bytes": 1, "encryption": "aws:kms",
                "key_id": "arn:aws:kms:us-east-1:1:key/7", "files": 1, "identical": true },
            "steps": [{ "step": "fire", "night": 1, "milliseconds": 1.0, "outcome": "passed", "detail": "s-Rule-X (rate(1 day)): moved" }],
        }))
        .unwrap()
    }

    fn text(resources: &[(&str, &str, &str)], id: &str) -> Result<String, String> {
        let journal = Journal::default();
        for (logical, kind, physical) in resources {
            journal.record(Event::Resource {
                logical_id: (*logical).to_owned(),
                kind: (*kind).to_owned(),
                physical_id: (*physical).to_owned(),
            });
        }
        let outcome = outcome();
        let all = controls(&Rehearsed::new(&outcome, &journal), "/srv/it's", ABLE);
        match all.into_iter().find(|control| control.id == id).unwrap().made {
            Made::Incident(text) => Ok(text),
            Made::NotApplicable(why) => Err(why),
            Made::Archive(control) => panic!("{control}"),
        }
    }

    #[test]
    fn what_starts_the_backup_is_found_by_the_name_that_was_fired() {
        let rules = [("Other", "AWS::Events::Rule", "s-Other-X"), ("Rule", "AWS::Events::Rule", "s-Rule-X")];
        assert!(text(&rules, "trigger-disabled").unwrap().contains(r#""input":{"Name":"${Rule}"}"#));
        let window = [("Window", "AWS::SSM::MaintenanceWindow", "mw-1")];
        assert!(text(&window, "trigger-disabled").unwrap().contains(r#""WindowId":"${Window}""#));
        assert!(text(&[], "trigger-disabled").is_err());
    }

    #[test]
    fn a_control_without_its_resource_does_not_apply() {
        assert!(text(&[], "instance-stopped").is_err());
        assert!(text(&[("Web", "AWS::EC2::Instance", "i-1")], "instance-stopped").unwrap().contains("${Web}"));
        assert!(text(&[("Key", "AWS::KMS::Key", "8")], "key-disabled").is_err());
        assert!(text(&[("Key", "AWS::KMS::Key", "7")], "key-disabled").unwrap().contains("${Key}"));
    }

    #[test]
    fn an_instance_that_fetches_nothing_is_not_waited_for() {
        for id in ["agent-stopped", "instance-offline", "clock-wrong"] {
            let file = text(&[], id).unwrap();
            assert!(file.contains(r#""skip_delivery":true"#), "{file}");
        }
        let (journal, mut outcome) = (Journal::default(), outcome());
        outcome.absent = vec![Hop::Function, Hop::Command];
        let all = controls(&Rehearsed::new(&outcome, &journal), "/data", Able { disks: false, clocks: false });
        let applies = |id: &str| !matches!(all.iter().find(|one| one.id == id).unwrap().made, Made::NotApplicable(_));
        assert_eq!(["agent-stopped", "instance-offline", "clock-wrong"].map(applies), [false, true, false]);
    }

    #[test]
    fn a_path_stays_one_word() {
        assert!(text(&[], "data-gone").unwrap().contains(r"mv '/srv/it'\\''s' '/srv/it'\\''s.gone'"));
    }

    #[test]
    fn each_control_is_listed_by_its_name() {
        let (outcome, journal) = (outcome(), Journal::default());
        let all = controls(&Rehearsed::new(&outcome, &journal), "/data", ABLE);
        assert_eq!(all.iter().map(|control| control.id).collect::<Vec<_>>(), NAMES);
    }
}
