//! Versions of launch templates. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-launch-template-versions.html>

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::launch_templates::{Name, unknown_version, version};
use crate::client_token;
use crate::error::{error, invalid_parameter};
use crate::filter::{Filter, filtered, page};
use crate::launch_data::LaunchData;
use crate::records::{LaunchTemplate, LaunchTemplateVersion, Records};
use crate::request::Request;
use crate::request_tags::Keys as _;

fn describe_one(template: &LaunchTemplate, version: &LaunchTemplateVersion) -> Value {
    let mut described = json!({
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "CreateTime": version.created,
        "CreatedBy": version.created_by,
        "DefaultVersion": version.number == template.default_version,
        "LaunchTemplateData": version.data.describe(),
    });
    if let (Some(members), Some(description)) = (described.as_object_mut(), &version.description) {
        members.insert("VersionDescription".to_owned(), description.as_str().into());
    }
    described
}

/// `CreateLaunchTemplateVersion`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateLaunchTemplateVersion {
    #[serde(default)]
    dry_run: bool,
    client_token: Option<String>,
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
    source_version: Option<String>,
    version_description: Option<String>,
    launch_template_data: LaunchData,
}

impl Request for CreateLaunchTemplateVersion {
    fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn tag_keys(&self) -> Vec<&str> {
        self.launch_template_data.tag_specifications.keys()
    }
}

pub(crate) fn create(records: &mut Records, input: &CreateLaunchTemplateVersion, call: &Call) -> Result<Value, AwsError> {
    let name = Name { id: input.launch_template_id.as_deref(), name: input.launch_template_name.as_deref() };
    let template = name.of(records)?;
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) = client_token::made_before(token, template.versions.values(), |version| version.client_token.as_ref()) {
        return Ok(json!({ "LaunchTemplateVersion": describe_one(template, before) }));
    }
    let mut data = input.launch_template_data.clone();
    if let Some(source) = &input.source_version {
        data.fill(version(template, source)?.data.clone());
    }
    template.latest_version += 1;
    let made = LaunchTemplateVersion {
        number: template.latest_version,
        description: input.version_description.clone(),
        created: call.now,
        created_by: call.caller.arn(),
        client_token: token.map(str::to_owned),
        data,
    };
    let described = describe_one(template, &made);
    template.versions.insert(made.number, made);
    Ok(json!({ "LaunchTemplateVersion": described }))
}

/// `DescribeLaunchTemplateVersions`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeLaunchTemplateVersions {
    #[serde(default)]
    dry_run: bool,
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
    #[serde(default)]
    versions: Vec<String>,
    min_version: Option<String>,
    max_version: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[expect(dead_code, reason = "no resource of the region is managed by a service")]
    include_managed_resources: Option<bool>,
}

pub(crate) fn describe(records: &Records, input: &DescribeLaunchTemplateVersions) -> Result<Value, AwsError> {
    let name = Name { id: input.launch_template_id.as_deref(), name: input.launch_template_name.as_deref() };
    let mut described = Vec::new();
    if name.id.is_none() && name.name.is_none() {
        // Of all templates only what each of them has.
        if input.versions.is_empty() || input.versions.iter().any(|wanted| !wanted.starts_with('$')) {
            return Err(error(
                "MissingParameter",
                "Versions must be $Latest, $Default or both if neither a launch template ID nor a launch template name is given.",
            ));
        }
        for template in records.launch_templates.values() {
            described.extend(chosen(template, &input.versions)?.into_iter().map(|version| describe_one(template, version)));
        }
    } else {
        let id = name.find(records)?;
        if let Some(template) = records.launch_templates.get(&id) {
            let range = (bound(input.min_version.as_deref())?, bound(input.max_version.as_deref())?);
            let within = |number: i64| range.0.is_none_or(|least| number >= least) && range.1.is_none_or(|most| number <= most);
            // The newest first.
            let versions = match input.versions.as_slice() {
                [] => template.versions.values().rev().collect(),
                wanted => chosen(template, wanted)?,
            };
            let versions = versions.into_iter().filter(|version| within(version.number));
            described.extend(versions.map(|version| describe_one(template, version)));
        }
    }
    let paths = &[
        ("create-time", "CreateTime"),
        ("ebs-optimized", "LaunchTemplateData.EbsOptimized"),
        ("http-endpoint", "LaunchTemplateData.MetadataOptions.HttpEndpoint"),
        ("http-tokens", "LaunchTemplateData.MetadataOptions.HttpTokens"),
        ("iam-instance-profile", "LaunchTemplateData.IamInstanceProfile.Arn"),
        ("image-id", "LaunchTemplateData.ImageId"),
        ("instance-type", "LaunchTemplateData.InstanceType"),
        ("is-default-version", "DefaultVersion"),
    ];
    let kept = filtered(described, &input.filters, paths)?;
    page("LaunchTemplateVersions", kept, input.max_results, input.next_token.as_deref())
}

/// The versions of these numbers or aliases, each once.
fn chosen<'a>(template: &'a LaunchTemplate, wanted: &[String]) -> Result<Vec<&'a LaunchTemplateVersion>, AwsError> {
    let mut chosen: Vec<&LaunchTemplateVersion> = Vec::new();
    for text in wanted {
        let version = version(template, text)?;
        if chosen.iter().all(|one| one.number != version.number) {
            chosen.push(version);
        }
    }
    Ok(chosen)
}

fn bound(text: Option<&str>) -> Result<Option<i64>, AwsError> {
    let read = |text: &str| {
        text.parse().map_err(|_| invalid_parameter(format!("The specified launch template version '{text}' is not valid.")))
    };
    text.map(read).transpose()
}

/// `DeleteLaunchTemplateVersions`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteLaunchTemplateVersions {
    #[serde(default)]
    dry_run: bool,
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
    versions: Vec<String>,
}

/// Each version is deleted or refused by itself; the default one stays.
pub(crate) fn delete(records: &mut Records, input: &DeleteLaunchTemplateVersions) -> Result<Value, AwsError> {
    let name = Name { id: input.launch_template_id.as_deref(), name: input.launch_template_name.as_deref() };
    let template = name.of(records)?;
    let (mut deleted, mut refused) = (Vec::new(), Vec::new());
    for text in &input.versions {
        let number = bound(Some(text))?.unwrap_or_default();
        let item = json!({ "LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": number });
        let refusal = if !template.versions.contains_key(&number) {
            Some(("launchTemplateVersionDoesNotExist", unknown_version(template, number).message))
        } else if number == template.default_version {
            Some(("unexpectedError", format!("The default version {number} of the launch template cannot be deleted.")))
        } else {
            None
        };
        match refusal {
            None => {
                template.versions.remove(&number);
                deleted.push(item);
            }
            Some((code, message)) => {
                let mut item = item;
                if let Some(members) = item.as_object_mut() {
                    members.insert("ResponseError".to_owned(), json!({ "Code": code, "Message": message }));
                }
                refused.push(item);
            }
        }
    }
    Ok(json!({
        "SuccessfullyDeletedLaunchTemplateVersions": deleted,
        "UnsuccessfullyDeletedLaunchTemplateVersions": refused,
    }))
}

requests! {
    DescribeLaunchTemplateVersions { dry_run },
    DeleteLaunchTemplateVersions { dry_run },
}
