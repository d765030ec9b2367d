//! Takes each grant away and runs the drill again, loosens each restriction and asks what it held back.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use nightproof_drill::{DrillResult, Outcome};
use nightproof_journal::Journal;
use nightproof_template::Template;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::bad_night::BadNight;
use crate::mutants::{self, Mutant};
use crate::neighbour::{self, Neighbour};
use crate::policy_in_force::{self, PolicyInForce};
use crate::usage::{self, Access};
use crate::{NoSuchGrant, Rehearse, Unfinished, operator_grants, service_neighbour, why};

/// What taking grants away and loosening restrictions showed.
#[derive(Debug, Serialize)]
pub struct Mutations {
    version: u32,
    removed: Vec<Removed>,
    loosened: Vec<Loosened>,
    /// Neighbours that a role or service is allowed as it stands.
    too_wide: Vec<TooWide>,
    /// What does not come where it is to come in a night that goes wrong, and why: an event to its dead-letter queue, word of it to topics.
    lost: Vec<String>,
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
    /// A night fails without it.
    Needed,
    /// The nights that it is for pass without it.
    Needless,
    /// It is for a service that does nothing in these nights, so that they cannot tell.
    NotExercised,
}

#[derive(Debug, Serialize)]
struct Loosened {
    restriction: String,
    /// What would be allowed without it.
    holds_back: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct TooWide {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    allowed: String,
}

impl Mutations {
    /// Whether every grant is needed and narrow, and nothing is lost in a night that goes wrong.
    pub fn is_clean(&self) -> bool {
        let needless = self.removed.iter().any(|removed| removed.verdict == Verdict::Needless);
        !needless && self.too_wide.is_empty() && self.lost.is_empty()
    }
}

/// Takes each grant of a template away and runs the drill again, and loosens each restriction. `whole` is the template as JSON, `journal` that
/// of a drill that passed in `account`. With names in `only`, no other grants are taken away than those whose names begin with one of them.
///
/// # Errors
/// A drill could not be run, or had no result; no grant has one of the names.
pub async fn mutate<R: Rehearse>(
    drill: &Arc<R>,
    template: &Template,
    whole: &Value,
    journal: &Journal,
    account: &str,
    only: &[String],
) -> Result<Mutations, R::Error> {
    let held = policy_in_force::all(journal);
    let accesses = usage::all(journal);
    let bad_nights = [BadNight::undelivered(drill.as_ref(), journal).await?, BadNight::failing(drill.as_ref(), journal).await?];
    let bad_nights: Vec<BadNight> = bad_nights.into_iter().flatten().collect();
    let mutants = chosen(mutants::all(whole, template, &held, &accesses, &bad_nights), only)?;
    let removed = try_without(drill, mutants).await?;
    let (mut loosened, mut too_wide) = neighbours(&held, &accesses, account);
    // The night with notifications shows the policies of topics in whole.
    let others = held.iter().filter(|policy| !policy.is_of_topic());
    next_to_services(others, &accesses, account, &mut loosened, &mut too_wide);
    for night in &bad_nights {
        let own = night.held.iter().filter(|policy| night.policies.contains(&policy.name));
        next_to_services(own, &night.accesses, account, &mut loosened, &mut too_wide);
    }
    let lost = bad_nights.iter().filter_map(BadNight::loss).collect();
    Ok(Mutations { version: 1, removed, loosened, too_wide, lost })
}

/// As [`mutate`], for the statements of the operator's `policy`. Its restrictions are not loosened: a drill shows only what it must do.
///
/// # Errors
/// As [`mutate`].
pub async fn mutate_operator<R: Rehearse>(drill: &Arc<R>, policy: &str, only: &[String]) -> Result<Mutations, R::Error> {
    let removed = try_without(drill, chosen(operator_grants::mutants(policy), only)?).await?;
    Ok(Mutations { version: 1, removed, loosened: Vec::new(), too_wide: Vec::new(), lost: Vec::new() })
}

/// The grants whose names begin with one in `only`; without any, all.
fn chosen(mut mutants: Vec<Mutant>, only: &[String]) -> Result<Vec<Mutant>, NoSuchGrant> {
    if let Some(name) = only.iter().find(|name| !mutants.iter().any(|mutant| mutant.grant.starts_with(name.as_str()))) {
        return Err(NoSuchGrant { name: name.clone(), grants: mutants.into_iter().map(|mutant| mutant.grant).collect() });
    }
    mutants.retain(|mutant| only.is_empty() || only.iter().any(|name| mutant.grant.starts_with(name.as_str())));
    Ok(mutants)
}

/// Runs each grant's nights without it, as many at a time as there are processors.
async fn try_without<R: Rehearse>(drill: &Arc<R>, mutants: Vec<Mutant>) -> Result<Vec<Removed>, R::Error> {
    let total = mutants.len();
    let places = Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));
    let mut runs = JoinSet::new();
    for (number, mutant) in mutants.into_iter().enumerate() {
        let (places, drill) = (Arc::clone(&places), Arc::clone(drill));
        runs.spawn(async move {
            let _place = places.acquire_owned().await;
            let mut broke = None;
            for variant in mutant.nights {
                let (outcome, _) = drill.rehearse(Some(&mutant.without), variant).await?;
                broke = broken(outcome)?;
                if broke.is_some() {
                    break;
                }
            }
            let verdict = match broke {
                Some(_) => Verdict::Needed,
                None if mutant.exercised => Verdict::Needless,
                None => Verdict::NotExercised,
            };
            Ok::<_, R::Error>((number, Removed { grant: mutant.grant, verdict, broke }))
        });
    }
    let mut removed = Vec::new();
    while let Some(ended) = runs.join_next().await {
        removed.push(ended.map_err(|_| Unfinished(DrillResult::Interrupted))??);
        drill.tried(removed.len(), total);
    }
    removed.sort_by_key(|(number, _)| *number);
    Ok(removed.into_iter().map(|(_, removed)| removed).collect())
}

