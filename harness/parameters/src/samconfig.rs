//! `samconfig.toml`, the configuration of the SAM CLI.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>

use serde_json::Value;

use crate::scalar::text;
use crate::{FileError, overrides};

type Pairs = Vec<(String, String)>;

/// The environment that `sam` takes when none is named.
const ENVIRONMENT: &str = "default";

/// The parameters and tags that `sam deploy` would give in the environment `default`: those of `deploy`, or else of `global`.
pub(crate) fn read(source: &str) -> Result<(Pairs, Pairs), FileError> {
    let document: Value = toml::from_str(source).map_err(|error| FileError::Syntax(error.to_string().trim().to_owned()))?;
    let of = |command: &str, name: &str| document.pointer(&format!("/{ENVIRONMENT}/{command}/parameters/{name}")).cloned();
    let either = |name: &str| of("deploy", name).or_else(|| of("global", name));
    let given = either("parameter_overrides").ok_or_else(|| FileError::NoOverrides(ENVIRONMENT.to_owned()))?;
    let tags = either("tags").map(|tags| pairs("tags", &tags)).transpose()?.unwrap_or_default();
    Ok((pairs("parameter_overrides", &given)?, tags))
}

/// One text, a list of texts, or a table.
fn pairs(name: &str, given: &Value) -> Result<Pairs, FileError> {
    match given {
        Value::String(words) => overrides::words(words),
        Value::Array(items) => {
            let each = items.iter().map(|item| match item {
                Value::String(one) => overrides::words(&quoted(one)),
                Value::Object(members) => members.iter().map(|(key, value)| Ok((key.clone(), text(key, value)?))).collect(),
                _ => Err(FileError::Value(name.to_owned())),
            });
            Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::Object(members) => members.iter().map(|(key, value)| Ok((key.clone(), text(key, value)?))).collect(),
        _ => Err(FileError::Value(name.to_owned())),
    }
}

/// An item of a list is one pair, blanks in its value included, unless it is quoted as several.
fn quoted(item: &str) -> String {
    match item.split_once('=') {
        Some((name, value)) if !value.contains(['"', '\'']) && value.contains(' ') && !value.contains('=') => {
            format!("{name}=\"{value}\"")
        }
        _ => item.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_pairs(source: &str) -> Pairs {
        read(source).unwrap().0
    }

    fn wanted() -> Pairs {
        [("A", "1"), ("B", "two words")].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    #[test]
    fn each_form_of_the_overrides_is_read() {
        let head = "version = 0.1\n[default.deploy.parameters]\nstack_name = \"s\"\n";
        for form in [
            r#"parameter_overrides = "A=1 B=\"two words\"""#,
            r#"parameter_overrides = ["A=1", "B=two words"]"#,
            r#"parameter_overrides = "ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue='two words'""#,
            r#"parameter_overrides = { A = 1, B = "two words" }"#,
            r#"parameter_overrides = [{ A = 1 }, { B = "two words" }]"#,
        ] {
            assert_eq!(read_pairs(&format!("{head}{form}\n")), wanted(), "{form}");
        }
    }

    #[test]
    fn global_parameters_count_where_deploy_has_none() {
        let source = "[default.global.parameters]\nparameter_overrides = \"A=1\"\ntags = \"team=ops\"\n[default.build.parameters]\nparameter_overrides = \"A=2\"\n";
        let (parameters, tags) = read(source).unwrap();
        assert_eq!(parameters, [("A".to_owned(), "1".to_owned())]);
        assert_eq!(tags, [("team".to_owned(), "ops".to_owned())]);
    }

    #[test]
    fn a_configuration_without_overrides_is_refused() {
        assert_eq!(
            read("[prod.deploy.parameters]\nparameter_overrides = \"A=1\"\n"),
            Err(FileError::NoOverrides("default".to_owned()))
        );
        assert!(matches!(read("= 1"), Err(FileError::Syntax(_))));
        assert!(matches!(read("[default.deploy.parameters]\nparameter_overrides = 1\n"), Err(FileError::Value(_))));
    }
}
