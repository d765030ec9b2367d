//! Reading Parameter Store.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::operations::parameters::{arn, not_found};
use crate::page::page;
use crate::public_parameters;
use crate::records::Ssm;
use crate::stamp::stamp;
use crate::stored_parameter::ParameterVersion;

/// `GetParameter`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetParameter {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

/// `GetParameters`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetParameters {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

/// `GetParametersByPath`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetParametersByPath {
    path: String,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    with_decryption: bool,
    #[serde(default)]
    parameter_filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `GetParameterHistory`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameterHistory.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetParameterHistory {
    name: String,
    #[serde(default)]
    with_decryption: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `DescribeParameters`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeParameters {
    #[serde(default)]
    parameter_filters: Vec<Filter>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    shared: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    option: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

/// The name and the version (or label) in `name`, `name:3`, and an ARN of either.
fn selector<'a>(call: &Call, text: &'a str) -> (String, Option<&'a str>) {
    let prefix = call.arn("ssm", "parameter/");
    let (full, rest) = match text.strip_prefix(&prefix) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (name, version) = match rest.split_once(':') {
        Some((name, version)) if !text.starts_with("arn:") || full => (name, Some(version)),
        _ => (rest, None),
    };
    // In an ARN the first slash of a hierarchy is the one after `parameter`.
    let name = if full && name.contains('/') { format!("/{name}") } else { name.to_owned() };
    (name, version)
}

fn published(value: &str) -> ParameterVersion {
    ParameterVersion {
        number: 1,
        kind: "String".to_owned(),
        value: value.to_owned(),
        key_id: None,
        description: None,
        allowed_pattern: None,
        tier: "Standard".to_owned(),
        modified: Timestamp::from_second(1_700_000_000).unwrap_or_default(),
        user: String::new(),
    }
}

fn below(name: &str, path: &str, recursive: bool) -> bool {
    let path = path.trim_end_matches('/');
    let rest = name.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| recursive || !rest.contains('/'))
}

impl Filter {
    fn keeps(&self, call: &Call, ssm: &Ssm, name: &str, version: &ParameterVersion) -> Result<bool, AwsError> {
        let any = |text: &str| match self.option.as_deref() {
            None | Some("Equals") => self.values.iter().any(|value| value == text),
            Some("BeginsWith") => self.values.iter().any(|value| text.starts_with(value.as_str())),
            Some("Contains") => self.values.iter().any(|value| text.contains(value.as_str())),
            Some(_) => false,
        };
        Ok(match self.key.as_str() {
            "Name" => any(name) || (name.starts_with('/') && any(name.trim_start_matches('/'))),
            "Type" => any(&version.kind),
            "KeyId" => version.key_id.as_deref().is_some_and(any),
            "Tier" => any(&version.tier),
            "DataType" => any("text"),
            "Path" => {
                let recursive = self.option.as_deref() == Some("Recursive");
                self.values.iter().any(|path| below(name, path, recursive))
            }
            key if key.starts_with("tag:") => {
                let tags = ssm.tags(call.account(), "Parameter", name);
                let value = key.strip_prefix("tag:").and_then(|key| tags.get(key).map(str::to_owned));
                value.is_some_and(|value| self.values.is_empty() || any(&value))
            }
            other => {
                return Err(AwsError::new(
                    "InvalidFilterKey",
                    400,
                    format!(
                        "The following filter key is not valid: {other}. Valid filter keys include: [Path, Name, Type, KeyId, Tier, DataType]."
                    ),
                ));
            }
        })
    }
}

impl Ssm {
    fn find(&self, call: &Call, text: &str) -> Result<(String, ParameterVersion), AwsError> {
        let (name, wanted) = selector(call, text);
        if public_parameters::is_public(&name) {
            return match public_parameters::value(&name) {
                Some(value) => Ok((name, published(value))),
                None => Err(AwsError::not_implemented("ssm", &format!("the public parameter {name}"))),
            };
        }
        let found = self.with(call.account(), |records| records.parameters.get(&name).cloned()).ok_or_else(not_found)?;
        let version = match wanted {
            None => found.versions.last(),
            Some(wanted) => found.versions.iter().find(|version| version.number.to_string() == wanted),
        };
        version.cloned().map(|version| (name.clone(), version)).ok_or_else(|| {
            AwsError::new(
                "ParameterVersionNotFound",
                400,
                format!(
                    "Systems Manager could not find version {} of {name}. Verify the version and try again.",
                    wanted.unwrap_or_default()
                ),
            )
        })
    }

