//! Templates as a whole: what they resolve to, and what is refused.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "functions that tests share")]

use std::collections::BTreeMap;

use firedrill_template::{Inputs, Made, Pseudo, Template};
use serde_json::{Value, json};

/// Everything is made, and is called after its logical id.
struct All;

impl Made for All {
    fn reference(&self, id: &str) -> Option<String> {
        Some(format!("ref-{id}"))
    }
    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        Some(format!("{id}.{name}").into())
    }
}

fn inputs(template: &Template, given: &[(&str, &str)]) -> Inputs {
    let given: BTreeMap<String, String> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Inputs {
        parameters: template.parameter_values(&given).unwrap(),
        pseudo: Pseudo {
            account_id: "012345678901".to_owned(),
            region: "us-east-1".to_owned(),
            partition: "aws".to_owned(),
            stack_name: "s".to_owned(),
            ..Pseudo::default()
        },
        imports: BTreeMap::from([("shared".to_owned(), "imported".to_owned())]),
        availability_zones: vec!["us-east-1a".to_owned(), "us-east-1b".to_owned()],
    }
}

fn properties(body: &str) -> Result<Value, String> {
    let text = format!(
        "Parameters:\n  P: {{Type: String, Default: pv}}\n  L: {{Type: CommaDelimitedList, Default: 'a, b'}}\n\
         Mappings:\n  M: {{us-east-1: {{size: big}}}}\nConditions:\n  Yes: !Equals [!Ref P, pv]\n  No: !Not [!Condition Yes]\n\
         Resources:\n  Other: {{Type: 'T::T::T'}}\n  R:\n    Type: T::T::T\n    Properties:\n      x: {body}\n"
    );
    let template = Template::parse(&text).map_err(|errors| errors[0].to_string())?;
    let inputs = inputs(&template, &[]);
    let deployment = template.deploy(inputs).map_err(|errors| errors[0].to_string())?;
    deployment.properties("R", &All).map(|properties| properties["x"].clone()).map_err(|error| error.to_string())
}

#[test]
fn intrinsics_resolve() {
    for (body, expected) in [
        ("!Ref P", json!("pv")),
        ("!Ref L", json!(["a", "b"])),
        ("!Ref Other", json!("ref-Other")),
        ("!GetAtt Other.Arn", json!("Other.Arn")),
        ("!GetAtt [Other, Arn]", json!("Other.Arn")),
        (
            "!Sub 'arn:${AWS::Partition}:${AWS::AccountId}:${P}/${Other.Arn}/${!kept}'",
            json!("arn:aws:012345678901:pv/Other.Arn/${kept}"),
        ),
        ("!Sub ['${a}-${P}', {a: !Ref Other}]", json!("ref-Other-pv")),
        ("!Join ['-', [a, !Ref P]]", json!("a-pv")),
        ("!Select [1, !Ref L]", json!("b")),
        ("!Select [0, !GetAZs '']", json!("us-east-1a")),
        ("!Split [':', 'a:b']", json!(["a", "b"])),
        ("!If [Yes, 1, 2]", json!(1)),
        ("!If [No, 1, !Ref AWS::NoValue]", Value::Null),
        ("[1, !If [No, x, !Ref 'AWS::NoValue'], 3]", json!([1, 3])),
        ("!FindInMap [M, !Ref AWS::Region, size]", json!("big")),
        ("{'Fn::Base64': !Ref P}", json!("cHY=")),
        ("!ImportValue shared", json!("imported")),
        ("!Cidr ['0.0.0.0/0', 1, 32]", json!(["0.0.0.0/0"])),
        ("!Cidr ['10.0.0.9/16', 1, 8]", json!(["10.0.0.0/24"])),
        ("!Cidr ['10.0.0.0/16', 2, 8]", json!(["10.0.0.0/24", "10.0.1.0/24"])),
    ] {
        assert_eq!(properties(body).unwrap(), expected, "{body}");
    }
}

#[test]
fn wrong_uses_are_refused() {
    for (body, part) in [
        ("!Ref Nothing", "Unresolved resource dependencies [Nothing]"),
        ("!Sub '${Nothing.Arn}'", "Unresolved resource dependencies [Nothing]"),
        ("!If [Maybe, 1, 2]", "Unresolved condition dependency Maybe"),
        ("!Select [9, !Ref L]", "nonexistent value"),
        ("!ImportValue other", "No export named other found."),
        ("!FindInMap [M, nowhere, size]", "Unable to get mapping"),
        ("!Cidr ['10.0.0.0/24', 4, 8]", "cannot fit"),
    ] {
        let error = properties(body).unwrap_err();
        assert!(error.contains(part), "{body}: {error}");
    }
}

