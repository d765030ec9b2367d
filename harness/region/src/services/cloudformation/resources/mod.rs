//! How each resource type is made and deleted, by calls to its service.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

mod context;
mod ec2;
mod function;
mod iam;
mod other;
mod properties;
mod s3;

pub(super) use context::Context;
pub(super) use properties::{check_types, has_own_iam_name};

use serde_json::Value;

use super::stack::MadeResource;

/// Why a resource could not be made or deleted, as `ResourceStatusReason` says it.
type Result<T> = std::result::Result<T, String>;

/// Makes a resource of type `kind` with resolved `properties`.
pub(super) async fn create(context: &Context, kind: &str, properties: Value) -> Result<MadeResource> {
    properties::check(kind, &properties)?;
    let family = kind.split("::").nth(1).unwrap_or_default();
    let mut made = match (family, kind) {
        ("EC2", _) => ec2::create(context, kind, &properties).await?,
        ("IAM", _) => iam::create(context, kind, &properties).await?,
        ("S3", _) => s3::create(context, kind, &properties).await?,
        ("Lambda", _) => function::create(context, kind, &properties).await?,
        _ => other::create(context, kind, &properties).await?,
    };
    made.properties = properties;
    Ok(made)
}

/// Deletes what [`create`] made. What is gone already counts as deleted.
pub(super) async fn delete(context: &Context, kind: &str, made: &MadeResource) -> Result<()> {
    match kind.split("::").nth(1).unwrap_or_default() {
        "EC2" => ec2::delete(context, kind, made).await,
        "IAM" => iam::delete(context, kind, made).await,
        "S3" => s3::delete(context, kind, made).await,
        "Lambda" => function::delete(context, kind, made).await,
        _ => other::delete(context, kind, made).await,
    }
}
