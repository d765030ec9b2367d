//! The policies of the bundled stack.

use nightproof_iam_policy::{
    Context, Effect, Layer, Miss, Named, Policies, Policy, PolicyKind, Principal, PrincipalKind, Request, ResourcePolicy,
    ResourceRule, authorize,
};

const COMMAND: &str = include_str!("../stack/send-backup-command.json");
const TLS_ONLY: &str = include_str!("../stack/bucket.json");

fn function() -> Principal {
    Principal {
        kind: PrincipalKind::Session { role_arn: "arn:aws:iam::111122223333:role/backup".to_owned() },
        arn: "arn:aws:sts::111122223333:assumed-role/backup/function".to_owned(),
        account: "111122223333".to_owned(),
    }
}

#[test]
fn the_function_may_command_tagged_instances_and_the_near_miss_is_told() {
    let policy = Policy::parse(COMMAND, PolicyKind::Identity).unwrap();
    let policies = Policies { identity: vec![Named { policy: &policy, name: "send" }], ..Policies::default() };
    let mut context = Context::new();
    context.insert("SSM:ResourceTag/backup", "Enabled");
    let principal = function();
    let request = Request {
        principal: &principal,
        action: "ssm:SendCommand",
        resource: "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
        resource_account: None,
        context: &context,
    };
    let decision = authorize(&request, &policies);
    assert_eq!(decision.effect, Effect::Allow);
    assert_eq!(decision.deciding[0].sid.as_deref(), Some("OnTaggedInstances"));
    assert_eq!((decision.deciding[0].index, decision.deciding[0].position.line), (1, 10));

    let mut context = Context::new();
    context.insert("ssm:resourceTag/Backup", "no");
    let decision = authorize(&Request { context: &context, ..request }, &policies);
    assert_eq!((decision.effect, decision.layer), (Effect::ImplicitDeny, Layer::Identity));
    assert_eq!(decision.because("ssm:SendCommand"), "because no identity-based policy allows the ssm:SendCommand action");
    assert_eq!(
        decision.nearest[0].miss,
        Miss::Condition {
            operator: "StringEquals".to_owned(),
            key: "ssm:resourceTag/Backup".to_owned(),
            wanted: vec!["Enabled".to_owned()],
            found: vec!["no".to_owned()],
        }
    );
    assert!(matches!(decision.nearest[1].miss, Miss::Resource { .. }));
}

#[test]
fn the_bucket_denies_plain_http_even_to_the_root_user() {
    let policy = Policy::parse(TLS_ONLY, PolicyKind::Resource).unwrap();
    let named = Named { policy: &policy, name: "policy of bucket archives" };
    let resource = ResourcePolicy { policy: named, rule: ResourceRule::Union, owner: "111122223333" };
    let policies = Policies { resource: Some(resource), ..Policies::default() };
    let principal = Principal {
        kind: PrincipalKind::Root,
        arn: "arn:aws:iam::111122223333:root".to_owned(),
        account: "111122223333".to_owned(),
    };
    let mut context = Context::new();
    context.insert("aws:SecureTransport", "false");
    let request = Request {
        principal: &principal,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::archives/a",
        resource_account: None,
        context: &context,
    };
    let decision = authorize(&request, &policies);
    assert_eq!(decision.effect, Effect::ExplicitDeny);
    assert_eq!(decision.because("s3:GetObject"), "with an explicit deny in a resource-based policy");
    let mut context = Context::new();
    context.insert("aws:SecureTransport", "true");
    assert_eq!(authorize(&Request { context: &context, ..request }, &policies).effect, Effect::Allow);
}
