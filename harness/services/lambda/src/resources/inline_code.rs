//! The `Code` of a function: in a bucket, or inline.

use std::io::Write as _;

use base64::Engine as _;
use nightproof_resource::{Result, text};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

/// The module that inline code answers by, if it belongs to a custom resource.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html>
const RESPONSE: &str = include_str!("cfnresponse.py");

/// The members of the API's `Code`. Inline text becomes a zip with one `index` file, as CloudFormation does it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html>
pub(super) fn code(properties: &Value) -> Result<Value> {
    let code = properties.get("Code").cloned().unwrap_or_default();
    let Some(source) = code.get("ZipFile").and_then(Value::as_str) else { return Ok(code) };
    let file = if text(properties, "/Runtime").starts_with("python") { "index.py" } else { "index.js" };
    let zipped = || -> zip::result::ZipResult<Vec<u8>> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(file, SimpleFileOptions::default().unix_permissions(0o644))?;
        archive.write_all(source.as_bytes())?;
        if file == "index.py" && source.contains("cfnresponse") {
            archive.start_file("cfnresponse.py", SimpleFileOptions::default().unix_permissions(0o644))?;
            archive.write_all(RESPONSE.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    };
    let bytes = zipped().map_err(|error| format!("cannot zip the inline code: {error}"))?;
    Ok(json!({"ZipFile": base64::engine::general_purpose::STANDARD.encode(bytes)}))
}
