//! How long one decision takes, with the policies of the bundled stack: `cargo bench -p nightproof-iam-policy`.

use nightproof_iam_policy::{
    Context, Decision, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy, ResourceRule,
    authorize,
};

const COMMAND: &str = include_str!("../tests/stack/send-backup-command.json");
const LOG: &str = include_str!("../tests/stack/write-log.json");
const UPLOAD: &str = include_str!("../tests/stack/upload-backup.json");
const BUCKET: &str = include_str!("../tests/stack/bucket.json");
const ACCOUNT: &str = "111122223333";

fn main() {
    divan::main();
}

/// A session of `role`, with the keys that every request has.
fn caller(role: &str) -> (Principal, Context) {
    let role_arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    let mut context = Context::new();
    for (key, value) in [
        ("aws:PrincipalArn", role_arn.as_str()),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:userid", "AROAEXAMPLE:session"),
        ("aws:SourceIp", "10.20.0.5"),
        ("aws:SecureTransport", "true"),
        ("aws:CurrentTime", "2026-11-23T03:00:00Z"),
        ("aws:EpochTime", "1795402800"),
        ("aws:RequestedRegion", "us-east-1"),
        ("aws:UserAgent", "Boto3/1.40"),
    ] {
        context.insert(key, value);
    }
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session");
    (Principal { kind: PrincipalKind::Session { role_arn }, arn, account: ACCOUNT.to_owned() }, context)
}

fn parse(text: &str, kind: PolicyKind) -> Policy {
    Policy::parse(text, kind).unwrap_or_else(|error| unreachable!("{error}"))
}

fn decide(bencher: divan::Bencher<'_, '_>, tag: &str) {
    let (command, log) = (parse(COMMAND, PolicyKind::Identity), parse(LOG, PolicyKind::Identity));
    let named = |policy, name| Named { policy, name };
    let identity = vec![
        named(&command, "inline policy send-backup-command of role backup"),
        named(&log, "inline policy write-log of role backup"),
    ];
    let policies = Policies { identity, ..Policies::default() };
    let (principal, mut context) = caller("backup");
    context.insert("ssm:resourceTag/Backup", tag);
    let request = Request {
        principal: &principal,
        action: "ssm:SendCommand",
        resource: "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0",
        resource_account: Some(ACCOUNT),
        context: &context,
    };
    bencher.bench_local(|| -> Decision { authorize(&request, &policies) });
}

/// The function sends its command to a tagged instance.
#[divan::bench]
fn function_is_allowed(bencher: divan::Bencher<'_, '_>) {
    decide(bencher, "Enabled");
}

/// The instance has another tag: the near misses are gathered as well.
#[divan::bench]
fn function_is_denied(bencher: divan::Bencher<'_, '_>) {
    decide(bencher, "Disabled");
}

/// The instance uploads an archive, past the bucket's policy.
#[divan::bench]
fn instance_uploads(bencher: divan::Bencher<'_, '_>) {
    let (upload, bucket) = (parse(UPLOAD, PolicyKind::Identity), parse(BUCKET, PolicyKind::Resource));
    let resource = ResourcePolicy {
        policy: Named { policy: &bucket, name: "policy of bucket archives" },
        rule: ResourceRule::Union,
        owner: ACCOUNT,
    };
    let identity = vec![Named { policy: &upload, name: "inline policy upload-backup of role web" }];
    let policies = Policies { identity, resource: Some(resource), ..Policies::default() };
    let (principal, context) = caller("web");
    let request = Request {
        principal: &principal,
        action: "s3:PutObject",
        resource: "arn:aws:s3:::archives/backups/i-0123456789abcdef0/2026-11-23T03-00-00Z.tar.gz",
        resource_account: Some(ACCOUNT),
        context: &context,
    };
    bencher.bench_local(|| -> Decision { authorize(&request, &policies) });
}

/// A document of three statements is parsed.
#[divan::bench]
fn parse_document(bencher: divan::Bencher<'_, '_>) {
    bencher.bench_local(|| Policy::parse(divan::black_box(COMMAND), PolicyKind::Identity));
}
