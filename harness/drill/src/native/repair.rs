//! Setting by direct calls what another CloudFormation dropped or changed.

use std::collections::BTreeSet;

use nightproof_template::Template;
use serde_json::Value;

use super::compared_endpoint::ComparedEndpoint;
use super::difference::Difference;
use super::names;
use super::path;
use super::probe::{ANEW, Anew, Call, Each};
use crate::account::dynamic_client::DynamicClient;
use crate::chain::failure::{HopFailure, refused};

/// A resource that was made anew, beside the stack.
#[derive(Debug, Clone)]
pub(crate) struct Remade {
    anew: &'static Anew,
    id: String,
}

/// Makes anew, by their properties, the resources of which something cannot be set. Returns whether there was any, and adds the calls that
/// were refused.
pub(super) async fn make_anew(
    template: &Template,
    native: &mut ComparedEndpoint,
    differences: &[Difference],
    made: &(dyn Fn(Remade) + Sync),
    refused: &mut Vec<String>,
) -> Result<bool, HopFailure> {
    let fixed = differences.iter().filter(|difference| difference.aspect.mend.is_empty());
    let fixed: BTreeSet<&str> = fixed.map(|difference| difference.logical.as_str()).collect();
    let mut any = false;
    for logical in fixed {
        let kind = template.resources.iter().find(|resource| resource.id == logical).map(|resource| resource.kind.as_str());
        let Some(anew) = ANEW.iter().find(|anew| Some(anew.kind) == kind) else { continue };
        match native.call(&anew.make, logical, None, &|_| None).await {
            Ok(answer) => {
                let Some(id) = path::pick(&answer, anew.id).and_then(|id| id.as_str().map(str::to_owned)) else { continue };
                made(Remade { anew, id: id.clone() });
                if let Err(error) = native.call(&anew.remove, logical, None, &|_| None).await {
                    refused.push(said(logical, &anew.remove, &error));
                }
                native.renamed(template, logical, &id)?;
                any = true;
            }
            Err(error) => refused.push(said(logical, &anew.make, &error)),
        }
    }
    Ok(any)
}

/// Sets what differs, and adds the calls that were refused; what is still different shows when the two are compared again.
pub(super) async fn set(
    region: &ComparedEndpoint,
    native: &ComparedEndpoint,
    differences: &[Difference],
    refused: &mut Vec<String>,
) {
    let (ours, theirs) = (region.names(), native.names());
    for Difference { aspect, logical, of, want, have, .. } in differences {
        let translated = |text: &str| theirs.physical(&ours.logical(&path::decoded(text)));
        let want = want.as_ref().map(|want| names::map(want, &translated));
        for (each, call) in aspect.mend {
            let items = match each {
                Each::Once => vec![Value::Null],
                Each::Wanted => items(want.as_ref()),
                Each::There => items(have.as_ref()),
            };
            for item in items {
                let value = |name: &str| match name.split_once('/').unwrap_or((name, "")) {
                    ("want", rest) => want.as_ref().and_then(|want| path::pick(want, rest)),
                    ("item", rest) => path::pick(&item, rest),
                    _ => None,
                };
                if let Err(error) = native.call(call, logical, of.as_ref(), &value).await {
                    refused.push(said(logical, call, &error));
                }
            }
        }
    }
}

/// The items of a list; a value that is none is one item.
fn items(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    }
}

/// Removes what was made anew. Returns what could not be removed.
pub(super) async fn remove(client: &DynamicClient, remade: &[Remade]) -> Vec<String> {
    let mut left = Vec::new();
    for Remade { anew, id } in remade {
        let input: Value = serde_json::from_str(anew.remove.input).unwrap_or_default();
        let input = path::filled(&input, &|name| (name == "id").then(|| id.as_str().into())).unwrap_or_default();
        if let Err(error) = client.ask(anew.remove.service, anew.remove.operation, &input).await {
            left.push(refused(&format!("{} {id}", anew.kind), &error));
        }
    }
    left
}

fn said(logical: &str, call: &Call, error: &nightproof_wire::AwsError) -> String {
    format!("{logical}: {}: {}: {}", call.operation, error.code, error.message)
}
