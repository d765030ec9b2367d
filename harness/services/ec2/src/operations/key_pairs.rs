//! Key pairs: there are none.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::error::error;
use crate::filter::filtered;

pub(crate) fn describe(input: &Value) -> Result<Value, AwsError> {
    match input.texts("KeyNames").first().or(input.texts("KeyPairIds").first()) {
        Some(name) => Err(error("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))),
        None => filtered(Vec::new(), input, &[("key-name", "KeyName")]).map(|none| json!({ "KeyPairs": none })),
    }
}
