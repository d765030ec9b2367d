//! `cfn-get-metadata`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-get-metadata.html>

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::client::{Access, Client};
use super::options::{CALLING, Definition, Failure, Options};
use super::stack_resource::StackResource;
use crate::commands::terminal::say;

const OPTIONS: [Definition; 5] = [
    (Some('s'), "stack", true),
    (Some('r'), "resource", true),
    (Some('k'), "key", true),
    (Some('u'), "url", true),
    (Some('v'), "verbose", false),
];

pub(super) fn main(arguments: &[String]) -> Result<u8, Failure> {
    let options = Options::parse(&[&OPTIONS, &CALLING], arguments)?;
    let (stack, id) = options.stack_and_resource()?;
    let client = Client::new(&Access::from_options(&options)?).map_err(Failure::Failed)?;
    let resource = StackResource::describe(&client, stack, id).map_err(Failure::Failed)?;
    if !resource.has_metadata() {
        return Err(Failure::Failed(format!("Error: {id} does not specify any metadata")));
    }
    let key = options.get("key").unwrap_or_default();
    match StackResource::at(&resource.metadata, key) {
        Some(Value::String(text)) => say(text),
        Some(found) => say(&indented(found)),
        None => return Err(Failure::Failed(format!("Error: {key} is not present in the metadata for {id}"))),
    }
    Ok(0)
}

/// As Python prints a document with an indent of 4.
pub(super) fn indented(value: &Value) -> String {
    let mut text = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"    ")));
    // Into memory nothing fails.
    written.map(|()| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}
