//! The same template by another CloudFormation, at its own endpoint: what that one dropped or changed of it, and the mending of that.
//!
//! Nothing here knows how a property becomes a resource. The region has deployed the template too, and both are asked the same questions;
//! where the answers differ, by logical ids, the other CloudFormation did something else.

mod compared_endpoint;
mod difference;
mod names;
mod path;
mod probe;
mod probes;
mod repair;

use std::collections::BTreeSet;

use nightproof_template::{Resource, Template};
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;

use self::compared_endpoint::ComparedEndpoint;
use self::difference::Difference;
use self::names::Names;
use self::probe::{Probe, UNSEEN};
use self::repair::Remade;
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::chain::failure::HopFailure;
use crate::cleanup::destroy;
use crate::steps::deploy;
use crate::{Hop, Native, Plan, Provisions};

/// Longest value that is shown, in characters.
const LONGEST: usize = 200;

/// How often what differs is set.
const PASSES: u32 = 2;

/// A drill's handle on it.
pub(crate) struct Audit {
    client: DynamicClient,
    mend: bool,
    /// What was made beside the stack, once that was begun.
    made: Mutex<Option<Vec<Remade>>>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Audited {
    /// How many properties were compared.
    pub(crate) compared: usize,
    /// What was dropped or changed, and is as it should be now.
    pub(crate) mended: Vec<String>,
    /// Properties that nothing was asked about.
    pub(crate) unseen: Vec<String>,
}

impl Audited {
    /// What somebody should know, by stable names: it fails no drill.
    pub(crate) fn told(self) -> impl Iterator<Item = (&'static str, String)> {
        let mended = self.mended.into_iter().map(|text| ("native-mended", text));
        mended.chain(self.unseen.into_iter().map(|text| ("native-not-compared", text)))
    }
}

/// What a comparison came to.
#[derive(Default)]
struct Comparison {
    compared: usize,
    differences: Vec<Difference>,
    /// What nothing can be compared of: not made, or not told.
    unknown: Vec<String>,
    unseen: Vec<String>,
}

impl Comparison {
    fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.unknown.is_empty()
    }

    fn texts(&self) -> Vec<String> {
        self.unknown.iter().cloned().chain(self.differences.iter().map(|one| one.text.clone())).collect()
    }
}

impl Audit {
    pub(crate) fn new(native: &Native) -> Self {
        Self { client: DynamicClient::new(&native.endpoint), mend: native.mend, made: Mutex::default() }
    }

    /// Deploys the plan's template under the name `stack` and compares what came of it with the region's `resources`.
    pub(crate) async fn deploy(
        &self,
        region: &DynamicClient,
        plan: &Plan,
        stack: &str,
        resources: &Resources,
    ) -> Result<Audited, HopFailure> {
        let template = Template::parse(&plan.template).map_err(|errors| {
            HopFailure::at(
                Hop::Stack,
                errors.first().map_or_else(|| "the template cannot be read".to_owned(), ToString::to_string),
            )
        })?;
        let plan = Plan {
            review: None,
            provisions: Provisions { tags: plan.provisions.tags.clone(), ..Provisions::default() },
            ..plan.clone()
        };
        *self.made() = Some(Vec::new());
        let made = deploy::deploy(&self.client, &plan, stack).await.map_err(|broken| HopFailure {
            reason: format!("the native CloudFormation could not deploy it: {}", broken.reason),
            ..broken
        })?;
        let region = ComparedEndpoint::new(region, &template, stack, resources).await?;
        let mut native = ComparedEndpoint::new(&self.client, &template, stack, &made).await?;
        let first = compare(&template, &region, &native).await;
        let mut audited = Audited { compared: first.compared, unseen: first.unseen.clone(), ..Audited::default() };
        if first.is_clean() {
            return Ok(audited);
        }
        if !self.mend {
            let reason = format!(
                "the native CloudFormation says CREATE_COMPLETE and dropped or changed {} of {} properties; --mend sets them by direct calls",
                first.texts().len(),
                first.compared
            );
            return Err(HopFailure { evidence: first.texts(), ..HopFailure::at(Hop::Stack, reason) });
        }
        let mut refused = Vec::new();
        let made = |made| self.made().get_or_insert_default().push(made);
        let anew = repair::make_anew(&template, &mut native, &first.differences, &made, &mut refused).await?;
        let mut now = if anew { compare(&template, &region, &native).await } else { Comparison::default() };
        let mut differences = if anew { &now.differences } else { &first.differences };
        // What is made anew loses what was right of it.
        for _ in 0..PASSES {
            repair::set(&region, &native, differences, &mut refused).await;
            now = compare(&template, &region, &native).await;
            if now.is_clean() {
                audited.mended = first.texts();
                return Ok(audited);
            }
            differences = &now.differences;
        }
        let reason = format!("{} properties are still not as the template says after mending", now.texts().len());
        Err(HopFailure { evidence: now.texts(), ..HopFailure::at(Hop::Stack, reason) }.with("refused", &refused.join("\n")))
    }

