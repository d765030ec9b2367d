//! Layers and their versions.
//! <https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::code::{Code, CodeMembers};
use crate::code_url;
use crate::error::{invalid, no_such_resource, require_one_of, violation};
use crate::layer::{LayerName, LayerVersion};
use crate::page::{Wanted, page};
use crate::records::Lambda;
use crate::revision::date;
use crate::runtime_lifecycle::{self, LISTED};

/// The runtimes that AWS lists when it refuses to list layers for one that it does not know, in its order.
#[rustfmt::skip]
const LISTED_FOR_LAYERS: [&str; 56] = [
    "ruby3.5", "ruby2.6", "dotnetcore1.0", "python3.7", "nodejs8.10", "nasa", "ruby2.7", "python2.7-greengrass", "dotnetcore2.0", "python3.8",
    "java21", "dotnet6", "dotnetcore2.1", "python3.9", "java11", "nodejs6.10", "provided", "dotnetcore3.1", "dotnet8", "java25", "java17",
    "nodejs", "nodejs4.3", "java8.al2", "go1.x", "dotnet10", "nodejs20.x", "go1.9", "byol", "nodejs10.x", "provided.al2023", "nodejs22.x",
    "python3.10", "java8", "nodejs12.x", "python3.11", "nodejs24.x", "nodejs8.x", "python3.12", "nodejs14.x", "nodejs8.9", "nodejs26.x",
    "python3.13", "python3.14", "nodejs16.x", "python3.15", "provided.al2", "nodejs4.3-edge", "nodejs18.x", "ruby3.2", "python3.4", "ruby3.3",
    "ruby3.4", "ruby2.5", "python3.6", "python2.7",
];

/// `PublishLayerVersion`. <https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PublishLayerVersion {
    layer_name: String,
    description: Option<String>,
    content: CodeMembers,
    compatible_runtimes: Option<Vec<String>>,
    compatible_architectures: Option<Vec<String>>,
    license_info: Option<String>,
}

/// `GetLayerVersion`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetLayerVersion {
    layer_name: String,
    version_number: i64,
}

/// `GetLayerVersionByArn`. <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionByArn.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetLayerVersionByArn {
    arn: String,
}

/// `DeleteLayerVersion`. <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteLayerVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteLayerVersion {
    layer_name: String,
    version_number: i64,
}

/// `ListLayers`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListLayers.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListLayers {
    compatible_runtime: Option<String>,
    compatible_architecture: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

/// `ListLayerVersions`. <https://docs.aws.amazon.com/lambda/latest/api/API_ListLayerVersions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListLayerVersions {
    layer_name: String,
    compatible_runtime: Option<String>,
    compatible_architecture: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

impl PublishLayerVersion {
    fn check(&self) -> Result<(), AwsError> {
        let mut broken = Vec::new();
        let shown = |list: &[String]| format!("[{}]", list.join(", "));
        if let Some(list) = self.compatible_runtimes.as_deref()
            && list.iter().any(|name| runtime_lifecycle::find(name).is_none())
        {
            broken.push(violation(
                &shown(list),
                "compatibleRuntimes",
                &format!("Member must satisfy enum value set: [{LISTED}]"),
            ));
        }
        if let Some(list) = self.compatible_architectures.as_deref()
            && list.iter().any(|name| !matches!(name.as_str(), "x86_64" | "arm64"))
        {
            let must =
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]";
            broken.push(violation(&shown(list), "compatibleArchitectures", must));
        }
        match broken.as_slice() {
            [] => Ok(()),
            [one] => Err(AwsError::validation(format!("1 validation error detected: {one}"))),
            several => {
                let count = several.len();
                Err(AwsError::validation(format!("{count} validation errors detected: {}", several.join("; "))))
            }
        }
    }
}

fn check_filter(runtime: Option<&str>, architecture: Option<&str>) -> Result<(), AwsError> {
    require_one_of(architecture, "compatibleArchitecture", &["x86_64", "arm64"])?;
    require_one_of(runtime, "compatibleRuntime", &LISTED_FOR_LAYERS)
}

/// Versions begin at 1.
pub(crate) fn number(number: i64) -> Result<u64, AwsError> {
    u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| invalid("Layer Version Cannot be less than 1"))
}

