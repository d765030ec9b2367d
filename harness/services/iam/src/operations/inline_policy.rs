//! Inline policies of roles, users and groups.

use nightproof_core::document::Members as _;
use nightproof_core::service::AwsError;
use serde_json::{Value, json};

use crate::document::{Use, checked, counted_size, encoded};
use crate::error::{limit_exceeded, no_such_entity};
use crate::identity::Kind;
use crate::names::checked_name;
use crate::page::page;
use crate::records::Records;

pub(crate) fn put(records: &mut Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let name = checked_name(input, "PolicyName", 128)?;
    let identity = records.identity_mut(kind, input)?;
    let document = checked(input.required("PolicyDocument"), Use::Inline)?;
    // All inline policies of an identity count together.
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
    let most = match kind {
        Kind::Role => 10_240,
        Kind::User => 2_048,
        Kind::Group => 5_120,
    };
    let others: usize =
        identity.inline.iter().filter(|(other, _)| *other != name).map(|(_, document)| counted_size(document)).sum();
    if others + counted_size(&document) > most {
        return Err(limit_exceeded(format!(
            "Maximum policy size of {most} bytes exceeded for {} {}",
            kind.word(),
            identity.name
        )));
    }
    identity.inline.insert(name.to_owned(), document);
    Ok(json!({}))
}

pub(crate) fn get(records: &Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let name = input.required("PolicyName");
    let identity = records.identity(kind, input)?;
    let document = identity.inline.get(name).ok_or_else(|| not_found(kind, name))?;
    Ok(json!({ kind.member(): identity.name, "PolicyName": name, "PolicyDocument": encoded(document) }))
}

pub(crate) fn delete(records: &mut Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let name = input.required("PolicyName");
    let removed = records.identity_mut(kind, input)?.inline.remove(name);
    removed.map(|_| json!({})).ok_or_else(|| not_found(kind, name))
}

pub(crate) fn list(records: &Records, kind: Kind, input: &Value) -> Result<Value, AwsError> {
    let names = records.identity(kind, input)?.inline.keys().map(|name| name.as_str().into()).collect();
    page("PolicyNames", names, input)
}

fn not_found(kind: Kind, name: &str) -> AwsError {
    no_such_entity(format!("The {} policy with name {name} cannot be found.", kind.word()))
}
