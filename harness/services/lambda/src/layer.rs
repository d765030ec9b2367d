//! Layers: code that functions share.
//! <https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use nightproof_core::authorization::PolicyDocument;
use nightproof_core::service::{Arn, Call};
use serde_json::{Value, json};

use crate::code::Code;
use crate::function_name::is_account;
use crate::revision::revision;

/// A layer as it is kept.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// By number; numbers are not used again.
    pub versions: BTreeMap<u64, LayerVersion>,
    pub last_version: u64,
}

/// A version of a layer.
#[derive(Debug)]
pub(crate) struct LayerVersion {
    pub description: String,
    pub license: Option<String>,
    pub runtimes: Option<Vec<String>>,
    pub architectures: Option<Vec<String>>,
    pub created: String,
    pub code: Arc<Code>,
    /// None while there was never any statement.
    pub policy: Option<LayerPolicy>,
}

/// Who else may use a version.
#[derive(Debug)]
pub(crate) struct LayerPolicy {
    pub statements: Vec<Value>,
    pub revision: String,
    pub document: PolicyDocument,
}

impl LayerPolicy {
    pub(crate) fn new(statements: Vec<Value>) -> Self {
        let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements });
        Self { statements, revision: revision(), document: PolicyDocument::of_resource(document.to_string()) }
    }
}

impl LayerVersion {
    /// The shape `LayerVersionsListItem`.
    pub(crate) fn describe(&self, name: &LayerName, number: u64) -> Value {
        let mut made = json!({
            "LayerVersionArn": name.version_arn(number), "Version": number, "Description": self.description, "CreatedDate": self.created,
        });
        if let Some(license) = &self.license {
            made["LicenseInfo"] = license.as_str().into();
        }
        if let Some(runtimes) = &self.runtimes {
            made["CompatibleRuntimes"] = json!(runtimes);
        }
        if let Some(architectures) = &self.architectures {
            made["CompatibleArchitectures"] = json!(architectures);
        }
        made
    }

    /// The output of `GetLayerVersion`.
    pub(crate) fn describe_whole(&self, name: &LayerName, number: u64, location: String) -> Value {
        let mut made = self.describe(name, number);
        made["LayerArn"] = name.arn().into();
        made["Content"] = json!({ "Location": location, "CodeSha256": self.code.sha256, "CodeSize": self.code.size });
        made
    }

    /// Whether it says that it works with them.
    pub(crate) fn suits(&self, runtime: Option<&str>, architecture: Option<&str>) -> bool {
        let has = |list: &Option<Vec<String>>, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| list.as_ref().is_some_and(|list| list.iter().any(|one| one == wanted)))
        };
        has(&self.runtimes, runtime) && has(&self.architectures, architecture)
    }
}

/// A layer that a request names, by name or ARN, and its version, if the ARN has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayerName {
    pub region: String,
    pub account: String,
    pub name: String,
    pub version: Option<u64>,
}

impl LayerName {
    pub(crate) fn read(call: &Call, reference: &str) -> Self {
        // arn:partition:lambda:region:account:layer:name, and possibly a version.
        match reference.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "lambda", region, account, "layer", name, rest @ ..] if is_account(account) => Self {
                region: (*region).to_owned(),
                account: (*account).to_owned(),
                name: (*name).to_owned(),
                version: rest.first().and_then(|version| version.parse().ok()),
            },
            _ => Self {
                region: call.region.name().to_owned(),
                account: call.account().to_owned(),
                name: reference.to_owned(),
                version: None,
            },
        }
    }

    pub(crate) fn arn(&self) -> String {
        Arn::new("lambda", &self.region, &self.account, format!("layer:{}", self.name)).to_string()
    }

    pub(crate) fn version_arn(&self, number: impl std::fmt::Display) -> String {
        format!("{}:{number}", self.arn())
    }
}