    /// Removes the stack and what was made beside it. Returns what could not be removed.
    pub(crate) async fn destroy(&self, stack: &str) -> Vec<String> {
        let Some(remade) = self.made().take() else { return Vec::new() };
        let mut left = repair::remove(&self.client, &remade).await;
        left.extend(destroy::stack_and_contents(&self.client, stack).await);
        left.into_iter().map(|one| format!("native {one}")).collect()
    }

    fn made(&self) -> MutexGuard<'_, Option<Vec<Remade>>> {
        self.made.lock()
    }
}

/// Asks both about every property that the template gives.
async fn compare(template: &Template, region: &ComparedEndpoint, native: &ComparedEndpoint) -> Comparison {
    let mut found = Comparison::default();
    let names = (region.names(), native.names());
    for resource in &template.resources {
        // A condition may leave it out.
        let Some(given) = region.properties(&resource.id).and_then(Value::as_object) else { continue };
        if native.id(&resource.id).is_none() {
            found.unknown.push(format!("{} ({}, line {}) was not made", resource.id, resource.kind, resource.position.line));
            continue;
        }
        let given: Vec<&str> = given.keys().map(String::as_str).collect();
        let aspects = probes::all().filter(|aspect| aspect.kinds.contains(&resource.kind.as_str()));
        let aspects: Vec<&'static Probe> = aspects.collect();
        for property in &given {
            let is_name = names_it(region, &resource.id, property) && names_it(native, &resource.id, property);
            if is_name || aspects.iter().any(|aspect| aspect.properties.contains(property)) {
                found.compared += 1;
            } else {
                let why = UNSEEN.iter().find(|(kind, name, _)| *kind == resource.kind && name == property);
                let why = why.map_or("nothing is known that shows it", |(.., why)| why);
                found.unseen.push(format!("{}: {why}", place(resource, &[property])));
            }
        }
        // The tags of the stack are every resource's.
        let shows = |aspect: &&Probe| aspect.properties.iter().any(|one| *one == "Tags" || given.contains(one));
        for aspect in aspects.into_iter().filter(shows) {
            found.compared += usize::from(!aspect.properties.iter().any(|one| given.contains(one)));
            ask(resource, aspect, (region, native), (&names.0, &names.1), &mut found).await;
        }
    }
    found
}

/// Asks both about one aspect of a resource.
async fn ask(
    resource: &Resource,
    aspect: &'static Probe,
    (region, native): (&ComparedEndpoint, &ComparedEndpoint),
    (ours, theirs): (&Names, &Names),
    found: &mut Comparison,
) {
    let logical = &resource.id;
    let place = place(resource, aspect.properties);
    let (wanted, there) = (region.read(aspect, logical).await, native.read(aspect, logical).await);
    for (want, have) in wanted.into_iter().zip(there) {
        match (want.value, have.value) {
            (Ok(want), Ok(value)) => {
                let (should, is) = (said(want.as_ref(), ours), said(value.as_ref(), theirs));
                if should != is {
                    let text = format!("{place}: {}", told(should.as_ref(), is.as_ref()));
                    found.differences.push(Difference { aspect, logical: logical.clone(), of: have.of, want, have: value, text });
                }
            }
            (want, have) => {
                for (who, error) in [("the region", want.err()), ("the native service", have.err())] {
                    let Some(error) = error else { continue };
                    let (operation, code, message) = (aspect.ask.operation, error.code, error.message);
                    found.unknown.push(format!("{place}: {who} does not tell: {operation}: {code}: {message}"));
                }
            }
        }
    }
}

