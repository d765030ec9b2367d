//! `firedrill access --mutate`: takes each grant away and runs the drill again, loosens each restriction and asks what it held back.

use std::collections::BTreeSet;
use std::sync::Arc;

use firedrill_drill::DrillResult;
use firedrill_journal::Journal;
use firedrill_template::{Template, to_json};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::held::{self, Held};
use super::neighbour::{self, Neighbour};
use super::operator_grants;
use super::report::place;
use super::usage::{self, Access};
use super::{Changed, Trial};
use crate::arguments::Format;
use crate::{Exit, operator, printer, stage};

/// What came of it all.
#[derive(Debug, Serialize)]
struct Findings {
    version: u32,
    removed: Vec<Removed>,
    loosened: Vec<Loosened>,
    /// Neighbours that a role is allowed as it stands.
    too_wide: Vec<TooWide>,
}

/// A grant that was taken away.
#[derive(Debug, Clone, Serialize)]
struct Removed {
    grant: String,
    verdict: Verdict,
    /// Where the drill broke without it, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    broke: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// The drill fails without it.
    Needed,
    /// The drill passes without it.
    Needless,
    /// It is for a service that does nothing in a night that goes well, so that a drill cannot tell.
    NotExercised,
}

#[derive(Debug, Serialize)]
struct Loosened {
    restriction: String,
    /// What would be allowed without it.
    holds_back: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TooWide {
    role: String,
    allowed: String,
}

/// A grant, and what a trial has without it.
pub(super) struct Mutant {
    pub(super) grant: String,
    pub(super) without: Changed,
    pub(super) exercised: bool,
}

impl Mutant {
    fn of_template(grant: String, without: &Value, exercised: bool) -> Self {
        Self { grant, without: Changed::Template(without.to_string()), exercised }
    }
}

pub(super) async fn mutate(trial: &Trial, template: &Template, journal: &Journal, format: Format) -> Result<Exit, Exit> {
    let Ok(whole) = to_json(&trial.rehearsal.template) else { return Err(Exit::Input) };
    let held = held::all(journal);
    let accesses = usage::all(journal);
    let removed = try_without(trial, mutants(&whole, template, &held, &accesses)).await?;
    let (loosened, too_wide) = neighbours(&held, &accesses);
    Ok(report(&Findings { version: 1, removed, loosened, too_wide }, format))
}

/// As [`mutate`], for the statements of the operator's policy. What they hold back no drill shows: it does only what it must.
pub(super) async fn mutate_operator(trial: &Trial, policy: &operator::Policy, format: Format) -> Result<Exit, Exit> {
    let removed = try_without(trial, operator_grants::mutants(policy)).await?;
    Ok(report(&Findings { version: 1, removed, loosened: Vec::new(), too_wide: Vec::new() }, format))
}

fn report(findings: &Findings, format: Format) -> Exit {
    match format {
        Format::Text => print(findings),
        Format::Json => printer::line(&serde_json::to_string(findings).unwrap_or_default()),
    }
    let needless = findings.removed.iter().any(|removed| removed.verdict == Verdict::Needless);
    if needless || !findings.too_wide.is_empty() { Exit::Failed } else { Exit::Passed }
}

/// One template for each grant that can be taken away. A statement is made to hold for nobody, so that its policy stays well-formed.
fn mutants(whole: &Value, template: &Template, held: &[Held], accesses: &BTreeSet<Access>) -> Vec<Mutant> {
    let places = template.policies();
    let mut found = Vec::new();
    for policy in held {
        let statements = policy.statements();
        let Some(place) = place(policy, &statements, &places) else { continue };
        for (index, statement) in place.statements.iter().enumerate().filter(|(_, statement)| statement.allows) {
            let mut mutant = whole.clone();
            let Some(Value::Object(members)) = mutant.pointer_mut(&format!("{}/Statement/{index}", place.pointer)) else {
                continue;
            };
            let never = json!({"aws:PrincipalAccount": "000000000000"});
            let condition = members.entry("Condition").or_insert_with(|| json!({}));
            match condition.get_mut("StringEquals").and_then(Value::as_object_mut) {
                Some(equals) => equals.extend(never.as_object().cloned().unwrap_or_default()),
                None => {
                    if let Some(condition) = condition.as_object_mut() {
                        condition.insert("StringEquals".to_owned(), never);
                    }
                }
            }
            let name = statement.sid.clone().unwrap_or_else(|| format!("statement {}", index + 1));
            let used = accesses.iter().any(|access| access.by.contains(&(policy.name.clone(), index)));
            found.push(Mutant::of_template(
                format!("{name} of {} ({}, line {})", place.resource, place.kind, statement.position.line),
                &mutant,
                policy.role.is_some() || used,
            ));
        }
    }
    let resources = whole.get("Resources").and_then(Value::as_object).into_iter().flatten();
    for (id, resource) in resources {
        match resource.get("Type").and_then(Value::as_str) {
            Some("AWS::Lambda::Permission") => {
                let mut mutant = whole.clone();
                if let Some(Value::Object(properties)) = mutant.pointer_mut(&format!("/Resources/{id}/Properties")) {
                    properties.insert("SourceAccount".to_owned(), "000000000000".into());
                    found.push(Mutant::of_template(format!("{id} (AWS::Lambda::Permission)"), &mutant, true));
                }
            }
            Some("AWS::IAM::Role") => {
                let managed = resource.pointer("/Properties/ManagedPolicyArns").and_then(Value::as_array).map_or(0, Vec::len);
                for index in 0..managed {
                    let mut mutant = whole.clone();
                    let arns = mutant.pointer_mut(&format!("/Resources/{id}/Properties/ManagedPolicyArns"));
                    let Some(arns) = arns.and_then(Value::as_array_mut) else { continue };
                    arns.remove(index);
                    found.push(Mutant::of_template(format!("managed policy {} of {id}", index + 1), &mutant, true));
                }
            }
            _ => {}
        }
    }
    found
}

/// Runs the drill without each grant, as many at a time as there are processors.
async fn try_without(trial: &Trial, mutants: Vec<Mutant>) -> Result<Vec<Removed>, Exit> {
    let total = mutants.len();
    let places = Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));
    let mut runs = JoinSet::new();
    for (number, mutant) in mutants.into_iter().enumerate() {
        let (places, trial) = (Arc::clone(&places), trial.clone());
        runs.spawn(async move {
            let _place = places.acquire_owned().await;
            let outcome = trial.with(mutant.without).await?;
            let verdict = match outcome.result {
                DrillResult::Failed => Verdict::Needed,
                // It passed, and could not remove what it made.
                DrillResult::Passed if !outcome.leftovers.is_empty() => Verdict::Needed,
                DrillResult::Passed if mutant.exercised => Verdict::Needless,
                DrillResult::Passed => Verdict::NotExercised,
                DrillResult::Interrupted => return Err(Exit::Failed),
            };
            // Lambda's logs part the lines of a traceback by carriage returns.
            let first_line = |reason: &str| reason.split(['\r', '\n']).next().unwrap_or_default().to_owned();
            let broke = outcome.failure.map(|failure| format!("{}: {}", failure.hop, first_line(&failure.reason)));
            let broke = broke.or_else(|| outcome.leftovers.first().map(|left| format!("destroy: left {left}")));
            Ok((number, Removed { grant: mutant.grant, verdict, broke }))
        });
    }
    let mut removed = Vec::new();
    while let Some(ended) = runs.join_next().await {
        let Ok(ended) = ended else { return Err(Exit::Failed) };
        removed.push(ended?);
        printer::note(&format!("{} of {total} grants tried", removed.len()));
    }
    removed.sort_by_key(|(number, _)| *number);
    Ok(removed.into_iter().map(|(_, removed)| removed).collect())
}

