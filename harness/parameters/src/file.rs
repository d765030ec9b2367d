//! Files that parameters are kept in.

use serde_json::{Map, Value};

use crate::scalar::text;
use crate::{FileError, overrides, samconfig};

/// What a file gives for a stack.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterFile {
    /// Names and values, in the file's order.
    pub parameters: Vec<(String, String)>,
    /// Keys and values of the stack's tags.
    pub tags: Vec<(String, String)>,
    /// The stack's policy.
    pub policy: Option<Value>,
}

impl ParameterFile {
    /// Reads the text of the file called `name`; a name that ends in `.toml` is a configuration of the SAM CLI.
    ///
    /// - <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/create-stack.html>: `--parameters file://`
    /// - <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/>: `--parameter-overrides file://`
    /// - <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html>
    /// - <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>
    ///
    /// # Errors
    /// [`FileError`], as the rest of a sentence about the file.
    pub fn read(name: &str, text: &str) -> Result<Self, FileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read = match name.rsplit_once('.') {
            Some((_, "toml")) => {
                let (parameters, tags) = samconfig::read(text)?;
                Self { parameters, tags, policy: None }
            }
            _ if overrides::is_lines(text) => Self { parameters: overrides::lines(text)?, ..Self::default() },
            _ => {
                let document = nightproof_template::to_json(text).map_err(|error| FileError::Syntax(error.to_string()))?;
                Self::from_document(&document)?
            }
        };
        read.unique()
    }

    fn from_document(document: &Value) -> Result<Self, FileError> {
        match document {
            Value::Array(items) => Ok(Self { parameters: listed(items)?, ..Self::default() }),
            Value::Object(members) if members.get("Parameters").is_some_and(|inner| inner.is_object() || inner.is_array()) => {
                Self::of_stack(members)
            }
            Value::Object(members) => Ok(Self { parameters: mapped(members)?, ..Self::default() }),
            _ => Err(FileError::Form),
        }
    }

    /// CodePipeline's form, in which a list of parameters may stand too, as in the input of the AWS CLI.
    fn of_stack(members: &Map<String, Value>) -> Result<Self, FileError> {
        let mut read = Self::default();
        for (name, value) in members {
            match (name.as_str(), value) {
                ("Parameters", Value::Object(inner)) => read.parameters = mapped(inner)?,
                ("Parameters", Value::Array(items)) => read.parameters = listed(items)?,
                ("Tags", Value::Object(inner)) => read.tags = mapped(inner)?,
                ("StackPolicy", Value::Object(_)) => read.policy = Some(value.clone()),
                _ => return Err(FileError::Unknown(name.clone())),
            }
        }
        Ok(read)
    }

    fn unique(self) -> Result<Self, FileError> {
        let mut seen = std::collections::BTreeSet::new();
        match self.parameters.iter().find(|(name, _)| !seen.insert(name)) {
            Some((name, _)) => Err(FileError::Twice(name.clone())),
            None => Ok(self),
        }
    }
}

/// The AWS CLI's forms: objects, or texts.
fn listed(items: &[Value]) -> Result<Vec<(String, String)>, FileError> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Value::String(text) => found.push(overrides::one(text)?),
            Value::Object(members) => {
                let Some(Value::String(key)) = members.get("ParameterKey") else { return Err(FileError::Form) };
                if let Some(other) = members.keys().find(|name| !matches!(name.as_str(), "ParameterKey" | "ParameterValue")) {
                    return Err(FileError::Unknown(other.clone()));
                }
                let value = members.get("ParameterValue").ok_or_else(|| FileError::Value(key.clone()))?;
                found.push((key.clone(), text(key, value)?));
            }
            _ => return Err(FileError::Form),
        }
    }
    Ok(found)
}

fn mapped(members: &Map<String, Value>) -> Result<Vec<(String, String)>, FileError> {
    members.iter().map(|(name, value)| Ok((name.clone(), text(name, value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(name: &str, text: &str) -> Vec<(String, String)> {
        ParameterFile::read(name, text).unwrap().parameters
    }

    fn is(found: &[(String, String)], wanted: &[(&str, &str)]) {
        let found: Vec<(&str, &str)> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn each_form_of_the_aws_cli_is_read() {
        let wanted = [("KeyName", "a"), ("Zones", "b,c")];
        is(
            &pairs(
                "p.json",
                r#"[{"ParameterKey": "KeyName", "ParameterValue": "a"}, {"ParameterKey": "Zones", "ParameterValue": "b,c"}]"#,
            ),
            &wanted,
        );
        is(&pairs("p.json", r#"["KeyName=a", "Zones=b,c"]"#), &wanted);
        is(&pairs("p.json", r#"{"Parameters": {"KeyName": "a", "Zones": ["b", "c"]}}"#), &wanted);
        is(&pairs("overrides.txt", "# ours\nKeyName=a\n\nZones=b,c\n"), &wanted);
    }

    #[test]
    fn a_configuration_of_code_pipeline_has_tags_and_a_policy() {
        let read = ParameterFile::read(
            "c.json",
            r#"{"Parameters": {"A": "1"}, "Tags": {"team": "ops"}, "StackPolicy": {"Statement": []}}"#,
        )
        .unwrap();
        assert_eq!(read.tags, [("team".to_owned(), "ops".to_owned())]);
        assert_eq!(read.policy, Some(serde_json::json!({"Statement": []})));
    }

    #[test]
    fn plain_maps_keep_their_texts() {
        is(
            &pairs("p.yaml", "Account: 012345678901\nEnabled: true\nZones:\n  - a\n  - b\n"),
            &[("Account", "012345678901"), ("Enabled", "true"), ("Zones", "a,b")],
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        let refusal = |text: &str| ParameterFile::read("p.json", text).unwrap_err();
        assert_eq!(refusal(r#"{"Parameters": {}, "Capabilities": []}"#), FileError::Unknown("Capabilities".to_owned()));
        assert_eq!(
            refusal(r#"[{"ParameterKey": "A", "UsePreviousValue": true}]"#),
            FileError::Unknown("UsePreviousValue".to_owned())
        );
        assert_eq!(refusal(r#"[{"ParameterKey": "A"}]"#), FileError::Value("A".to_owned()));
        assert_eq!(refusal(r#"{"A": {"B": "c"}}"#), FileError::Value("A".to_owned()));
        assert_eq!(refusal(r#"["A"]"#), FileError::Override("A".to_owned()));
        assert_eq!(refusal(r#"["A=1", "A=2"]"#), FileError::Twice("A".to_owned()));
        assert_eq!(refusal("\"text\""), FileError::Form);
        assert!(matches!(refusal("{"), FileError::Syntax(_)));
    }
}
