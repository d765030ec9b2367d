//! Stacks as other people write them: a drill comes to a verdict about *them*, and names what of them nothing runs behind.

use nightproof_drill::Outcome;
use nightproof_scenarios::{Night, Template};

use crate::scenario;

const PRIVATE_SUBNET: &str = include_str!("../../answers/private-subnet.yaml");

/// What the stack has that this region keeps as records.
const RECORDED: [&str; 4] = [
    "`AWS::EC2::FlowLog` (FlowLog)",
    "`AWS::RDS::DBInstance` (Database)",
    "`MetricsConfigurations` of `AWS::S3::Bucket` (Archives)",
    "`Monitoring` of `AWS::EC2::Instance` (Server)",
];

fn template() -> Template {
    Template::from(PRIVATE_SUBNET)
}

fn night(template: &Template) -> Night {
    scenario().template(template).expect("a template").run().expect("a run")
}

fn outcome(night: &Night) -> &Outcome {
    night.outcome.as_ref().expect("an outcome")
}

/// With a statement of its own for the document, which has no tags.
fn with_a_statement_for_the_document(template: Template) -> Template {
    let both = r#"[!Sub "arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*::document/AWS-RunShellScript"]"#;
    let condition = "                Condition: {StringEquals: {ssm:ResourceTag/Backup: Enabled}}\n";
    let document =
        "              - {Effect: Allow, Action: ssm:SendCommand, Resource: \"arn:aws:ssm:*::document/AWS-RunShellScript\"}\n";
    template.replacing(both, "arn:aws:ec2:*:*:instance/*").replacing(condition, &format!("{condition}{document}"))
}

fn raising(template: Template) -> Template {
    template.replacing(r#"return {"statusCode": 500, "body": str(error)}"#, "raise")
}

#[test]
fn a_hidden_error_and_the_condition_that_caused_it_are_named() {
    let night = night(&template());
    night.assert_broken("command", "ended without an error and sent no command: a handler that catches its exception");
    let denied = "may not ssm:SendCommand on arn:aws:ssm:us-east-1::document/AWS-RunShellScript; nearest: statement 1";
    for text in [denied, "whose condition StringEquals ssm:ResourceTag/Backup wants Enabled and found nothing"] {
        assert!(night.why().contains(text), "{}", night.why());
    }
    assert_eq!(outcome(&night).recorded, RECORDED);
}

#[test]
fn a_condition_that_covers_the_document_is_named_by_the_error_that_is_raised() {
    let night = night(&raising(template()));
    night.assert_broken("function", "AccessDeniedException");
    assert!(night.why().contains("whose condition StringEquals ssm:ResourceTag/Backup wants Enabled"), "{}", night.why());
}

#[test]
fn a_stack_in_a_private_subnet_passes_once_both_are_mended() {
    let night = night(&raising(with_a_statement_for_the_document(template())));
    let outcome = outcome(&night);
    assert_eq!((night.code, &outcome.failure), (0, &None), "{night:#?}");
    assert_eq!(outcome.recorded, RECORDED);
    let archive = &outcome.nights[0].archives[0];
    assert!(archive.identical && archive.encryption == "AES256", "{archive:#?}");
    // The log is delivered by what the log bucket's access control list grants.
    assert!(archive.access_log.as_ref().is_some_and(|log| log.contains("/archives/")), "{archive:#?}");
}
