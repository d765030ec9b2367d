//! Paths of the author's machine in a template, which `aws cloudformation package` replaces by addresses of what it uploads.
//! <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html>

use serde_json::{Map, Value};

/// Properties that may be paths, by the type of their resource.
const PROPERTIES: [(&str, &str); 18] = [
    ("AWS::ApiGateway::RestApi", "BodyS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "RequestMappingTemplateS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "ResponseMappingTemplateS3Location"),
    ("AWS::AppSync::GraphQLSchema", "DefinitionS3Location"),
    ("AWS::AppSync::Resolver", "RequestMappingTemplateS3Location"),
    ("AWS::AppSync::Resolver", "ResponseMappingTemplateS3Location"),
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::CodeCommit::Repository", "Code.S3"),
    ("AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle"),
    ("AWS::Glue::Job", "Command.ScriptLocation"),
    ("AWS::Lambda::Function", "Code"),
    ("AWS::Lambda::LayerVersion", "Content"),
    ("AWS::Serverless::Api", "DefinitionUri"),
    ("AWS::Serverless::Application", "Location"),
    ("AWS::Serverless::Function", "CodeUri"),
    ("AWS::Serverless::LayerVersion", "ContentUri"),
    ("AWS::Serverless::StateMachine", "DefinitionUri"),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"),
];

/// All paths in `template`, as [`crate::to_json`] gives it, each with where it stands: `Function.Code ./src`.
pub fn local_paths(template: &Value) -> Vec<String> {
    let mut found = Vec::new();
    replace_local_paths(&mut template.clone(), &mut |place, path| {
        found.push(format!("{place} {path}"));
        path.to_owned()
    });
    found
}

/// Puts what `other` makes of each path in its place. It is given where the path stands, and the path.
pub fn replace_local_paths(template: &mut Value, other: &mut dyn FnMut(&str, &str) -> String) {
    visit(template, "", other);
}

/// Looks at objects at any depth: loops have resources in them.
fn visit(value: &mut Value, name: &str, other: &mut dyn FnMut(&str, &str) -> String) {
    match value {
        Value::Object(members) => {
            resource(members, name, other);
            include(members, other);
            members.iter_mut().for_each(|(name, inner)| visit(inner, name, other));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, name, other)),
        _ => {}
    }
}

fn resource(members: &mut Map<String, Value>, id: &str, other: &mut dyn FnMut(&str, &str) -> String) {
    let Some(kind) = members.get("Type").and_then(Value::as_str).map(str::to_owned) else { return };
    let Some(properties) = members.get_mut("Properties") else { return };
    for (_, property) in PROPERTIES.iter().filter(|(of, _)| *of == kind) {
        let value = properties.pointer_mut(&format!("/{}", property.replace('.', "/")));
        replace(value, &format!("{id}.{property}"), other);
    }
}

fn include(members: &mut Map<String, Value>, other: &mut dyn FnMut(&str, &str) -> String) {
    let Some(used) = members.get_mut("Fn::Transform") else { return };
    if used.get("Name").and_then(Value::as_str) == Some("AWS::Include") {
        replace(used.pointer_mut("/Parameters/Location"), "AWS::Include", other);
    }
}

fn replace(value: Option<&mut Value>, place: &str, other: &mut dyn FnMut(&str, &str) -> String) {
    if let Some(Value::String(path)) = value
        && is_path(path)
    {
        *path = other(place, path);
    }
}

/// Addresses begin with a scheme; what is resolved later is no path.
fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.contains("://") && !text.contains("{{resolve:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        local_paths(&crate::to_json(text).unwrap())
    }

    #[test]
    fn paths_are_found_in_resources_loops_and_includes() {
        assert_eq!(
            paths(
                "Resources:\n  F: {Type: 'AWS::Lambda::Function', Properties: {Code: ./src}}\n  N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: child.yaml}}\n  Fn::ForEach::L:\n    - X\n    - [a]\n    - G${X}: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: ../g}}\n  T: {Type: 'T::T::T', Properties: {Fn::Transform: {Name: 'AWS::Include', Parameters: {Location: ./part.yaml}}}}\n",
            ),
            ["F.Code ./src", "N.TemplateURL child.yaml", "G${X}.CodeUri ../g", "AWS::Include ./part.yaml"]
        );
    }

    #[test]
    fn addresses_objects_and_functions_are_no_paths() {
        assert_eq!(
            paths(
                "Resources:\n  F: {Type: 'AWS::Lambda::Function', Properties: {Code: {ZipFile: x}}}\n  N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: !Sub 'https://s3.amazonaws.com/${B}/c.yaml'}}\n  M: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: 'https://b.s3.amazonaws.com/c.yaml'}}\n  S: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: 's3://b/k'}}\n  O: {Type: 'Other::Type::Here', Properties: {Code: ./src}}\n",
            ),
            Vec::<String>::new()
        );
    }
}