/// What each restriction of each role holds back, and what no restriction does.
fn neighbours(held: &[Held], accesses: &BTreeSet<Access>) -> (Vec<Loosened>, Vec<TooWide>) {
    let roles: BTreeSet<&str> = held.iter().filter_map(|policy| policy.role.as_deref()).collect();
    let (mut loosened, mut too_wide) = (Vec::new(), Vec::new());
    let tell = |neighbour: &Neighbour| format!("{}: {} on {}", neighbour.what, neighbour.action, neighbour.resource);
    for role in roles {
        let all = neighbour::of(role, accesses);
        let as_it_stands = neighbour::allowed(role, stage::ACCOUNT, held, &all);
        too_wide.extend(as_it_stands.iter().map(|one| TooWide { role: role.to_owned(), allowed: tell(one) }));
        for (at, policy) in held.iter().enumerate().filter(|(_, policy)| policy.role.as_deref() == Some(role)) {
            for (index, statement) in policy.statements().into_iter().enumerate() {
                for (what, looser) in neighbour::loosened(statement) {
                    let mut changed = held.to_vec();
                    let document = changed.get_mut(at).and_then(|policy| policy.document.as_mut());
                    if let Some(place) = document.and_then(|document| document.pointer_mut(&format!("/Statement/{index}"))) {
                        *place = looser;
                    }
                    let now = neighbour::allowed(role, stage::ACCOUNT, &changed, &all);
                    let name = statement
                        .get("Sid")
                        .and_then(Value::as_str)
                        .map_or_else(|| format!("statement {}", index + 1), str::to_owned);
                    loosened.push(Loosened {
                        restriction: format!("{name} of {} without {what}", policy.name),
                        holds_back: now.difference(&as_it_stands).map(tell).collect(),
                    });
                }
            }
        }
    }
    (loosened, too_wide)
}

fn print(findings: &Findings) {
    printer::line("\nWithout each grant:");
    for removed in &findings.removed {
        let verdict = match removed.verdict {
            Verdict::Needed => "needed  ",
            Verdict::Needless => "NEEDLESS",
            Verdict::NotExercised => "untried ",
        };
        let broke = removed.broke.as_ref().map(|broke| format!("\n           {broke}")).unwrap_or_default();
        printer::line(&format!("  {verdict} {}{broke}", removed.grant));
    }
    if !findings.loosened.is_empty() {
        printer::line("\nWithout each restriction, these would be allowed:");
    }
    for loosened in &findings.loosened {
        printer::line(&format!("  {}", loosened.restriction));
        for held_back in &loosened.holds_back {
            printer::line(&format!("    {held_back}"));
        }
        if loosened.holds_back.is_empty() {
            printer::line("    nothing that was tried");
        }
    }
    for wide in &findings.too_wide {
        printer::line(&format!("TOO WIDE: {} is allowed {}", wide.role, wide.allowed));
    }
}
