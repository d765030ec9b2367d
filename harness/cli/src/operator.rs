//! An operator who is no root user: what a drill itself needs to be permitted.

use std::path::Path;

use nightproof_core::Caller;
use nightproof_region::embedded::Embedded;
use serde_json::{Value, json};

use crate::error::Error;

const NAME: &str = "nightproof-operator";

/// Access key id and secret.
pub(crate) type Key = (String, String);

/// An operator's identity policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    file: String,
    pub(crate) text: String,
}

impl Policy {
    /// The same with another text.
    pub(crate) fn with(&self, text: String) -> Self {
        Self { file: self.file.clone(), text }
    }

    /// Reads the policy in `file`, if one is named.
    pub(crate) fn read(file: Option<&Path>) -> Result<Option<Self>, Error> {
        let Some(file) = file else { return Ok(None) };
        let text = std::fs::read_to_string(file).map_err(|source| Error::ReadOperatorPolicy { path: file.to_owned(), source })?;
        Ok(Some(Self { file: file.display().to_string(), text }))
    }
}

/// ARN of whoever has `policy`; of the root user if there is none.
pub(crate) fn arn(account: &str, policy: Option<&Policy>) -> String {
    match policy {
        None => format!("arn:aws:iam::{account}:root"),
        Some(_) => format!("arn:aws:iam::{account}:user/{NAME}"),
    }
}

/// The key of a user who has `policy`; the root user's if there is none.
pub(crate) async fn key(region: &Embedded, account: &str, policy: Option<&Policy>) -> Result<Key, Error> {
    let Some(policy) = policy else {
        return Ok((region.credentials.access_key_id.clone(), region.credentials.secret_access_key.clone()));
    };
    let made =
        make(region, account, &policy.text).await.map_err(|why| Error::OperatorPolicy { file: policy.file.clone(), why })?;
    let text = |name: &str| made.pointer(&format!("/AccessKey/{name}")).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((text("AccessKeyId"), text("SecretAccessKey")))
}

/// A user, whose key outlives any number of nights that the clock is moved by. A role may have the whole document as a policy of its own
/// (10,240 characters); a user has it in as many managed policies as it takes.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
async fn make(region: &Embedded, account: &str, policy: &str) -> Result<Value, String> {
    let root = Caller::root(account);
    let call = async |operation: &str, input: Value| {
        region.region.call(&root, "iam", operation, input).await.map_err(|error| error.message)
    };
    call("CreateUser", json!({ "UserName": NAME })).await?;
    for (number, part) in parts(policy).into_iter().enumerate() {
        let made =
            call("CreatePolicy", json!({ "PolicyName": format!("{NAME}-{}", number + 1), "PolicyDocument": part })).await?;
        let arn = made.pointer("/Policy/Arn").cloned().unwrap_or_default();
        call("AttachUserPolicy", json!({ "UserName": NAME, "PolicyArn": arn })).await?;
    }
    call("CreateAccessKey", json!({ "UserName": NAME })).await
}

/// The same statements in documents that each fit a managed policy. What is no policy stays as it is, for IAM to refuse.
fn parts(policy: &str) -> Vec<String> {
    const MOST: usize = 6144;
    let Ok(Value::Object(document)) = serde_json::from_str(policy) else { return vec![policy.to_owned()] };
    let Some(Value::Array(statements)) = document.get("Statement") else { return vec![policy.to_owned()] };
    let with = |statements: &[Value]| {
        let mut part = document.clone();
        part.insert("Statement".to_owned(), statements.into());
        Value::Object(part).to_string()
    };
    let mut parts = vec![Vec::new()];
    for statement in statements {
        let Some(last) = parts.last_mut() else { break };
        last.push(statement.clone());
        if with(last).len() > MOST && last.len() > 1 {
            last.pop();
            parts.push(vec![statement.clone()]);
        }
    }
    parts.iter().map(|part| with(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_policy_is_split_into_parts_that_have_all_of_its_statements() {
        let statement = |number: usize| json!({ "Sid": format!("S{number}"), "Action": "s3:*", "Resource": "x".repeat(1000) });
        let policy = json!({ "Version": "2012-10-17", "Statement": (0..20).map(statement).collect::<Vec<_>>() });
        let parts = parts(&policy.to_string());
        assert!(parts.len() > 3 && parts.iter().all(|part| part.len() <= 6144));
        let read = |part: &String| serde_json::from_str::<Value>(part).unwrap()["Statement"].as_array().unwrap().clone();
        assert_eq!(parts.iter().flat_map(read).collect::<Vec<_>>(), *policy["Statement"].as_array().unwrap());
    }

    #[test]
    fn what_is_no_policy_is_left_for_iam_to_refuse() {
        assert_eq!(parts("{"), ["{"]);
        assert_eq!(parts("{\"Statement\":{}}"), ["{\"Statement\":{}}"]);
    }
}
