//! Templates as a whole: what they resolve to, and what is refused.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "functions that tests share")]

mod cases;
mod unsupported;

use std::collections::BTreeMap;

use nightproof_template::{Inputs, Made, PropertyReference, Pseudo, Template};
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
        ..Inputs::default()
    }
}

fn properties(body: &str) -> Result<Value, String> {
    let text = format!(
        "Parameters:\n  P: {{Type: String, Default: pv}}\n  L: {{Type: CommaDelimitedList, Default: 'a, b'}}\n\
         Mappings:\n  M: {{us-east-1: {{size: big}}}}\nConditions:\n  IsYes: !Equals [!Ref P, pv]\n  IsNo: !Not [!Condition IsYes]\n\
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
        ("!GetAZs ap-northeast-1", json!(["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"])),
        ("!Split [':', 'a:b']", json!(["a", "b"])),
        ("!GetAtt [Other, !Ref P]", json!("Other.pv")),
        ("!Sub 'a${AWS::NoValue}b'", json!("ab")),
        ("{'Fn::If': [IsYes, {'Fn::Join': ['', [a, 1, true]]}, 2]}", json!("a1true")),
        // A member of that name, and no function.
        (
            "{Condition: {Bool: {'aws:SecureTransport': 'false'}}}",
            json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        ),
        ("!If [IsYes, 1, 2]", json!(1)),
        ("!If [IsNo, 1, !Ref AWS::NoValue]", Value::Null),
        ("[1, !If [IsNo, x, !Ref 'AWS::NoValue'], 3]", json!([1, 3])),
        ("!FindInMap [M, !Ref AWS::Region, size]", json!("big")),
        ("{'Fn::Base64': !Ref P}", json!("cHY=")),
        ("!ImportValue shared", json!("imported")),
        ("!Cidr ['0.0.0.0/0', 1, 32]", json!(["0.0.0.0/0"])),
        ("!Cidr ['10.0.0.9/16', 1, 8]", json!(["10.0.0.0/24"])),
        ("!Cidr ['2600:1f00::/56', 2, 64]", json!(["2600:1f00::/64", "2600:1f00:0:1::/64"])),
        ("!Cidr ['10.0.0.0/16', 2, 8]", json!(["10.0.0.0/24", "10.0.1.0/24"])),
    ] {
        assert_eq!(properties(body).unwrap(), expected, "{body}");
    }
}