#[test]
fn a_dangling_reference_says_where() {
    let errors = Template::parse("Resources:\n  A:\n    Type: T::T::T\n    Properties:\n      x: !Ref Gone\n").unwrap_err();
    let position = errors[0].position.unwrap();
    assert_eq!((position.line, position.column), (5, 10), "{errors:?}");
}

#[test]
fn circles_are_named() {
    let text =
        "Resources:\n  A: {Type: T::T::T, DependsOn: B}\n  B: {Type: T::T::T, Properties: {x: !Ref A}}\n  C: {Type: T::T::T}\n";
    assert_eq!(Template::parse(text).unwrap_err()[0].message, "Circular dependency between resources: [A, B]");
}

#[test]
fn conditions_ask_each_other_in_any_order_and_never_themselves() {
    let resources = "\nResources: {A: {Type: 'T::T::T', Condition: C0}}";
    // Ten times ten times …: hopeless unless each is evaluated once.
    let mut many = "Conditions:\n".to_owned();
    for level in 0..40 {
        many.push_str(&format!("  C{level}: !And [{}]\n", vec![format!("{{Condition: C{}}}", level + 1); 10].join(", ")));
    }
    many.push_str("  C40: !Equals [a, a]");
    let template = Template::parse(&(many + resources)).unwrap();
    assert_eq!(template.deploy(Inputs::default()).unwrap().resources().count(), 1);
    let circle = "Conditions: {C0: !Not [!Condition C1], C1: !Not [Condition: C0]}";
    let error = Template::parse(&(circle.to_owned() + resources)).unwrap_err();
    assert_eq!(error[0].message, "Template format error: Found circular condition dependency between C0 and C1");
    let unknown = "Conditions: {C0: !Not [Condition: Gone]}";
    assert!(Template::parse(&(unknown.to_owned() + resources)).unwrap_err()[0].message.contains("Gone"));
}

#[test]
fn unsupported_sections_are_named() {
    let error = Template::parse("Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: T::T::T}}").unwrap_err();
    assert!(error[0].message.contains("Transform"), "{error:?}");
}

#[test]
fn parameters_are_held_to_their_constraints() {
    let text = "Parameters:\n  A: {Type: String, AllowedValues: [x, y]}\n  N: {Type: Number, MinValue: 1, Default: 5}\n  P: {Type: String, AllowedPattern: '[a-z]+', Default: abc}\nResources: {R: {Type: T::T::T}}";
    let template = Template::parse(text).unwrap();
    let message = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        template.parameter_values(&given).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    };
    assert_eq!(message(&[("A", "x")]).unwrap()["N"], "5");
    assert_eq!(message(&[]).unwrap_err(), "Parameters: [A] must have values");
    assert_eq!(message(&[("A", "z")]).unwrap_err(), "Parameter 'A' must be one of AllowedValues [x, y]");
    assert_eq!(message(&[("A", "x"), ("B", "1")]).unwrap_err(), "Parameters: [B] do not exist in the template");
    assert_eq!(message(&[("A", "x"), ("N", "0")]).unwrap_err(), "Parameter 'N' must be a number not less than 1");
    assert_eq!(message(&[("A", "x"), ("P", "ABC")]).unwrap_err(), "Parameter 'P' must match pattern [a-z]+");
}

#[test]
fn the_bundled_stack_resolves_with_and_without_its_server() {
    let template = Template::parse(include_str!("../../../../stack/template.yaml")).unwrap();
    let count = |given: &[(&str, &str)]| {
        let inputs = inputs(&template, given);
        let deployment = template.deploy(inputs).unwrap();
        let made: Vec<&str> = deployment.resources().map(|resource| resource.id.as_str()).collect();
        for id in &made {
            deployment.properties(id, &All).unwrap();
        }
        deployment.outputs(&All).unwrap();
        assert_eq!(deployment.order().concat().len(), made.len());
        made.len()
    };
    assert!(count(&[]) > count(&[("WebServer", "none")]));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,400}") {
        let _ = Template::parse(&text);
    }

    #[test]
    fn no_shape_makes_the_reader_panic(text in "(Resources|Parameters|A|Type|Fn::Sub|!Ref|!Sub|[:\\-{}\\[\\], \n&*'\"]|[a-z$]){0,120}") {
        let _ = Template::parse(&text);
    }
}
