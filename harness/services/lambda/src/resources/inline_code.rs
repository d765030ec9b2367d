//! The `Code` of a function: in a bucket, or inline.

use std::io::Write as _;

use base64::Engine as _;
use nightproof_resource::{Result, text};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::runtime_lifecycle;

/// A language that inline code may be in.
struct Language {
    /// Its file in the archive.
    file: &'static str,
    /// The module that answers for custom resources, where its name is in the code: name, file and text.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html>
    response: (&'static str, &'static str, &'static str),
}

const PYTHON: Language =
    Language { file: "index.py", response: ("cfnresponse", "cfnresponse.py", include_str!("cfnresponse.py")) };
const NODE: Language = Language {
    file: "index.js",
    response: ("cfn-response", "node_modules/cfn-response/index.js", include_str!("cfn-response.js")),
};

/// The members of the API's `Code`. Inline text becomes a zip with one `index` file, as CloudFormation does it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html>
pub(super) fn code(properties: &Value) -> Result<Value> {
    let code = properties.get("Code").cloned().unwrap_or_default();
    let Some(source) = code.get("ZipFile").and_then(Value::as_str) else { return Ok(code) };
    let Language { file, response: (name, module, answering) } = language(&text(properties, "/Runtime"))?;
    let zipped = || -> zip::result::ZipResult<Vec<u8>> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(file, SimpleFileOptions::default().unix_permissions(0o644))?;
        archive.write_all(source.as_bytes())?;
        if source.contains(name) {
            archive.start_file(module, SimpleFileOptions::default().unix_permissions(0o644))?;
            archive.write_all(answering.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    };
    let bytes = zipped().map_err(|error| format!("cannot zip the inline code: {error}"))?;
    Ok(json!({"ZipFile": base64::engine::general_purpose::STANDARD.encode(bytes)}))
}

/// The language of inline code, which other runtimes than these do not have.
fn language(runtime: &str) -> Result<Language> {
    let inline = runtime_lifecycle::names().filter(|name| name.starts_with("nodejs") || name.starts_with("python"));
    match runtime {
        "" => Err("Using the ZipFile attribute requires a runtime to be specified.".to_owned()),
        python if python.starts_with("python") => Ok(PYTHON),
        node if node.starts_with("nodejs") => Ok(NODE),
        other if runtime_lifecycle::find(other).is_some() => {
            Err(format!("ZipFile can only be used when Runtime is set to either of {}.", inline.collect::<Vec<_>>().join(", ")))
        }
        // No runtime at all: the service says so.
        _ => Ok(PYTHON),
    }
}
