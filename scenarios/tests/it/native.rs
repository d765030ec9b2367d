//! LocalStack's own CloudFormation, compared with the region's. Each starts a LocalStack of its own.

use nightproof_scenarios::{Night, Scenario, Template};

use crate::scenario;

const NATIVE: [&str; 6] = ["--cloud", "localstack", "--machine", "sandbox", "--cloudformation", "native"];

fn native(more: &[&str]) -> Scenario {
    // One that the tests share has no CloudFormation.
    scenario().with(&NATIVE).with(more).without("NIGHTPROOF_LOCALSTACK")
}

/// Whether the evidence has a line that begins and goes on like that.
fn tells(night: &Night, begins: &str, goes_on: &str) -> bool {
    night.why().lines().any(|line| line.starts_with(begins) && line.contains(goes_on))
}

#[test]
#[ignore = "needs Docker"]
fn what_its_cloudformation_drops_fails_the_drill_by_property() {
    let night = native(&[]).run().expect("a drill");
    night.assert_broken("stack", "the native CloudFormation says CREATE_COMPLETE and dropped or changed");
    for (place, what) in [
        ("WebServerInstance.Tags (line ", "dropped"),
        ("WebServerInstance.SubnetId (line ", "should be \"${Subnet}\""),
        ("WebServerInstance.BlockDeviceMappings (line ", "Encrypted dropped true"),
        ("WebSecurityGroup.SecurityGroupIngress (line ", "dropped"),
        ("DefaultRoute (line ", "GatewayId dropped \"${InternetGateway}\""),
        ("BackupBucket.BucketEncryption (line ", "SSEAlgorithm should be \"aws:kms\" and is \"AES256\""),
        ("BackupBucket.LoggingConfiguration (line ", "dropped"),
        ("BackupFunctionLogs.RetentionInDays (line ", "dropped"),
    ] {
        assert!(tells(&night, place, what), "{place} {what}: {}", night.why());
    }
    // What it does deploy is not told.
    for kept in ["BackupFunction.Handler", "BackupRule.ScheduleExpression", "BackupBucket.PublicAccessBlockConfiguration"] {
        assert!(!night.why().contains(kept), "{kept}: {}", night.why());
    }
}

#[test]
#[ignore = "needs Docker"]
fn what_was_dropped_is_mended_and_the_night_passes() {
    native(&["--mend"]).run().expect("a drill").assert_passed();
}

#[test]
#[ignore = "needs Docker"]
fn what_cannot_be_mended_fails_the_drill() {
    let address = "  Address:\n    Type: AWS::EC2::EIP\n    Properties:\n      Domain: vpc\n\n";
    let template = Template::default().inserting("  DeadLetterQueue:\n    Type: AWS::SQS::Queue\n", address);
    let night = native(&["--mend"]).template(&template).expect("a template").run().expect("a drill");
    night.assert_broken("stack", "still not as the template says after mending");
    assert!(tells(&night, "Address", "(line "), "{}", night.why());
}

#[test]
fn it_is_localstacks_alone_and_only_it_is_mended() {
    for (arguments, says) in [
        (&["--cloudformation", "native", "--cloud", "embedded"][..], "add `--cloud localstack`"),
        (&["--mend"], "add `--cloudformation native`"),
    ] {
        let night = scenario().with(arguments).run().expect("a run");
        assert_eq!((night.code, night.outcome.is_some()), (2, false), "{night:#?}");
        assert!(night.errors.contains(says), "{}", night.errors);
    }
}
