//! The layers that a function names.
//! <https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html>

use std::sync::Arc;

use nightproof_core::AccountStore;
use nightproof_core::authorization::Need;
use nightproof_core::service::{AwsError, Call};
use serde_json::{Value, json};

use crate::code::{Code, Merged};
use crate::definition::Layers;
use crate::error::invalid;
use crate::layer::LayerName;
use crate::records::Account;

/// Most layers of a function.
const MOST: usize = 5;

/// Finds the layers, first to last. Those of other accounts must let the caller use them.
pub(crate) fn resolve(call: &Call, accounts: &AccountStore<Account>, layers: &[String]) -> Result<(Value, Layers), AwsError> {
    if layers.len() > MOST {
        return Err(invalid(format!("Cannot reference more than {MOST} layers.")));
    }
    let (mut described, mut codes): (Vec<Value>, Vec<Arc<Code>>) = (Vec::new(), Vec::new());
    let mut seen: Vec<(String, &str)> = Vec::new();
    for arn in layers {
        let name = LayerName::read(call, arn);
        let code = find(call, accounts, &name, arn)?;
        if let Some((_, other)) = seen.iter().find(|(layer, _)| *layer == name.arn()) {
            return Err(invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {other} and {arn} are versions of the same layer."
            )));
        }
        seen.push((name.arn(), arn));
        described.push(json!({ "Arn": arn, "CodeSize": code.size }));
        codes.push(code);
    }
    let merged = Merged::make(&call.region, &codes)?;
    Ok((described.into(), Layers { merged }))
}

fn find(call: &Call, accounts: &AccountStore<Account>, name: &LayerName, arn: &str) -> Result<Arc<Code>, AwsError> {
    let here = call.region.name();
    let found = || {
        let accounts = accounts.lock();
        let layer = accounts.get(&name.account)?.layers.get(&name.name)?;
        Some(Arc::clone(&layer.versions.get(&name.version?)?.code))
    };
    if name.account == call.account() {
        if name.region != here {
            let message =
                format!("Layers are not in the same region as the function. Layers are expected to be in region {here}.");
            return Err(invalid(message));
        }
        return found().ok_or_else(|| invalid(format!("Layer version {arn} does not exist.")));
    }
    // What is not there and what is not the caller's to use look the same.
    if let Some(authorizer) = call.region.authorizer() {
        let need = Need { action: "lambda:GetLayerVersion".to_owned(), resource: arn.to_owned(), keys: Vec::new() };
        authorizer.check(call, "lambda", need)?;
    }
    found().filter(|_| name.region == here).ok_or_else(|| denied(call, arn))
}

fn denied(call: &Call, arn: &str) -> AwsError {
    let message = format!(
        "User: {} is not authorized to perform: lambda:GetLayerVersion on resource: {arn} because no resource-based policy allows the lambda:GetLayerVersion action",
        call.caller.arn()
    );
    AwsError::new("AccessDeniedException", 403, message)
}
