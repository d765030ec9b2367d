//! Dynamic references: values that stand in Parameter Store or Secrets Manager and are fetched when a resource is made.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>

use std::ops::Range;

/// What a text like `{{resolve:ssm:/name:1}}` refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DynamicReference {
    /// A parameter of Parameter Store.
    Parameter {
        /// Whether it is `ssm-secure`: the value of a `SecureString`.
        secure: bool,
        /// Its name.
        name: String,
        /// Its version; the latest one without.
        version: Option<u64>,
    },
    /// A secret of Secrets Manager.
    Secret {
        /// Its name or ARN.
        id: String,
        /// The key of the JSON document in the secret whose value is meant; the whole text without.
        key: Option<String>,
        /// The staging label of the version; `AWSCURRENT` without.
        stage: Option<String>,
        /// The id of the version.
        version: Option<String>,
    },
}

impl DynamicReference {
    /// The references in a text, in order, each with the bytes that it takes. One that is not formed as such has CloudFormation's error.
    pub fn all(text: &str) -> Vec<(Range<usize>, Result<Self, String>)> {
        let found = text.match_indices(HEAD).filter_map(|(start, _)| {
            let rest = text.get(start + HEAD.len()..)?;
            let inner = rest.get(..rest.find(TAIL)?)?;
            let end = start + HEAD.len() + inner.len() + TAIL.len();
            let (service, of) = inner.split_once(':')?;
            let whole = text.get(start..end)?;
            let reference = match service {
                "ssm" => parameter(false, of, whole),
                "ssm-secure" => parameter(true, of, whole),
                "secretsmanager" => secret(of, whole),
                // Any other text stays as it is.
                _ => return None,
            };
            Some((start..end, reference))
        });
        found.collect()
    }
}

const HEAD: &str = "{{resolve:";
const TAIL: &str = "}}";

fn parameter(secure: bool, of: &str, whole: &str) -> Result<DynamicReference, String> {
    let malformed = || format!("Incorrect format is used in the following SSM reference: [{whole}]");
    let (name, version) = match of.rsplit_once(':') {
        Some((name, version)) => (name, Some(version.parse().map_err(|_| malformed())?)),
        None => (of, None),
    };
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-' | '/');
    if name.is_empty() || !name.chars().all(is_letter) {
        return Err(malformed());
    }
    Ok(DynamicReference::Parameter { secure, name: name.to_owned(), version })
}

fn secret(of: &str, whole: &str) -> Result<DynamicReference, String> {
    let malformed = || format!("Incorrect format is used in the following Secrets Manager reference: [{whole}]");
    // An ARN has six colons of its own.
    let id_parts = if of.starts_with("arn:") { 7 } else { 1 };
    let parts: Vec<&str> = of.split(':').collect();
    let (id, rest) = parts.split_at_checked(id_parts).ok_or_else(malformed)?;
    let part = |index: usize| rest.get(index).copied().filter(|text| !text.is_empty()).map(str::to_owned);
    if id.concat().is_empty() || rest.len() > 4 || part(0).is_some_and(|kind| kind != "SecretString") {
        return Err(malformed());
    }
    Ok(DynamicReference::Secret { id: id.join(":"), key: part(1), stage: part(2), version: part(3) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> DynamicReference {
        DynamicReference::all(text).remove(0).1.unwrap()
    }

    fn secret(id: &str, key: Option<&str>, stage: Option<&str>, version: Option<&str>) -> DynamicReference {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        DynamicReference::Secret { id: id.to_owned(), key: owned(key), stage: owned(stage), version: owned(version) }
    }

    #[test]
    fn each_form_is_read() {
        let parameter = |secure, name: &str, version| DynamicReference::Parameter { secure, name: name.to_owned(), version };
        assert_eq!(one("{{resolve:ssm:/a/b}}"), parameter(false, "/a/b", None));
        assert_eq!(one("{{resolve:ssm:a:12}}"), parameter(false, "a", Some(12)));
        assert_eq!(one("{{resolve:ssm-secure:a.b:1}}"), parameter(true, "a.b", Some(1)));
        assert_eq!(one("{{resolve:secretsmanager:db}}"), secret("db", None, None, None));
        assert_eq!(one("{{resolve:secretsmanager:db:SecretString:password}}"), secret("db", Some("password"), None, None));
        assert_eq!(one("{{resolve:secretsmanager:db:SecretString:::v1}}"), secret("db", None, None, Some("v1")));
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf";
        let text = format!("{{{{resolve:secretsmanager:{arn}:SecretString:k:AWSPREVIOUS}}}}");
        assert_eq!(one(&text), secret(arn, Some("k"), Some("AWSPREVIOUS"), None));
    }

    #[test]
    fn several_stand_in_one_text() {
        let text = "a{{resolve:ssm:x}}-{{resolve:zzz:y}}-{{resolve:secretsmanager:z}}{{resolve:ssm:open";
        let found: Vec<&str> = DynamicReference::all(text).into_iter().map(|(place, _)| text.get(place).unwrap()).collect();
        assert_eq!(found, ["{{resolve:ssm:x}}", "{{resolve:secretsmanager:z}}"]);
    }

    #[test]
    fn what_is_not_formed_as_a_reference_is_an_error_that_names_it() {
        for text in ["{{resolve:ssm:}}", "{{resolve:ssm:a:}}", "{{resolve:ssm:a:b}}", "{{resolve:ssm:a b}}"] {
            let error = DynamicReference::all(text).remove(0).1.unwrap_err();
            assert_eq!(error, format!("Incorrect format is used in the following SSM reference: [{text}]"));
        }
        for text in ["{{resolve:secretsmanager:}}", "{{resolve:secretsmanager:a:Binary}}", "{{resolve:secretsmanager:arn:aws:x}}"]
        {
            assert!(DynamicReference::all(text).remove(0).1.is_err(), "{text}");
        }
    }
}
