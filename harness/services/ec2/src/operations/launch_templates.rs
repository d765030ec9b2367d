//! Launch templates. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html>

use std::collections::BTreeMap;

use nightproof_core::service::{AwsError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client_token;
use crate::error::{error, invalid_parameter, missing};
use crate::filter::{Filter, filtered, page};
use crate::launch_data::LaunchData;
use crate::records::{LaunchTemplate, LaunchTemplateVersion, Records};
use crate::request::Request;
use crate::request_tags::{self, Keys as _, TagSpecification};
use crate::resource_id::resource_id;

/// A template as requests name it: by its id or its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
}

impl Name<'_> {
    /// The id of the template.
    pub(crate) fn find(self, records: &Records) -> Result<String, AwsError> {
        match (self.id, self.name) {
            (Some(_), Some(_)) => Err(error(
                "InvalidParameterCombination",
                "The parameters LaunchTemplateId and LaunchTemplateName may not be used in combination.",
            )),
            (None, None) => Err(missing("LaunchTemplateId or LaunchTemplateName")),
            (Some(id), None) if records.launch_templates.contains_key(id) => Ok(id.to_owned()),
            (Some(id), None) => Err(unknown_id(id)),
            (None, Some(name)) => {
                let found = records.launch_templates.values().find(|template| template.name == name);
                found.map(|template| template.id.clone()).ok_or_else(|| unknown_name(name))
            }
        }
    }

    /// The template.
    pub(crate) fn of(self, records: &mut Records) -> Result<&mut LaunchTemplate, AwsError> {
        let id = self.find(records)?;
        records.launch_templates.get_mut(&id).ok_or_else(|| unknown_id(&id))
    }
}

fn unknown_id(id: &str) -> AwsError {
    let digits = id.strip_prefix("lt-").unwrap_or_default();
    if digits.len() != 17 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return error("InvalidLaunchTemplateId.Malformed", format!("Invalid id: \"{id}\" (expecting \"lt-...\")"));
    }
    error("InvalidLaunchTemplateId.NotFound", format!("The specified launch template, with template ID {id}, does not exist."))
}

fn unknown_name(name: &str) -> AwsError {
    error(
        "InvalidLaunchTemplateName.NotFoundException",
        format!("The specified launch template, with template name {name}, does not exist."),
    )
}

/// The version that a text stands for: a number, `$Latest` or `$Default`.
pub(crate) fn version<'a>(template: &'a LaunchTemplate, text: &str) -> Result<&'a LaunchTemplateVersion, AwsError> {
    let number = match text {
        "$Default" => template.default_version,
        "$Latest" => template.versions.keys().next_back().copied().unwrap_or(template.latest_version),
        number => number
            .parse()
            .map_err(|_| invalid_parameter(format!("The specified launch template version '{number}' is not valid.")))?,
    };
    template.versions.get(&number).ok_or_else(|| unknown_version(template, number))
}

/// The refusal of a version that a template does not have.
pub(crate) fn unknown_version(template: &LaunchTemplate, number: i64) -> AwsError {
    let id = &template.id;
    error(
        "InvalidLaunchTemplateId.VersionNotFound",
        format!("Could not find the specified version {number} for the launch template with ID {id}."),
    )
}

/// `LaunchTemplateSpecification`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Specification {
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
    version: Option<String>,
}

/// The data of a launch by a template, and the tags that its instances have of it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html>
pub(crate) fn launched(
    records: &Records,
    specification: &Specification,
) -> Result<(LaunchData, Vec<(String, String)>), AwsError> {
    let Specification { launch_template_id: id, launch_template_name: name, version: wanted } = specification;
    let id = Name { id: id.as_deref(), name: name.as_deref() }.find(records)?;
    let template = records.launch_templates.get(&id).ok_or_else(|| unknown_id(&id))?;
    let version = version(template, wanted.as_deref().filter(|text| !text.is_empty()).unwrap_or("$Default"))?;
    let tag = |name: &str, value: &str| (format!("aws:ec2launchtemplate:{name}"), value.to_owned());
    Ok((version.data.clone(), vec![tag("id", &id), tag("version", &version.number.to_string())]))
}

fn describe_one(records: &Records, template: &LaunchTemplate) -> Value {
    json!({
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreateTime": template.created,
        "CreatedBy": template.created_by,
        "DefaultVersionNumber": template.default_version,
        "LatestVersionNumber": template.latest_version,
        "Tags": records.tags_of(&template.id),
    })
}

