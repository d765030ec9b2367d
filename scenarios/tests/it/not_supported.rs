//! What the local region lacks is told as its own: all of it in one message, with an exit code of its own, and as no failure of the backup.

use std::fs;

use nightproof_drill::{DrillResult, Outcome, Step};
use nightproof_scenarios::{Night, Template};
use serde_json::Value;

use crate::command::{nightproof, said};

/// A type, properties, an attribute and a public parameter that AWS has; and what is not made.
const LACKING: &str = r#"Conditions:
  Never: !Equals [a, b]
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Acl: {Type: AWS::NetworkFirewall::Firewall, Properties: {VpcId: !Ref Vpc}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    Properties:
      RouteTableId: !Ref Routes
      DestinationCidrBlock: 0.0.0.0/0
      CarrierGatewayId: !Ref Acl
  Function:
    Type: AWS::Lambda::Function
    CreationPolicy: {ResourceSignal: {Count: 1}}
    Properties:
      KmsKeyArn: k
      Handler: index.f
      Role: "{{resolve:ssm:/aws/service/global-infrastructure/regions}}"
      Code: {ZipFile: x}
      Runtime: python3.13
  Skipped: {Type: AWS::EC2::LaunchTemplate, Condition: Never}
"#;

const NAMED: [&str; 5] = [
    "`AWS::NetworkFirewall::Firewall` (Acl, line 6)",
    "`CarrierGatewayId` of `AWS::EC2::Route` (Out, line 13)",
    "attribute `CreationPolicy` (Function, line 16)",
    "`KmsKeyArn` of `AWS::Lambda::Function` (Function, line 18)",
    "public parameter `/aws/service/global-infrastructure/regions` (Function, line 20)",
];

#[test]
fn everything_that_a_template_lacks_is_named_at_once_and_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("t.yaml"), LACKING).expect("a template");
    let drill = ["run", "--template", "t.yaml", "--format", "json", "--journal", "j", "--report", "a.html", "--report", "a.xml"];
    let ended = nightproof(folder.path(), &drill);
    assert_eq!(ended.status.code(), Some(5), "{}", said(&ended));
    let last = String::from_utf8_lossy(&ended.stdout).lines().last().map(str::to_owned).expect("an outcome");
    let event: Value = serde_json::from_str(&last).expect("an event");
    assert_eq!(event["outcome"]["result"], "not_supported");
    let outcome: Outcome = serde_json::from_value(event["outcome"].clone()).expect("an outcome");
    assert_eq!(outcome.not_supported, NAMED);
    assert_eq!((outcome.failure, outcome.leftovers.len()), (None, 0));
    let step = outcome.steps.iter().find(|step| step.step == Step::Deploy).expect("a step");
    assert_eq!(step.detail, format!("cannot be rehearsed here: {} are not supported", NAMED.join("; ")));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a report");
    let junit = read("a.xml");
    assert!(
        junit.contains("failures=\"0\"") && junit.matches("<skipped message=\"cannot be rehearsed here: ").count() == 2,
        "{junit}"
    );
    let page = read("a.html");
    assert!(page.contains("The stack cannot be rehearsed here") && page.contains(NAMED[0]), "{page}");
    assert!(!page.contains("It broke") && !page.contains("broke here"), "{page}");
    let later = nightproof(folder.path(), &["report", "j", "--output", "b.html", "-o", "b.xml"]);
    assert_eq!(later.status.code(), Some(0), "{}", said(&later));
    assert!(read("b.html") == page && read("b.xml") == junit);
}

#[test]
fn what_is_found_lacking_while_the_stack_is_made_is_told_with_its_line_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n  Texts:\n    Type: AWS::SNS::Subscription\n    Properties: {TopicArn: !Ref Topic, Protocol: firehose, Endpoint: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/texts'}\n";
    fs::write(folder.path().join("t.yaml"), template).expect("a template");
    let ended = nightproof(folder.path(), &["run", "--template", "t.yaml", "--report", "a.xml"]);
    assert_eq!(ended.status.code(), Some(5), "{}", said(&ended));
    let told = "cannot be rehearsed here: `sns`: the protocol firehose (Texts, line 3) is not supported";
    assert!(said(&ended).contains(told) && said(&ended).contains("nothing is left"), "{}", said(&ended));
    let junit = fs::read_to_string(folder.path().join("a.xml")).expect("a report");
    assert!(junit.contains("failures=\"0\"") && junit.contains(told), "{junit}");
}

#[test]
fn a_person_reads_the_list_and_no_word_of_a_broken_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("t.yaml"), LACKING).expect("a template");
    for command in [&["run", "--template", "t.yaml"][..], &["access", "--template", "t.yaml"]] {
        let ended = nightproof(folder.path(), command);
        assert_eq!(ended.status.code(), Some(5), "{}", said(&ended));
        for item in NAMED {
            assert!(said(&ended).contains(&format!("\n  {item}\n")), "{}", said(&ended));
        }
        assert!(!said(&ended).contains("The chain broke") && !said(&ended).contains("FAIL"), "{}", said(&ended));
    }
}

