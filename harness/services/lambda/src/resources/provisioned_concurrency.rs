//! The property `ProvisionedConcurrencyConfig` of versions and aliases.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-alias-provisionedconcurrencyconfiguration.html>

use nightproof_resource::{Context, Result, changed, text};
use serde_json::{Value, json};

pub(super) const PROPERTY: &str = "ProvisionedConcurrencyConfig";

/// Sets what a template says of a version or alias, and waits until it is there; takes away what it does not say any more.
pub(super) async fn set(context: &Context, qualifier: &str, old: &Value, new: &Value) -> Result<()> {
    let named = json!({ "FunctionName": new.get("FunctionName"), "Qualifier": qualifier });
    match changed(old, new, PROPERTY) {
        None => Ok(()),
        Some((_, Value::Null)) => context.unmake("lambda", "DeleteProvisionedConcurrencyConfig", named).await,
        Some((_, wanted)) => {
            let mut input = named.clone();
            input["ProvisionedConcurrentExecutions"] = wanted.get("ProvisionedConcurrentExecutions").cloned().unwrap_or_default();
            context.make("lambda", "PutProvisionedConcurrencyConfig", input).await?;
            let is_there = |answer: &Value| match text(answer, "/Status").as_str() {
                "FAILED" => Err(text(answer, "/StatusReason")),
                status => Ok(status == "READY"),
            };
            context.until("lambda", "GetProvisionedConcurrencyConfig", named, is_there).await.map(drop)
        }
    }
}