/// What a service says, in logical ids; nothing if it says nothing.
fn said(value: Option<&Value>, names: &Names) -> Option<Value> {
    value.map(|value| names::canonical(value, names)).filter(|value| !names::is_empty(value))
}

/// A property in the template; several of them together are the resource.
fn place(resource: &Resource, properties: &[&str]) -> String {
    let Resource { id, position, .. } = resource;
    match properties {
        [property] => format!("{id}.{property} (line {})", resource.position_of(property).unwrap_or(*position).line),
        _ => format!("{id} (line {})", position.line),
    }
}

/// Whether this property is what the resource is called.
fn names_it(side: &ComparedEndpoint, logical: &str, property: &str) -> bool {
    let value = side.value(logical, property).and_then(|value| value.as_str().map(str::to_owned));
    let id = side.id(logical).unwrap_or_default();
    value.is_some_and(|value| id == value || id.rsplit('/').next() == Some(&value))
}

/// What differs; of two documents or lists, in which part.
fn told(should: Option<&Value>, is: Option<&Value>) -> String {
    match (should, is) {
        (Some(Value::Object(wanted)), Some(Value::Object(there))) => {
            let names: BTreeSet<&String> = wanted.keys().chain(there.keys()).collect();
            let differing: Vec<&String> = names.into_iter().filter(|name| wanted.get(*name) != there.get(*name)).collect();
            let told = differing.iter().map(|name| format!("{name} {}", told(wanted.get(*name), there.get(*name))));
            told.collect::<Vec<_>>().join("; ")
        }
        (Some(Value::Array(wanted)), Some(Value::Array(there))) => {
            let only =
                |of: &[Value], others: &[Value]| of.iter().filter(|one| !others.contains(one)).cloned().collect::<Vec<_>>();
            match (only(wanted, there).as_slice(), only(there, wanted).as_slice()) {
                ([], added) => format!("added {}", shown(added)),
                (dropped, []) => format!("dropped {}", shown(dropped)),
                ([one], [other]) => told(Some(one), Some(other)),
                (dropped, added) => format!("should have {} and has {}", shown(dropped), shown(added)),
            }
        }
        (Some(should), Some(is)) => {
            format!("should be {} and is {}", shown(std::slice::from_ref(should)), shown(std::slice::from_ref(is)))
        }
        (Some(should), None) => format!("dropped {}", shown(std::slice::from_ref(should))),
        (None, Some(is)) => format!("added {}", shown(std::slice::from_ref(is))),
        (None, None) => String::new(),
    }
}

/// Values as JSON, cut where they are long.
fn shown(values: &[Value]) -> String {
    let text = values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
    let cut = text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at));
    cut.map_or_else(|| text.clone(), |start| format!("{start}…"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(should: &Value, is: &Value) -> String {
        told(Some(should), Some(is))
    }

    #[test]
    fn a_difference_is_told_by_its_part() {
        assert_eq!(told(Some(&json!({"a": 1})), None), r#"dropped {"a":1}"#);
        assert_eq!(told(None, Some(&json!("x"))), r#"added "x""#);
        let (should, is) = (json!({"Rules": [{"Key": "k", "On": true}], "Same": 1}), json!({"Rules": [{"Key": "l"}], "Same": 1}));
        assert_eq!(text(&should, &is), r#"Rules Key should be "k" and is "l"; On dropped true"#);
    }

    #[test]
    fn items_of_a_list_are_told_that_one_of_the_two_lacks() {
        assert_eq!(text(&json!(["a", "b"]), &json!(["b"])), r#"dropped "a""#);
        assert_eq!(text(&json!(["b"]), &json!(["a", "b"])), r#"added "a""#);
        assert_eq!(text(&json!(["a", "b"]), &json!(["c"])), r#"should have "a", "b" and has "c""#);
    }

    #[test]
    fn what_is_long_is_cut() {
        assert!(text(&json!("é".repeat(1000)), &json!("y")).chars().count() < LONGEST + 50);
    }
}