#[test]
fn what_aws_itself_does_not_know_is_refused_in_aws_words_whatever_is_lacking_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |text: &str| {
        fs::write(folder.path().join("t.yaml"), text).expect("a template");
        let ended = nightproof(folder.path(), &["run", "--template", "t.yaml"]);
        assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
        said(&ended)
    };
    let unknown = LACKING.replace("AWS::EC2::LaunchTemplate", "AWS::EC2::AssociateIamInstanceProfile");
    let words = "Template format error: Unrecognized resource types: [AWS::EC2::AssociateIamInstanceProfile]\n";
    assert!(refused(&unknown).contains(words), "{}", refused(&unknown));
    let property = refused(&LACKING.replace("{CidrBlock: 10.0.0.0/16}", "{CidrBlock: 10.0.0.0/16, Dns: true}"));
    assert!(property.contains("ValidationError: Encountered unsupported property Dns\n"), "{property}");
    let attribute = refused(
        &LACKING
            .replace("VpcId: !Ref Vpc}}\n  Routes", "VpcId: !GetAtt Subnet.Name}}\n  Routes")
            .replace("AWS::NetworkFirewall::Firewall", "AWS::EC2::RouteTable"),
    );
    assert!(attribute.contains("resource Subnet does not support attribute type Name in Fn::GetAtt"), "{attribute}");
}

/// A drill of the bundled stack whose function begins with these lines of Python.
fn handler(lines: &str) -> Night {
    let indented: String = lines.lines().map(|line| format!("              {line}\n")).collect();
    let template = Template::default().inserting("              settings = {name: os.environ[name]", &indented);
    crate::scenario().template(&template).expect("a template").run().expect("a run")
}

fn lacks_snapshots(night: &Night, hop: &str) {
    assert_eq!((night.code, night.hop()), (5, Some(hop)), "{night:#?}");
    let outcome = night.outcome.as_ref().expect("an outcome");
    assert_eq!(outcome.result, DrillResult::NotSupported);
    let [item] = outcome.not_supported.as_slice() else { panic!("{night:#?}") };
    assert!(item.starts_with("operation `ec2:CreateSnapshot` (called by the function "), "{item}");
    assert!(night.why().contains(&format!("cannot be rehearsed here: {item} is not supported")), "{}", night.why());
    assert!(outcome.leftovers.is_empty() && night.left.is_empty(), "{night:#?}");
}

const SNAPSHOT: &str = "boto3.client('ec2').create_snapshot(VolumeId='vol-0123456789abcdef0')";

#[test]
fn an_operation_that_a_handler_needs_at_night_and_the_region_lacks_is_told_as_lacking() {
    lacks_snapshots(&handler(SNAPSHOT), "function");
}

#[test]
fn an_operation_that_is_lacking_is_told_where_a_handler_hides_its_error() {
    let hidden =
        format!("try:\n    {SNAPSHOT}\nexcept Exception as error:\n    return {{'statusCode': 500, 'body': str(error)}}");
    lacks_snapshots(&handler(&hidden), "command");
}

#[test]
fn a_script_that_fails_by_itself_fails_the_drill_whatever_the_function_lacked() {
    let lines = format!("try:\n    {SNAPSHOT}\nexcept Exception:\n    pass");
    let indented: String = lines.lines().map(|line| format!("              {line}\n")).collect();
    let template = Template::default()
        .inserting("              settings = {name: os.environ[name]", &indented)
        .replacing("gzip -t \"$archive\"", "exit 3");
    let night = crate::scenario().template(&template).expect("a template").run().expect("a run");
    night.assert_broken("script", "exit code 3");
    assert!(
        night.why().contains("not supported by this local region: operation `ec2:CreateSnapshot` (called by the function "),
        "{night:#?}"
    );
}

#[test]
fn an_incident_of_a_stack_that_cannot_be_rehearsed_is_neither_reproduced_nor_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("t.yaml"), LACKING).expect("a template");
    let incident = "version: 1\ntitle: t\nsource: a report\nnoticed_by: nobody\ntemplate: t.yaml\nexpect: {result: failed, hop: command, says: [x]}\n";
    fs::write(folder.path().join("i.yaml"), incident).expect("an incident");
    for arguments in [&["reproduce", "i.yaml"][..], &["reproduce", "--expect-fixed", "i.yaml"]] {
        let ended = nightproof(folder.path(), arguments);
        assert_eq!(ended.status.code(), Some(5), "{}", said(&ended));
    }
}