impl Lambda {
    pub(crate) async fn publish_layer_version(&self, call: &Call, input: PublishLayerVersion) -> Result<Value, AwsError> {
        input.check()?;
        let code = Code::load(call, input.content.source()?).await?;
        let name = LayerName::read(call, &input.layer_name);
        self.accounts.with(&name.account, |account| {
            let layer = account.layers.entry(name.name.clone()).or_default();
            layer.last_version += 1;
            let number = layer.last_version;
            let location = code_url::location(call, &self.secret, code_url::Kind::Layer, &name.name, &code);
            let version = LayerVersion {
                description: input.description.unwrap_or_default(),
                license: input.license_info,
                runtimes: input.compatible_runtimes,
                architectures: input.compatible_architectures,
                created: date(call.now),
                code,
                policy: None,
            };
            let made = version.describe_whole(&name, number, location);
            layer.versions.insert(number, version);
            Ok(made)
        })
    }

    pub(crate) fn get_layer_version(&self, call: &Call, input: GetLayerVersion) -> Result<Value, AwsError> {
        let number = number(input.version_number)?;
        self.describe_layer(call, &LayerName::read(call, &input.layer_name), number)
    }

    pub(crate) fn get_layer_version_by_arn(&self, call: &Call, input: GetLayerVersionByArn) -> Result<Value, AwsError> {
        let name = LayerName::read(call, &input.arn);
        self.describe_layer(call, &name, name.version.unwrap_or_default())
    }

    fn describe_layer(&self, call: &Call, name: &LayerName, number: u64) -> Result<Value, AwsError> {
        let accounts = self.accounts.lock();
        let layer = accounts.get(&name.account).and_then(|account| account.layers.get(&name.name));
        let version = layer.and_then(|layer| layer.versions.get(&number)).ok_or_else(no_such_resource)?;
        let location = code_url::location(call, &self.secret, code_url::Kind::Layer, &name.name, &version.code);
        Ok(version.describe_whole(name, number, location))
    }

    /// One that is not there counts as deleted. Functions that have it keep it.
    pub(crate) fn delete_layer_version(&self, call: &Call, input: DeleteLayerVersion) -> Result<Value, AwsError> {
        let (name, number) = (LayerName::read(call, &input.layer_name), number(input.version_number)?);
        self.accounts.with(&name.account, |account| {
            if let Some(layer) = account.layers.get_mut(&name.name) {
                layer.versions.remove(&number);
            }
        });
        Ok(json!({}))
    }

    pub(crate) fn list_layers(&self, call: &Call, input: ListLayers) -> Result<Value, AwsError> {
        let (runtime, architecture) = (input.compatible_runtime.as_deref(), input.compatible_architecture.as_deref());
        check_filter(runtime, architecture)?;
        let accounts = self.accounts.lock();
        let layers = accounts.get(call.account()).into_iter().flat_map(|account| &account.layers);
        let all = layers.filter_map(|(layer_name, layer)| {
            let name = LayerName::read(call, layer_name);
            let (number, latest) = layer.versions.iter().rev().find(|(_, version)| version.suits(runtime, architecture))?;
            let latest = latest.describe(&name, *number);
            let described = json!({ "LayerName": layer_name, "LayerArn": name.arn(), "LatestMatchingVersion": latest });
            Some((layer_name.clone(), described))
        });
        let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
        Ok(page(&wanted, "Layers", all))
    }

    pub(crate) fn list_layer_versions(&self, call: &Call, input: ListLayerVersions) -> Result<Value, AwsError> {
        let (runtime, architecture) = (input.compatible_runtime.as_deref(), input.compatible_architecture.as_deref());
        check_filter(runtime, architecture)?;
        let name = LayerName::read(call, &input.layer_name);
        let accounts = self.accounts.lock();
        let layer = accounts.get(&name.account).and_then(|account| account.layers.get(&name.name));
        // The newest come first: by names that fall as numbers rise.
        let all = layer.into_iter().flat_map(|layer| layer.versions.iter().rev());
        let all = all.filter(|(_, version)| version.suits(runtime, architecture));
        let all = all.map(|(number, version)| (format!("{:020}", u64::MAX - number), version.describe(&name, *number)));
        let wanted = Wanted { marker: input.marker.as_deref(), most: input.max_items, largest: 50 };
        Ok(page(&wanted, "LayerVersions", all))
    }
}

/// The error for a version of a layer that there is not.
pub(crate) fn missing(reference: &str, call: &Call, number: u64) -> AwsError {
    let arn = LayerName::read(call, reference).version_arn(number);
    crate::error::not_found(format!("Layer version {arn} does not exist."))
}
