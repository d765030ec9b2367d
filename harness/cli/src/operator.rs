//! An operator who is no root user: what a drill itself needs to be permitted.

use std::path::Path;

use firedrill_drill::Endpoint;
use firedrill_region::Caller;
use firedrill_region::embedded::Embedded;
use serde_json::{Value, json};

use crate::{Exit, embedded, printer};

const NAME: &str = "firedrill-operator";

/// Where a drill finds `region`, as a user who has the policy in `file`; as root if there is none.
pub(crate) async fn endpoint(region: &Embedded, account: &str, file: Option<&Path>) -> Result<Endpoint, Exit> {
    let endpoint = embedded::endpoint(region);
    let Some(file) = file else { return Ok(endpoint) };
    let policy = std::fs::read_to_string(file).map_err(|error| {
        printer::error(&format!("cannot read the operator's policy `{}`: {error}", file.display()), None);
        Exit::Input
    })?;
    let made = make(region, account, &policy).await.map_err(|why| {
        printer::error(&format!("the operator's policy `{}` is refused: {why}", file.display()), None);
        Exit::Input
    })?;
    let text = |name: &str| made.pointer(&format!("/AccessKey/{name}")).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Endpoint { access_key_id: text("AccessKeyId"), secret_access_key: text("SecretAccessKey"), ..endpoint })
}

async fn make(region: &Embedded, account: &str, policy: &str) -> Result<Value, String> {
    let root = Caller::root(account);
    let call = async |operation: &str, input: Value| {
        region.region.call(&root, "iam", operation, input).await.map_err(|error| error.message)
    };
    call("CreateUser", json!({ "UserName": NAME })).await?;
    // A managed policy, since inline policies of users are limited to 2,048 characters.
    let made = call("CreatePolicy", json!({ "PolicyName": NAME, "PolicyDocument": policy })).await?;
    let arn = made.pointer("/Policy/Arn").cloned().unwrap_or_default();
    call("AttachUserPolicy", json!({ "UserName": NAME, "PolicyArn": arn })).await?;
    call("CreateAccessKey", json!({ "UserName": NAME })).await
}
