//! The URL of a function or alias.
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use serde_json::{Value, json};

/// A URL as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct FunctionUrl {
    /// The first label of its host.
    pub id: String,
    /// `NONE` or `AWS_IAM`.
    pub auth_type: String,
    /// As it was given.
    pub cors: Option<Value>,
    /// `None` until it is set, which means `BUFFERED`.
    pub invoke_mode: Option<String>,
    pub created: String,
    pub modified: String,
}

impl FunctionUrl {
    /// The shape `FunctionUrlConfig`, of the function or alias with this ARN, without the members that not all operations tell.
    pub(crate) fn describe(&self, region: &str, arn: &str) -> Value {
        let mut made = json!({
            "FunctionUrl": format!("https://{}{}/", self.id, suffix(region)), "FunctionArn": arn, "AuthType": self.auth_type,
            "CreationTime": self.created,
        });
        if let Some(cors) = &self.cors {
            made["Cors"] = cors.clone();
        }
        if let Some(mode) = &self.invoke_mode {
            made["InvokeMode"] = mode.as_str().into();
        }
        made
    }

    /// All of its shape.
    pub(crate) fn describe_whole(&self, region: &str, arn: &str) -> Value {
        let mut made = self.describe(region, arn);
        made["InvokeMode"] = self.invoke_mode.as_deref().unwrap_or("BUFFERED").into();
        made["LastModifiedTime"] = self.modified.as_str().into();
        made
    }
}

/// What the hosts of URLs of a region end in.
fn suffix(region: &str) -> String {
    format!(".lambda-url.{region}.on.aws")
}

/// The id of the URL with this host.
pub(crate) fn id_of<'a>(region: &str, host: &'a str) -> Option<&'a str> {
    host.strip_suffix(&suffix(region))
}
