//! What goes wrong, drawn by a seed.

use std::fmt;

use rand::prelude::*;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::form::{Drawn, FORMS};

/// A drill to rehearse: data, nights, and what goes wrong.
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) nights: u32,
    /// The form of the backup, where it is not the bundled stack's.
    pub(super) drawn: Option<Drawn>,
    /// Path and content of each file.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// What happens each night before the rule's time comes: `{"call": …}` or `{"script": …}`, as in an incident file.
    pub(super) before: Vec<Value>,
    /// Faults, as in an incident file.
    pub(super) faults: Vec<Value>,
}

/// The calls of the chain, and of the drill that looks at it.
const CALLS: [(&str, &str); 26] = [
    ("lambda", "Invoke"),
    ("ssm", "SendCommand"),
    ("ssm", "ListCommands"),
    ("ssm", "ListCommandInvocations"),
    ("ssm", "GetCommandInvocation"),
    ("ssm", "DescribeInstanceInformation"),
    ("ssm", "UpdateInstanceInformation"),
    ("ec2messages", "GetMessages"),
    ("ec2messages", "AcknowledgeMessage"),
    ("ec2messages", "SendReply"),
    ("ec2messages", "*"),
    ("s3", "PutObject"),
    ("s3", "CreateMultipartUpload"),
    ("s3", "UploadPart"),
    ("s3", "CompleteMultipartUpload"),
    ("s3", "GetObject"),
    ("s3", "HeadObject"),
    ("s3", "ListObjectVersions"),
    ("s3", "*"),
    ("kms", "GenerateDataKey"),
    ("kms", "Decrypt"),
    ("logs", "*"),
    ("logs", "PutLogEvents"),
    ("sts", "*"),
    ("events", "DescribeRule"),
    ("*", "*"),
];

const ERRORS: [(&str, u16); 8] = [
    ("ThrottlingException", 400),
    ("SlowDown", 503),
    ("InternalError", 500),
    ("ServiceUnavailable", 503),
    ("AccessDenied", 403),
    ("RequestTimeout", 400),
    ("ExpiredToken", 400),
    ("KMSInvalidStateException", 400),
];