    pub(crate) async fn get_parameter(&self, call: &Call, input: GetParameter) -> Result<Value, AwsError> {
        let (name, version) = self.find(call, &input.name)?;
        Ok(json!({"Parameter": self.parameter_document(call, &name, &version, input.with_decryption).await?}))
    }

    pub(crate) async fn get_parameters(&self, call: &Call, input: GetParameters) -> Result<Value, AwsError> {
        let (mut parameters, mut invalid) = (Vec::new(), Vec::new());
        for text in &input.names {
            match self.find(call, text) {
                Ok((name, version)) => {
                    parameters.push(self.parameter_document(call, &name, &version, input.with_decryption).await?);
                }
                Err(error) if error.code == "NotImplemented" => return Err(error),
                Err(_) => invalid.push(text),
            }
        }
        Ok(json!({"Parameters": parameters, "InvalidParameters": invalid}))
    }

    pub(crate) async fn get_parameters_by_path(&self, call: &Call, input: GetParametersByPath) -> Result<Value, AwsError> {
        let path = input.path;
        if !path.starts_with('/') {
            return Err(AwsError::validation(
                "The parameter path must begin with \"/\". It can't be prefixed with \"aws\" or \"ssm\".",
            ));
        }
        let current: Vec<(String, ParameterVersion)> = if public_parameters::is_public(&format!("{path}/")) {
            public_parameters::all().map(|(name, value)| (name, published(value))).collect()
        } else {
            self.current(call)
        };
        let mut found = Vec::new();
        'next: for (name, version) in current.iter().filter(|(name, _)| below(name, &path, input.recursive)) {
            for filter in &input.parameter_filters {
                if !["Type", "KeyId"].contains(&filter.key.as_str()) {
                    return Err(AwsError::not_implemented("ssm", &format!("the filter {} of GetParametersByPath", filter.key)));
                }
                if !filter.keeps(call, self, name, version)? {
                    continue 'next;
                }
            }
            found.push(self.parameter_document(call, name, version, input.with_decryption).await?);
        }
        page("Parameters", found, input.next_token.as_deref(), input.max_results.unwrap_or(10))
    }

    /// The current version of each parameter of the account, by name.
    fn current(&self, call: &Call) -> Vec<(String, ParameterVersion)> {
        self.with(call.account(), |records| {
            let all = records.parameters.iter();
            all.filter_map(|(name, parameter)| Some((name.clone(), parameter.versions.last()?.clone()))).collect()
        })
    }

    pub(crate) fn describe_parameters(&self, call: &Call, input: DescribeParameters) -> Result<Value, AwsError> {
        if input.shared {
            return Err(AwsError::not_implemented("ssm", "Shared of DescribeParameters"));
        }
        if !input.filters.is_empty() && !input.parameter_filters.is_empty() {
            return Err(AwsError::validation("You can use either Filters or ParameterFilters in a single request."));
        }
        let mut found = Vec::new();
        'next: for (name, version) in &self.current(call) {
            for filter in input.parameter_filters.iter().chain(&input.filters) {
                if !filter.keeps(call, self, name, version)? {
                    continue 'next;
                }
            }
            let mut described = describe(name, version);
            described.insert("ARN".to_owned(), json!(arn(call, name)));
            found.push(Value::Object(described));
        }
        page("Parameters", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }

    pub(crate) async fn get_parameter_history(&self, call: &Call, input: GetParameterHistory) -> Result<Value, AwsError> {
        let (name, _) = selector(call, &input.name);
        let parameter = self.with(call.account(), |records| records.parameters.get(&name).cloned()).ok_or_else(not_found)?;
        let mut found = Vec::new();
        for version in &parameter.versions {
            let document = self.parameter_document(call, &name, version, input.with_decryption).await?;
            let mut described = describe(&name, version);
            described.insert("Value".to_owned(), document.get("Value").cloned().unwrap_or_default());
            described.insert("Labels".to_owned(), json!([]));
            found.push(Value::Object(described));
        }
        page("Parameters", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}

/// A version's metadata, without its value.
fn describe(name: &str, version: &ParameterVersion) -> Map<String, Value> {
    let optional = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    [
        ("Name", Some(json!(name))),
        ("Type", Some(json!(version.kind))),
        ("KeyId", optional(&version.key_id)),
        ("LastModifiedDate", Some(json!(stamp(version.modified)))),
        ("LastModifiedUser", Some(json!(version.user))),
        ("Description", optional(&version.description)),
        ("AllowedPattern", optional(&version.allowed_pattern)),
        ("Version", Some(json!(version.number))),
        ("Tier", Some(json!(version.tier))),
        ("Policies", Some(json!([]))),
        ("DataType", Some(json!("text"))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