/// `CreateLaunchTemplate`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateLaunchTemplate {
    #[serde(default)]
    dry_run: bool,
    client_token: Option<String>,
    launch_template_name: String,
    version_description: Option<String>,
    launch_template_data: LaunchData,
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
}

impl Request for CreateLaunchTemplate {
    fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn tag_keys(&self) -> Vec<&str> {
        let mut keys = self.tag_specifications.keys();
        keys.extend(self.launch_template_data.tag_specifications.keys());
        keys
    }
}

pub(crate) fn create(records: &mut Records, input: &CreateLaunchTemplate, call: &Call) -> Result<Value, AwsError> {
    let name = input.launch_template_name.as_str();
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) =
        client_token::made_before(token, records.launch_templates.values(), |template| template.client_token.as_ref())
    {
        return Ok(json!({ "LaunchTemplate": describe_one(records, before) }));
    }
    if records.launch_templates.values().any(|template| template.name == name) {
        return Err(error("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use."));
    }
    let first = LaunchTemplateVersion {
        number: 1,
        description: input.version_description.clone(),
        created: call.now,
        created_by: call.caller.arn(),
        client_token: None,
        data: input.launch_template_data.clone(),
    };
    let template = LaunchTemplate {
        id: resource_id("lt"),
        name: name.to_owned(),
        created: call.now,
        created_by: call.caller.arn(),
        client_token: token.map(str::to_owned),
        default_version: 1,
        latest_version: 1,
        versions: BTreeMap::from([(1, first)]),
    };
    request_tags::on_creation(records, &input.tag_specifications, "launch-template", &template.id)?;
    let output = json!({ "LaunchTemplate": describe_one(records, &template) });
    records.launch_templates.insert(template.id.clone(), template);
    Ok(output)
}

/// `DescribeLaunchTemplates`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeLaunchTemplates {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    launch_template_ids: Vec<String>,
    #[serde(default)]
    launch_template_names: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    next_token: Option<String>,
    max_results: Option<i64>,
    #[expect(dead_code, reason = "no resource of the region is managed by a service")]
    include_managed_resources: Option<bool>,
}

pub(crate) fn describe(records: &Records, input: &DescribeLaunchTemplates) -> Result<Value, AwsError> {
    let (ids, names) = (&input.launch_template_ids, &input.launch_template_names);
    let mut wanted = Vec::new();
    for id in ids {
        wanted.push(Name { id: Some(id), name: None }.find(records)?);
    }
    for name in names {
        wanted.push(Name { id: None, name: Some(name) }.find(records)?);
    }
    let all = ids.is_empty() && names.is_empty();
    let chosen = records.launch_templates.values().filter(|template| all || wanted.contains(&template.id));
    let described = chosen.map(|template| describe_one(records, template)).collect();
    let paths = &[("create-time", "CreateTime"), ("launch-template-name", "LaunchTemplateName")];
    page("LaunchTemplates", filtered(described, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `ModifyLaunchTemplate`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyLaunchTemplate.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyLaunchTemplate {
    #[serde(default)]
    dry_run: bool,
    #[expect(dead_code, reason = "setting the same version twice is no difference")]
    client_token: Option<String>,
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
    default_version: Option<String>,
}

pub(crate) fn modify(records: &mut Records, input: &ModifyLaunchTemplate) -> Result<Value, AwsError> {
    let name = Name { id: input.launch_template_id.as_deref(), name: input.launch_template_name.as_deref() };
    let template = name.of(records)?;
    let wanted = input.default_version.as_deref().ok_or_else(|| missing("SetDefaultVersion"))?;
    template.default_version = version(template, wanted)?.number;
    let template = template.clone();
    Ok(json!({ "LaunchTemplate": describe_one(records, &template) }))
}

/// `DeleteLaunchTemplate`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplate.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteLaunchTemplate {
    #[serde(default)]
    dry_run: bool,
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteLaunchTemplate) -> Result<Value, AwsError> {
    let name = Name { id: input.launch_template_id.as_deref(), name: input.launch_template_name.as_deref() };
    let template = name.of(records)?.clone();
    let described = describe_one(records, &template);
    records.launch_templates.remove(&template.id);
    records.tags.remove(&template.id);
    Ok(json!({ "LaunchTemplate": described }))
}

requests! {
    DescribeLaunchTemplates { dry_run },
    ModifyLaunchTemplate { dry_run },
    DeleteLaunchTemplate { dry_run },
}
