//! How each resource type is made, changed and deleted, by calls to its service.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

mod address;
mod alarm;
mod bucket;
mod context;
mod difference;
mod function;
mod iam_attachment;
mod iam_entity;
mod iam_policy;
mod instance;
mod key;
mod log;
mod network;
mod oidc_provider;
mod parameter;
mod queue;
mod rule;
mod security_group;
mod support;
mod tag;
mod topic;
mod types;

pub(super) use context::Context;
pub(super) use difference::Difference;
pub(super) use support::{Facts, Standing, unsupported};
pub(super) use tag::with_tags;
pub(super) use types::{check_policies, has_own_iam_name, needs_replacement, own_name};

use serde_json::Value;

use super::stack::MadeResource;

/// Why a resource could not be made, changed or deleted, as `ResourceStatusReason` says it.
type Result<T> = std::result::Result<T, String>;

/// Who looks after a type.
enum Family {
    Network,
    SecurityGroup,
    Address,
    Instance,
    IamEntity,
    IamPolicy,
    OidcProvider,
    Bucket,
    Function,
    Key,
    Log,
    Rule,
    Queue,
    Topic,
    Alarm,
    Parameter,
}

fn family(kind: &str) -> Result<Family> {
    Ok(match kind.strip_prefix("AWS::").unwrap_or(kind) {
        "EC2::Instance" => Family::Instance,
        "EC2::EIP" | "EC2::EIPAssociation" => Family::Address,
        kind if kind.starts_with("EC2::SecurityGroup") => Family::SecurityGroup,
        kind if kind.starts_with("EC2::") => Family::Network,
        "IAM::Role" | "IAM::User" | "IAM::InstanceProfile" | "IAM::AccessKey" => Family::IamEntity,
        "IAM::OIDCProvider" => Family::OidcProvider,
        kind if kind.starts_with("IAM::") => Family::IamPolicy,
        kind if kind.starts_with("S3::") => Family::Bucket,
        kind if kind.starts_with("Lambda::") => Family::Function,
        kind if kind.starts_with("KMS::") => Family::Key,
        kind if kind.starts_with("Logs::") => Family::Log,
        kind if kind.starts_with("Events::") => Family::Rule,
        kind if kind.starts_with("SQS::") => Family::Queue,
        kind if kind.starts_with("SNS::") => Family::Topic,
        kind if kind.starts_with("CloudWatch::") => Family::Alarm,
        kind if kind.starts_with("SSM::") => Family::Parameter,
        _ => return Err(format!("Unrecognized resource type {kind}")),
    })
}

/// Makes a resource of type `kind` with resolved `properties`.
pub(super) async fn create(mut context: Context, kind: &str, properties: Value) -> Result<MadeResource> {
    support::check(kind, &properties)?;
    context.properties.clone_from(&properties);
    let context = &context;
    let mut made = match family(kind)? {
        Family::Network => network::create(context, kind, &properties).await?,
        Family::SecurityGroup => security_group::create(context, kind, &properties).await?,
        Family::Address => address::create(context, kind, &properties).await?,
        Family::Instance => instance::create(context, &properties).await?,
        Family::IamEntity => iam_entity::create(context, kind, &properties).await?,
        Family::IamPolicy => iam_policy::create(context, kind, &properties).await?,
        Family::OidcProvider => oidc_provider::create(context, &properties).await?,
        Family::Bucket => bucket::create(context, kind, &properties).await?,
        Family::Function => function::create(context, kind, &properties).await?,
        Family::Key => key::create(context, kind, &properties).await?,
        Family::Log => log::create(context, kind, &properties).await?,
        Family::Rule => rule::create(context, &properties).await?,
        Family::Queue => queue::create(context, kind, &properties).await?,
        Family::Topic => topic::create(context, kind, &properties).await?,
        Family::Alarm => alarm::create(context, &properties).await?,
        Family::Parameter => parameter::create(context, kind, &properties).await?,
    };
    made.properties = properties;
    Ok(made)
}

/// Changes what [`create`] made where it is, to other properties of which none needs a replacement. What was changed before already
/// is changed again without harm: an update that failed half-way is undone in this way.
pub(super) async fn update(mut context: Context, kind: &str, old: &MadeResource, properties: Value) -> Result<MadeResource> {
    support::check(kind, &properties)?;
    context.properties.clone_from(&properties);
    context.is_update = true;
    let context = &context;
    let mut made = match family(kind)? {
        Family::Network => network::update(context, kind, old, &properties).await?,
        Family::SecurityGroup => security_group::update(context, kind, old, &properties).await?,
        Family::Address => address::update(context, old, &properties).await?,
        Family::Instance => instance::update(context, old, &properties).await?,
        Family::IamEntity => iam_entity::update(context, kind, old, &properties).await?,
        Family::IamPolicy => iam_policy::update(context, kind, old, &properties).await?,
        Family::OidcProvider => oidc_provider::update(context, old, &properties).await?,
        Family::Bucket => bucket::update(context, kind, old, &properties).await?,
        Family::Function => function::update(context, kind, old, &properties).await?,
        Family::Key => key::update(context, kind, old, &properties).await?,
        Family::Log => log::update(context, old, &properties).await?,
        Family::Rule => rule::update(context, old, &properties).await?,
        Family::Queue => queue::update(context, kind, old, &properties).await?,
        Family::Topic => topic::update(context, kind, old, &properties).await?,
        Family::Alarm => alarm::update(context, old, &properties).await?,
        Family::Parameter => parameter::update(context, kind, old, &properties).await?,
    };
    made.properties = properties;
    Ok(made)
}

/// Why a resource can be neither changed in this way nor replaced.
pub(super) fn refusal(kind: &str, difference: &Difference) -> Option<String> {
    let fixed =
        (kind == "AWS::KMS::Key").then(|| key::FIXED.into_iter().find(|name| difference.changed.iter().any(|one| one == name)));
    fixed.flatten().map(|name| format!("The property {name} of a KMS key cannot be changed once the key is made"))
}

/// Deletes what [`create`] made. What is gone already counts as deleted.
pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    match family(kind)? {
        Family::Network => network::delete(context, kind, made).await,
        Family::SecurityGroup => security_group::delete(context, kind, made).await,
        Family::Address => address::delete(context, kind, made).await,
        Family::Instance => instance::delete(context, made).await,
        Family::IamEntity => iam_entity::delete(context, kind, made).await,
        Family::IamPolicy => iam_policy::delete(context, kind, made).await,
        Family::OidcProvider => oidc_provider::delete(context, made).await,
        Family::Bucket => bucket::delete(context, kind, made).await,
        Family::Function => function::delete(context, kind, made).await,
        Family::Key => key::delete(context, kind, made).await,
        Family::Log => log::delete(context, kind, made).await,
        Family::Rule => rule::delete(context, made).await,
        Family::Queue => queue::delete(context, kind, made).await,
        Family::Topic => topic::delete(context, kind, made).await,
        Family::Alarm => alarm::delete(context, made).await,
        Family::Parameter => parameter::delete(context, kind, made).await,
    }
}