#[test]
fn wrong_uses_are_refused() {
    for (body, part) in [
        ("!Ref Nothing", "Unresolved resource dependencies [Nothing]"),
        ("!Sub '${Nothing.Arn}'", "instance of Fn::Sub references invalid resource attribute Nothing.Arn"),
        ("!If [Maybe, 1, 2]", "unresolved condition dependency Maybe in Fn::If"),
        ("!Select [9, !Ref L]", "nonexistent value"),
        ("!ImportValue other", "No export named other found."),
        ("!Sub '${Nothing}'", "Unresolved resource dependencies [Nothing]"),
        ("!Sub '${x%.*}'", "variable names in Fn::Sub syntax"),
        ("!Sub [a, b]", "One or more Fn::Sub intrinsic functions"),
        ("!GetAtt Other", "every Fn::GetAtt object requires two non-empty parameters"),
        ("!GetAtt P.Arn", "instance of Fn::GetAtt references undefined resource P"),
        ("!Ref [Other]", "Every Ref object must have a single String value."),
        ("!Join [a, b, c]", "every Fn::Join object requires two parameters"),
        ("!Split [a]", "every Fn::Split object requires two parameters"),
        ("!Select [0]", "Fn::Select requires a list argument with two elements"),
        ("!If [IsYes, 1]", "Fn::If requires a list argument"),
        ("!Equals [a, a]", "can be used in the Conditions block of the template only"),
        ("!Condition IsYes", "can be used in the Conditions block of the template only"),
        ("!Base64 [a]", "every Fn::Base64 object must have a String-typed value."),
        ("!ImportValue {'Fn::GetAtt': Other.Arn}", "must not depend on any resources"),
        ("!FindInMap [N, a, b]", "Mapping named 'N' is not present"),
        ("{'Fn::Foo': a}", "encountered unsupported function: Fn::Foo"),
        ("{'Fn::Sub': a, other: b}", "Fn::Sub must be the only member"),
        ("{'Fn::Length': [a]}", "encountered unsupported function: Fn::Length Supported functions are: [Fn::Base64, "),
        ("{'Fn::Contains': [[a], a]}", "encountered unsupported function: Fn::Contains"),
        ("{a: [b, null]}", "[/Resources/R/Properties/x/a/1] 'null' values are not allowed in templates"),
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

#[test]
fn the_operators_role_has_the_statements_of_the_operators_policy() {
    let role = nightproof_template::to_json(include_str!("../../../../stack/operator.yaml")).unwrap();
    let policy: Value = serde_json::from_str(include_str!("../../../../stack/operator-policy.json")).unwrap();
    let document = role.pointer("/Resources/Operator/Properties/Policies/0/PolicyDocument").unwrap();
    assert_eq!(*document, policy);
    // What a role's own policies may hold together.
    assert!(policy.to_string().len() <= 10_240);
}

/// The first error of a template, with its place.
fn refusal(text: &str) -> String {
    Template::parse(text).unwrap_err()[0].to_string()
}

const ONE: &str = "\nResources: {A: {Type: 'T::T::T'}}\n";

#[test]
fn a_template_without_resources_is_refused() {
    let message = "Template format error: At least one Resources member must be defined.";
    assert_eq!(refusal("Description: nothing"), message);
    assert_eq!(refusal("Resources: {}"), message);
    assert!(refusal("Resources:").contains("[/Resources] 'null' values"));
}

#[test]
fn attributes_that_would_be_ignored_are_refused() {
    for (text, part) in [
        ("Resources: {A: {Type: T, Version: 1}}", "Invalid template resource property 'Version'"),
        ("Resources: {A: {Type: T, Propertys: {}}}", "Invalid template resource property 'Propertys'"),
        ("Resources: {A: {Type: T, DeletionPolicy: Keep}}", "Unrecognized DeletionPolicy"),
        ("Resources: {A: {Type: T, UpdateReplacePolicy: RetainExceptOnCreate}}", "Unrecognized UpdateReplacePolicy"),
        ("Resources: {A: {Type: T, Condition: Gone}}", "Unresolved condition dependency Gone in the Resources block"),
        ("Resources: {A: {Type: T, DependsOn: [Gone]}}", "Unresolved resource dependencies [Gone]"),
        ("Resources: {A: {}}", "Every Resources object must contain a Type member."),
        ("Resources: {a-b: {Type: T}}", "Resource name a-b is non alphanumeric."),
        ("Resource: {}", "Invalid template property or properties [Resource]"),
    ] {
        assert!(refusal(text).contains(part), "{text}: {}", refusal(text));
    }
}

#[test]
fn sections_that_would_be_ignored_are_refused() {
    for (text, part) in [
        ("Outputs: {O: {Value: a, Condition: Gone}}", "Unresolved condition dependency Gone in the Outputs block"),
        ("Outputs: {O: {Value: !Ref Gone}}", "[Gone] in the Outputs block"),
        ("Outputs: {O: {Description: a}}", "Every Outputs member must contain a Value object"),
        ("Outputs: {O: {Value: a, Export: {Nome: a}}}", "has no Name"),
        ("Mappings: {M: {k: {a: !Ref A}}}", "Every Mappings attribute must be a String or a List."),
        ("Mappings: {M: {k: a}}", "Every Mappings member k must be a map"),
        (
            "Conditions: {C: !Equals [!Ref A, a]}",
            "Unresolved dependencies [A]. Cannot reference resources in the Conditions block",
        ),
        ("Conditions: {C: !Equals [!If [C, a, b], a]}", "Conditions can only be boolean operations"),
        ("Conditions: {C: !Equals [a]}", "requires a list of 2 string parameters."),
        ("Conditions: {C: !And [!Equals [a, a]]}", "at least 2 and at most 10"),
        ("Parameters: {P: {Type: String, Default: [a]}}", "Default of parameter P must be a string"),
        ("Parameters: {P: {Type: String, AllowedValues: a}}", "AllowedValues of parameter P must be a list"),
        ("Parameters: {P: {Type: String, NoEcho: perhaps}}", "NoEcho of parameter P must be true or false"),
        ("Parameters: {P: {Type: 'AWS::EC2::Toaster::Id'}}", "Unrecognized parameter type: AWS::EC2::Toaster::Id"),
        ("Parameters: {A: {Type: String}}", "A is both a parameter and a resource"),
    ] {
        let text = format!("{text}{ONE}");
        assert!(refusal(&text).contains(part), "{text}: {}", refusal(&text));
    }
    let many: String = (0..501).map(|index| format!("  R{index}: {{Type: T}}\n")).collect();
    assert!(refusal(&format!("Resources:\n{many}")).contains("Number of resources, 501, is greater than maximum allowed, 500"));
}

#[test]
fn a_secret_is_masked_however_it_is_spelt() {
    for spelling in ["true", "True", "'true'", "yes"] {
        let template = Template::parse(&format!("Parameters: {{P: {{Type: String, NoEcho: {spelling}}}}}{ONE}")).unwrap();
        assert!(template.parameters[0].no_echo, "{spelling}");
    }
}

#[test]
fn every_documented_parameter_type_is_known() {
    for kind in [
        "String",
        "Number",
        "List<Number>",
        "CommaDelimitedList",
        "AWS::EC2::Subnet::Id",
        "List<AWS::EC2::SecurityGroup::Id>",
        "AWS::SSM::Parameter::Name",
        "AWS::SSM::Parameter::Value<String>",
        "AWS::SSM::Parameter::Value<List<String>>",
        "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "AWS::SSM::Parameter::Value<List<AWS::EC2::VPC::Id>>",
    ] {
        let template = Template::parse(&format!("Parameters: {{P: {{Type: '{kind}'}}}}{ONE}")).unwrap();
        assert_eq!(template.parameters[0].ssm_type(), kind.contains("Value<"), "{kind}");
    }
}

#[test]
fn numbers_are_finite_and_lists_are_split() {
    let text = format!("Parameters: {{N: {{Type: 'List<Number>', MaxValue: 9}}}}{ONE}");
    let template = Template::parse(&text).unwrap();
    let value = |given: &str| template.parameter_values(&BTreeMap::from([("N".to_owned(), given.to_owned())]));
    assert_eq!(value("1, 2.5").unwrap()["N"], json!(["1", "2.5"]));
    assert_eq!(value("1,NaN").unwrap_err()[0].message, "Parameter 'N' must be a number.");
    assert_eq!(value("1,10").unwrap_err()[0].message, "Parameter 'N' must be a number not greater than 9");
    assert!(value(&"1,".repeat(3000)).is_err());
}

#[test]
fn a_reference_to_what_a_condition_leaves_out_is_refused_unless_it_is_not_chosen() {
    let template = |value: &str| {
        let conditions = "Conditions: {IsNo: !Equals [a, b]}\n";
        let resources = "Resources:\n  A: {Type: T, Condition: IsNo}\n  B: {Type: T, DependsOn: A, Properties: {x: VALUE}}\n";
        Template::parse(&format!("{conditions}{}", resources.replace("VALUE", value))).unwrap()
    };
    let errors = template("!GetAtt A.Arn").deploy(Inputs::default()).unwrap_err();
    let message = "Template format error: Unresolved resource dependencies [A] in the Resources block of the template";
    assert_eq!(errors[0].message, message);
    let chosen = template("!If [IsNo, !Ref A, !Ref AWS::NoValue]");
    let deployment = chosen.deploy(Inputs::default()).unwrap();
    assert!(deployment.dependencies("B").is_empty());
    assert_eq!(deployment.properties("B", &All).unwrap(), json!({}));
}

#[test]
fn json_is_read_as_well_with_places() {
    let text = "{\n\t\"Resources\": {\n\t\t\"A\": {\"Type\": \"T\", \"Properties\": {\"x\": {\"Ref\": \"Gone\"}, \"y\": \"\\ud83d\\ude00\"}}\n\t}\n}";
    let errors = Template::parse(text).unwrap_err();
    assert_eq!(errors[0].position.unwrap().line, 3, "{errors:?}");
    let template = Template::parse(&text.replace("Gone", "AWS::Region")).unwrap();
    assert_eq!(template.deploy(Inputs::default()).unwrap().properties("A", &All).unwrap()["y"], "😀");
}

#[test]
fn outputs_carry_their_exports() {
    let text =
        format!("Outputs: {{O: {{Value: !GetAtt A.Arn, Description: d, Export: {{Name: !Sub '${{AWS::StackName}}-o'}}}}}}{ONE}");
    let template = Template::parse(&text).unwrap();
    let outputs = template.deploy(inputs(&template, &[])).unwrap().outputs(&All).unwrap();
    assert_eq!((outputs[0].value.as_str(), outputs[0].export.as_deref()), ("A.Arn", Some("s-o")));
    assert_eq!(outputs[0].description.as_deref(), Some("d"));
}

#[test]
fn imports_are_those_that_conditions_choose() {
    let text = "Parameters: {P: {Type: String, Default: sha}}\nConditions: {IsYes: !Equals [a, a]}\n\
                Resources: {A: {Type: T, Properties: {x: !If [IsYes, !ImportValue {'Fn::Sub': '${P}red'}, !ImportValue none]}}}";
    let template = Template::parse(text).unwrap();
    let deployment = template.deploy(inputs(&template, &[])).unwrap();
    assert_eq!(deployment.imports().unwrap().into_iter().collect::<Vec<_>>(), ["shared"]);
    assert_eq!(deployment.properties("A", &All).unwrap()["x"], "imported");
    let template = Template::parse(&text.replace("IsYes", "IsNo").replace("[a, a]", "[a, b]")).unwrap();
    let refused = template.deploy(inputs(&template, &[])).unwrap().imports().unwrap_err();
    assert_eq!(refused.message, "No export named none found.");
}

#[test]
fn a_property_tells_what_it_refers_to_and_whether_it_is_said_anew() {
    let text = |value: &str| {
        format!(
            "Parameters: {{P: {{Type: String, Default: v}}}}\nResources: {{A: {{Type: T}}, B: {{Type: T, Properties: {{x: {value}, y: 1}}}}}}"
        )
    };
    let template = Template::parse(&text("!Sub '${P}-${A}-${A.Arn}-${AWS::Region}'")).unwrap();
    let deployment = template.deploy(inputs(&template, &[])).unwrap();
    assert_eq!(
        deployment.property_references("B", "x"),
        [
            PropertyReference::Parameter("P".to_owned()),
            PropertyReference::Resource("A".to_owned()),
            PropertyReference::Attribute("A".to_owned(), "Arn".to_owned()),
        ]
    );
    let other = Template::parse(&text("{'Fn::Sub': '${P}-${A}-${A.Arn}'}").replace("y: 1", "y: '1'")).unwrap();
    assert!(!template.resources[1].says_the_same_of(&other.resources[1], "x"));
    assert!(template.resources[1].says_the_same_of(&other.resources[1], "y"));
    assert!(template.resources[1].says_the_same_of(&other.resources[1], "z"));
}

#[test]
fn what_parameter_store_has_becomes_a_list_where_a_list_is_meant() {
    for (kind, expected) in [
        ("String", json!("a, b")),
        ("AWS::EC2::Image::Id", json!("a, b")),
        ("List<String>", json!(["a", "b"])),
        ("CommaDelimitedList", json!(["a", "b"])),
        ("List<AWS::EC2::Image::Id>", json!(["a", "b"])),
    ] {
        let text = format!("Parameters: {{P: {{Type: 'AWS::SSM::Parameter::Value<{kind}>'}}}}{ONE}");
        assert_eq!(Template::parse(&text).unwrap().parameters[0].looked_up("a, b"), expected, "{kind}");
    }
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

    #[test]
    fn no_property_makes_the_resolver_panic(body in "(!Sub |!Cidr |!Select |!Join |!Split |!If |!Ref |!GetAtt |!FindInMap |\\[|\\]|, |'[$a-zA-Z0-9{}!./]{0,12}'|IsYes|P|L|M|Other|-?[0-9]{1,12}|0\\.0\\.0\\.0/0){0,12}") {
        let _ = properties(&body);
    }
}
