//! Existing: deploys what is there already when somebody deploys the stack, and has its outputs.

use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::account::stack::{self, Output};
use crate::chain::failure::{HopFailure, at};
use crate::provisions::{Existing, ExistingStack};
use crate::steps::deploy;
use crate::{FailurePoint, Plan};

/// The name of the existing stack with this number, from 1, beside the stack `name`.
pub(crate) fn name(stack: &str, number: usize) -> String {
    format!("{stack}-existing-{number}")
}

/// Deploys all of them, each before it is noted by `begun`. Returns the parameters of the drill's stack that their outputs are.
pub(crate) async fn deploy(
    client: &DynamicClient,
    existing: &Existing,
    plan: &Plan,
    begun: impl Fn(String),
) -> Result<Vec<(String, String)>, HopFailure> {
    let mut outputs = Vec::new();
    for (index, one) in existing.stacks.iter().enumerate() {
        let name = name(&plan.stack(), index + 1);
        begun(name.clone());
        let plan = Plan {
            template: one.template.clone(),
            parameters: one.parameters.clone(),
            review: None,
            provisions: crate::Provisions::default(),
            ..plan.clone()
        };
        deploy::deploy(client, &plan, &name).await.map_err(|broken| explained(one, broken))?;
        let described = stack::describe(client, &name).await.map_err(at(FailurePoint::Drill, "DescribeStacks"))?;
        outputs.push(described.unwrap_or_default().outputs);
    }
    for asset in &existing.assets {
        let input = json!({ "Bucket": asset.bucket, "Key": asset.key });
        client.upload(&input, &asset.file).await.map_err(at(FailurePoint::Input, "PutObject"))?;
    }
    existing
        .outputs
        .iter()
        .map(|wanted| {
            let found =
                outputs.get(wanted.stack).and_then(|has: &Vec<Output>| has.iter().find(|one| one.output_key == wanted.output));
            let missing = || {
                let label = existing.stacks.get(wanted.stack).map(|one| one.label.as_str()).unwrap_or_default();
                HopFailure::at(
                    FailurePoint::Input,
                    format!("{label} has no output `{}` for the parameter `{}`", wanted.output, wanted.parameter),
                )
            };
            Ok((wanted.parameter.clone(), found.ok_or_else(missing)?.output_value.clone()))
        })
        .collect()
}

/// A failure of what was to exist: of the drill's input, and of no link of the chain.
fn explained(one: &ExistingStack, broken: HopFailure) -> HopFailure {
    let reason = format!("{}, which is to exist already, cannot be deployed: {}", one.label, broken.reason);
    let point = if broken.not_supported.is_empty() { FailurePoint::Input } else { broken.point };
    HopFailure { point, reason, ..broken }
}
