//! What CloudFormation knows and a local region does not: all of it is found, with its place, and is no error of the template.

use std::collections::BTreeMap;

use nightproof_template::{Inputs, Pseudo, Template};

/// Everything that is found in a template whose parameters have their defaults.
fn found(text: &str) -> Vec<String> {
    let template = Template::parse(text).unwrap();
    let mut found = template.unsupported.clone();
    if template.is_transformed {
        found.extend(template.resources.iter().flat_map(|resource| template.unsupported_of(resource)));
    } else {
        let parameters = template.parameter_values(&BTreeMap::new()).unwrap();
        let pseudo = Pseudo { region: "us-east-1".to_owned(), ..Pseudo::default() };
        let deployment = template.deploy(Inputs { parameters, pseudo, ..Inputs::default() }).unwrap();
        found.extend(deployment.resources().flat_map(|resource| deployment.unsupported_of(resource)));
    }
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn sections_and_attributes_are_named_with_their_lines() {
    let text = "Hooks: {H: {Type: AWS::CodeDeploy::BlueGreen}}\nResources:\n  A:\n    Type: T::T::T\n    \
                CreationPolicy: {ResourceSignal: {Count: 1}}\n    UpdatePolicy: {}\n";
    assert_eq!(
        found(text),
        ["section `Hooks` (line 1)", "attribute `CreationPolicy` (A, line 5)", "attribute `UpdatePolicy` (A, line 6)"]
    );
}

#[test]
fn policies_that_a_group_cannot_have_are_named_and_its_own_are_not() {
    let text = "Resources:\n  A:\n    Type: AWS::AutoScaling::AutoScalingGroup\n    \
                CreationPolicy: {ResourceSignal: {Count: 1}, AutoScalingCreationPolicy: {MinSuccessfulInstancesPercent: 50}, StartFleet: {}}\n    \
                UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: 1}, UseOnlineResharding: true}\n";
    assert_eq!(
        found(text),
        [
            "`StartFleet` of attribute `CreationPolicy` (A, line 4)",
            "`UseOnlineResharding` of attribute `UpdatePolicy` (A, line 5)"
        ]
    );
}

#[test]
fn transforms_that_only_aws_hosts_are_named_with_their_lines() {
    let text = "Transform: [AWS::LanguageExtensions, AWS::ServiceCatalog, {Name: Upper, Parameters: {a: b}}]\nResources:\n  \
                A: {Type: T::T::T, Properties: {'Fn::Transform': {Name: AWS::CodeStar}, x: !GetStackOutput {StackName: a, OutputName: b, Region: c}}}\n";
    assert_eq!(
        found(text),
        [
            "transform `AWS::ServiceCatalog` (line 1)",
            "transform `AWS::CodeStar` (line 3)",
            "`Region` of `Fn::GetStackOutput` (A, line 3)"
        ]
    );
}

#[test]
fn the_references_of_a_transformed_template_are_not_checked() {
    let text = "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Timeout: 3}}\nResources:\n  \
                F: {Type: AWS::Serverless::Function, Connectors: {}, Properties: {R: !GetAtt FRole.Arn}}\n";
    assert_eq!(found(text), [""; 0]);
    let whole = "Resources:\n  A: {'Fn::Transform': {Name: AWS::Include}}\n  B: {Type: T::T::T}\n";
    assert_eq!(found(whole), [""; 0], "what stands for a resource need not be one yet");
    let embedded = "Resources:\n  A: {Type: T::T::T, Properties: {'Fn::Transform': {Name: AWS::Include}, x: !Ref B}}\n";
    assert_eq!(found(embedded), [""; 0]);
}

#[test]
fn zones_of_another_region_are_named() {
    let text = "Resources:\n  A: {Type: T::T::T, Properties: {z: !Select [0, !GetAZs ''], y: !GetAZs {Ref: AWS::Region}, x: !GetAZs eu-nowhere-1}}\n";
    assert_eq!(found(text), ["`Fn::GetAZs` of `eu-nowhere-1` (A, line 2)"]);
}

#[test]
fn properties_are_told_with_path_place_and_value() {
    let text = "Parameters: {P: {Type: String, Default: p}}\nConditions: {IsYes: !Equals [a, a]}\nResources:\n  A:\n    Type: T::T::T\n    \
                Properties:\n      a: {b: [{c: !Ref P}, {d: 1}]}\n      e: !If [IsYes, x, y]\n      f: !Ref AWS::NoValue\n      \
                g: []\n      h: !GetAtt B.Arn\n  B: {Type: T::T::T}\n";
    let template = Template::parse(text).unwrap();
    let parameters = template.parameter_values(&BTreeMap::new()).unwrap();
    let deployment = template.deploy(Inputs { parameters, ..Inputs::default() }).unwrap();
    let a = deployment.resources().next().unwrap();
    let told: Vec<(String, usize, Option<String>)> =
        deployment.properties_of(a).iter().map(|one| (one.name(), one.position.line, one.text())).collect();
    let expected = [
        ("a", 7, None),
        ("a.b", 7, None),
        ("a.b.c", 7, Some("p")),
        ("a.b.d", 7, Some("1")),
        ("e", 8, Some("x")),
        ("g", 10, None),
        ("h", 11, None),
    ];
    assert_eq!(told, expected.map(|(name, line, text)| (name.to_owned(), line, text.map(str::to_owned))));
    let attributes = deployment.attributes();
    assert_eq!((attributes[0].of.as_str(), attributes[0].name.as_str(), attributes[0].position.line), ("B", "Arn", 11));
}