/// What somebody may do to the stack or to its machines.
fn mishaps() -> Vec<Value> {
    let call = |service: &str, operation: &str, input: Value| json!({"service": service, "operation": operation, "input": input});
    vec![
        json!({"call": call("events", "DisableRule", json!({"Name": "${BackupRule}"}))}),
        json!({"call": call("events", "DeleteRule", json!({"Name": "${BackupRule}"}))}),
        json!({"call": call("ec2", "DeleteTags", json!({"Resources": ["${WebServerInstance}"], "Tags": [{"Key": "Backup"}]}))}),
        json!({"call": call("ec2", "StopInstances", json!({"InstanceIds": ["${WebServerInstance}"]}))}),
        json!({"call": call("kms", "DisableKey", json!({"KeyId": "${BackupKey}"}))}),
        json!({"call": call("lambda", "PutFunctionConcurrency", json!({"FunctionName": "${BackupFunction}", "ReservedConcurrentExecutions": 0}))}),
        json!({"call": call("s3", "PutBucketVersioning", json!({"Bucket": "${BackupBucket}", "VersioningConfiguration": {"Status": "Suspended"}}))}),
        json!({"call": call("s3", "DeleteBucketPolicy", json!({"Bucket": "${BackupBucket}"}))}),
        json!({"call": call("s3", "PutBucketEncryption", json!({"Bucket": "${BackupBucket}", "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}))}),
        json!({"script": "rm -rf /var/www/html"}),
        json!({"script": "rm -rf /var/www/html/*"}),
        json!({"script": "find /var/www/html -type f | head -n 1 | xargs -r rm -f"}),
        json!({"script": "find /var/www/html -type f | head -n 1 | xargs -r -I F sh -c 'echo changed >> F'"}),
        json!({"script": "find /var/www/html -type f | head -n 1 | xargs -r chmod 600"}),
        json!({"script": "echo more > /var/www/html/not-seeded"}),
        // An archive that is there, whole, of another night's name.
        json!({"call": call("s3", "PutObject", json!({"Bucket": "${BackupBucket}", "Key": "backups/${WebServerInstance}/2026-01-01T00-00-00Z.tar.gz"}))}),
        // A tar that says what it was not asked.
        json!({"script": "mkdir -p /usr/local/bin && printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/aws && chmod 755 /usr/local/bin/aws"}),
        json!({"script": "mkdir -p /usr/local/bin && printf '#!/bin/sh\\n/usr/bin/gzip \"$@\" | head -c 200\\n' > /usr/local/bin/gzip && chmod 755 /usr/local/bin/gzip"}),
    ]
}

impl Case {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let faults = (0..rng.random_range(0..=3)).map(|_| fault(&mut rng)).collect();
        let before = if rng.random_bool(0.3) { mishaps().choose(&mut rng).cloned().into_iter().collect() } else { Vec::new() };
        let drawn = if rng.random_bool(0.6) { form(&mut rng) } else { None };
        Self { seed, nights: rng.random_range(1..=2), drawn, files: files(&mut rng), before, faults }
    }

    /// A night on which nothing goes wrong but what is `drawn`.
    pub(super) fn undisturbed(seed: u64, drawn: Drawn) -> Self {
        let mut files = files(&mut StdRng::seed_from_u64(seed));
        // What is large takes some programs long, and shows nothing of a form.
        files.iter_mut().for_each(|(_, content)| content.truncate(100_000));
        Self { seed, nights: 1, drawn: Some(drawn), files, before: Vec::new(), faults: Vec::new() }
    }

    /// The incident file in which the same goes wrong, without the data. It expects what must not be: a drill that says that it passed.
    pub(super) fn incident(&self) -> Value {
        json!({
            "version": 1,
            "title": format!("Drawn by seed {}", self.seed),
            "source": "chaos",
            "noticed_by": "nobody yet",
            "nights": self.nights,
            "before": self.before,
            "faults": self.faults,
            "expect": {"result": "passed"},
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.files.iter().map(|(name, content)| format!("{name} ({})", content.len())).collect();
        writeln!(f, "replay it with NIGHTPROOF_CHAOS_SEED={}; its files: {}", self.seed, sizes.join(", "))?;
        if let Some(drawn) = &self.drawn {
            writeln!(f, "its form: {drawn}")?;
        }
        write!(f, "as an incident file:\n{:#}", self.incident())
    }
}

fn form(rng: &mut StdRng) -> Option<Drawn> {
    let form = FORMS.choose(rng)?;
    let twin = if rng.random_bool(0.25) { form.twins().choose(rng).copied() } else { None };
    Some(Drawn { form, twin, is_careless: rng.random_bool(0.3) })
}

fn files(rng: &mut StdRng) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for number in 0..rng.random_range(1..=12) {
        let folder = ["", "a/", "a/b c/", "ü/"].choose(rng).copied().unwrap_or_default();
        let length = match rng.random_range(0..20) {
            0 => 0,
            // More than one part of an upload.
            1 => 10 * 1024 * 1024,
            _ => rng.random_range(1..100_000),
        };
        let mut content = vec![0; length];
        rng.fill(content.as_mut_slice());
        files.push((format!("{folder}file {number}"), content));
    }
    files
}

fn fault(rng: &mut StdRng) -> Value {
    let (service, operation) = CALLS.choose(rng).copied().unwrap_or(("*", "*"));
    let occurrence = match rng.random_range(0..5) {
        0 => json!({"nth": rng.random_range(1..=3)}),
        1 => json!({"first": rng.random_range(1..=3)}),
        2 => json!({"after": rng.random_range(1..=3)}),
        3 => json!({"every": rng.random_range(2..=4)}),
        _ => json!({"random": {"probability": rng.random_range(1..=50) as f64 / 100.0, "seed": rng.random::<u32>()}}),
    };
    let (code, status) = ERRORS.choose(rng).copied().unwrap_or(("InternalError", 500));
    let then = match rng.random_range(0..9) {
        0..=2 => json!({"error": {"code": code, "status": status, "message": "drawn"}}),
        3 => json!({"delay": rng.random_range(1..=20) as f64 / 10.0}),
        4 | 5 => json!("lose_answer"),
        6 => json!("repeat"),
        7 => json!({"cut_request": rng.random_range(0..2000)}),
        _ => json!({"cut_answer": rng.random_range(0..2000)}),
    };
    json!({"when": {"service": service, "operation": operation}, "occurrence": occurrence, "then": then})
}