/// Where a drill broke and why, if it did. One that passes and cannot remove what it made has broken too.
fn broken(outcome: Outcome) -> Result<Option<String>, Unfinished> {
    match outcome.result {
        DrillResult::Interrupted | DrillResult::NotSupported => return Err(Unfinished(outcome.result)),
        DrillResult::Passed | DrillResult::Failed => {}
    }
    let broke = outcome.failure.as_ref().map(why);
    Ok(broke.or_else(|| outcome.leftovers.first().map(|left| format!("destroy: left {left}"))))
}

/// What each restriction of each role holds back, and what no restriction does.
fn neighbours(held: &[PolicyInForce], accesses: &BTreeSet<Access>, account: &str) -> (Vec<Loosened>, Vec<TooWide>) {
    let roles: BTreeSet<&str> = held.iter().filter_map(|policy| policy.role.as_deref()).collect();
    let (mut loosened, mut too_wide) = (Vec::new(), Vec::new());
    let tell = |neighbour: &Neighbour| format!("{}: {} on {}", neighbour.what, neighbour.action, neighbour.resource);
    for role in roles {
        let all = neighbour::neighbours(role, accesses);
        let as_it_stands = neighbour::allowed(role, account, held, &all);
        too_wide.extend(as_it_stands.iter().map(|one| TooWide {
            role: Some(role.to_owned()),
            service: None,
            allowed: tell(one),
        }));
        for (at, policy) in held.iter().enumerate().filter(|(_, policy)| policy.role.as_deref() == Some(role)) {
            for (index, statement) in policy.statements().into_iter().enumerate() {
                for (what, looser) in neighbour::loosened(statement) {
                    let mut changed = held.to_vec();
                    if let Some(place) = changed.get_mut(at) {
                        *place = policy.with(index, looser);
                    }
                    let now = neighbour::allowed(role, account, &changed, &all);
                    loosened.push(Loosened {
                        restriction: format!("{} of {} without {what}", name(statement, index), policy.name),
                        holds_back: now.difference(&as_it_stands).map(tell).collect(),
                    });
                }
            }
        }
    }
    (loosened, too_wide)
}

/// As [`neighbours`], of what services are let do by the policies of resources.
fn next_to_services<'a>(
    held: impl Iterator<Item = &'a PolicyInForce>,
    accesses: &BTreeSet<Access>,
    account: &str,
    loosened: &mut Vec<Loosened>,
    too_wide: &mut Vec<TooWide>,
) {
    use service_neighbour::{Neighbour, allowed, neighbours};
    let tell = |neighbour: &Neighbour| format!("{}: {} on {}", neighbour.what, neighbour.action, neighbour.resource);
    // Who may assume a role is told apart by the service alone.
    let of_resources = held.filter(|policy| policy.role.is_none() && !policy.is_trust());
    for policy in of_resources {
        let all = neighbours(policy, account, accesses);
        if all.is_empty() {
            continue;
        }
        let as_it_stands = allowed(policy, account, &all);
        let wide = |one: &Neighbour| TooWide { role: None, service: Some(one.service.clone()), allowed: tell(one) };
        too_wide.extend(as_it_stands.iter().map(wide));
        let allows = |statement: &Value| statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let services: BTreeSet<&str> = all.iter().map(|one| one.service.as_str()).collect();
        let tells = |statement: &Value| allows(statement) && is_for_one_of(statement, &services);
        for (index, statement) in policy.statements().into_iter().enumerate().filter(|(_, statement)| tells(statement)) {
            for (what, looser) in neighbour::loosened(statement) {
                let now = allowed(&policy.with(index, looser), account, &all);
                loosened.push(Loosened {
                    restriction: format!("{} of {} without {what}", name(statement, index), policy.name),
                    holds_back: now.difference(&as_it_stands).map(tell).collect(),
                });
            }
        }
    }
}

/// Whether a statement is for one of these services: of one that did nothing in a night, the night tells nothing.
fn is_for_one_of(statement: &Value, services: &BTreeSet<&str>) -> bool {
    match statement.pointer("/Principal/Service") {
        Some(Value::String(service)) => services.contains(service.as_str()),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(|service| services.contains(service)),
        _ => true,
    }
}

/// What a statement is called.
fn name(statement: &Value, index: usize) -> String {
    statement.get("Sid").and_then(Value::as_str).map_or_else(|| format!("statement {}", index + 1), str::to_owned)
}

impl fmt::Display for Mutations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nWithout each grant:")?;
        for removed in &self.removed {
            let verdict = match removed.verdict {
                Verdict::Needed => "needed  ",
                Verdict::Needless => "NEEDLESS",
                Verdict::NotExercised => "untried ",
            };
            let broke = removed.broke.as_ref().map(|broke| format!("\n           {broke}")).unwrap_or_default();
            writeln!(f, "  {verdict} {}{broke}", removed.grant)?;
        }
        if !self.loosened.is_empty() {
            writeln!(f, "\nWithout each restriction, these would be allowed:")?;
        }
        for loosened in &self.loosened {
            writeln!(f, "  {}", loosened.restriction)?;
            for held_back in &loosened.holds_back {
                writeln!(f, "    {held_back}")?;
            }
            if loosened.holds_back.is_empty() {
                writeln!(f, "    nothing that was tried")?;
            }
        }
        for wide in &self.too_wide {
            let who = wide.role.as_deref().or(wide.service.as_deref()).unwrap_or_default();
            writeln!(f, "TOO WIDE: {who} is allowed {}", wide.allowed)?;
        }
        for lost in &self.lost {
            writeln!(f, "LOST: {lost}")?;
        }
        Ok(())
    }
}
