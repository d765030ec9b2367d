//! Tries the calls, looks for the archive after each, and puts back what it changed.

use std::sync::Arc;

use nightproof_journal::Journal;
use nightproof_wire::AwsError;
use serde_json::json;

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::attack::attacker::{self, Attacker};
use crate::attack::attempt::{Planned, Request, Undo};
use crate::attack::attempts;
use crate::attack::bucket_settings;
use crate::attack::copies::{self, Tried};
use crate::attack::decisions::{Decisions, Taken};
use crate::attack::result::{Attack, AttackEffect, Attempt};
use crate::attack::target::{Found, Target};
use crate::chain::failure::{HopFailure, at, reason};
use crate::evidence::not_supported;
use crate::steps::rule::Rule;
use crate::steps::verify::Stored;
use crate::{FailurePoint, Local, Plan};

/// What is attacked.
pub(crate) struct Night<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) client: &'a DynamicClient,
    pub(crate) local: &'a Arc<dyn Local>,
    pub(crate) journal: &'a Journal,
    pub(crate) resources: &'a Resources,
    /// What starts the backups.
    pub(crate) rules: Vec<&'a Rule>,
    pub(crate) stored: &'a [Stored],
}

/// Tries everything as everybody. Afterwards the archives are as they were, and what cannot be put back is gone.
pub(crate) async fn attack(night: Night<'_>) -> Result<Attack, HopFailure> {
    let targets = targets(&night).await?;
    let replicating = bucket_settings::replicating(targets.iter().map(|target| (target.bucket.as_str(), &target.settings)));
    // What is put back would be copied as well.
    for bucket in replicating.keys() {
        let ended = night.client.ask("s3", "DeleteBucketReplication", &json!({ "Bucket": bucket })).await;
        ended.map_err(at(FailurePoint::Drill, "DeleteBucketReplication"))?;
    }
    let found = by_all(&night, targets).await;
    for (bucket, replication) in replicating {
        let input = json!({ "Bucket": bucket, "ReplicationConfiguration": replication });
        let again = night.client.ask("s3", "PutBucketReplication", &input).await;
        again.map_err(at(FailurePoint::Drill, "PutBucketReplication"))?;
    }
    found
}

async fn by_all(night: &Night<'_>, mut targets: Vec<Target>) -> Result<Attack, HopFailure> {
    let client = night.client;
    let attackers = attacker::all(client, night.local.as_ref(), night.resources).await?;
    let decisions = Decisions::follow(night.journal, &night.plan.template);
    let mut found = Attack::default();
    let mut last = Vec::new();
    for attacker in &attackers {
        let mut of_attacker = Vec::new();
        for place in chosen(&targets, attacker) {
            // Who can delete the archive anyway needs no way around what protects it.
            let mut destroys = false;
            for step in 0.. {
                let Some(target) = targets.get(place) else { break };
                // Planned anew each time, as what is attacked is a new version once it was put back.
                let Some(mut planned) = on_archive(client, target, attacker).await?.into_iter().nth(step) else { break };
                if destroys {
                    planned.then = None;
                }
                let copies = copies::of_target(&targets, place);
                let (attempt, left) = tried(night, &decisions, attacker, &planned, targets.get_mut(place), &copies).await?;
                destroys |= attempt.effect == AttackEffect::Destroyed && attempt.call.starts_with("s3:DeleteObject");
                of_attacker.push(Tried { attempt, at: Some(place), left });
            }
        }
        let name = |place: usize| targets.get(place).map(Target::name).unwrap_or_default();
        found.attempts.extend(copies::judged(of_attacker, name));
        let mut others = attempts::on_notice(client, &night.rules, night.resources).await?;
        for rule in &night.rules {
            others.extend(attempts::on_trigger(client, rule).await?);
        }
        let (never, undone): (Vec<Planned>, Vec<Planned>) =
            others.into_iter().partition(|planned| matches!(planned.undone_by, Undo::Never));
        last.extend(never.into_iter().map(|planned| (attacker, planned)));
        for planned in undone {
            found.attempts.push(tried(night, &decisions, attacker, &planned, None, &[]).await?.0);
        }
    }
    for (attacker, planned) in last {
        found.attempts.push(tried(night, &decisions, attacker, &planned, None, &[]).await?.0);
    }
    Ok(found)
}

async fn targets(night: &Night<'_>) -> Result<Vec<Target>, HopFailure> {
    let mut targets: Vec<Target> = Vec::new();
    for stored in night.stored {
        let is_known = |target: &Target| target.instance == stored.archive.instance && target.bucket == stored.archive.bucket;
        if targets.iter().any(is_known) {
            continue;
        }
        if let Some(object) = stored.objects().first().copied().cloned() {
            targets.push(Target::new(night.client, &stored.archive.instance, object, &night.plan.folder).await?);
        }
    }
    targets.extend(copies::elsewhere(night.client, night.plan, &targets).await?);
    Ok(targets)
}

/// Which archives somebody attacks: of a session of an instance, its own and one of another; else one of each bucket.
fn chosen(targets: &[Target], attacker: &Attacker) -> Vec<usize> {
    let numbered = || targets.iter().enumerate();
    let is_own = |target: &Target| attacker.instance.as_ref() == Some(&target.instance);
    if attacker.instance.is_some() {
        let own = numbered().filter(|(_, target)| is_own(target));
        return own.chain(numbered().find(|(_, target)| !is_own(target))).map(|(at, _)| at).collect();
    }
    let is_first = |at: usize, bucket: &str| targets.iter().position(|target| target.bucket == bucket) == Some(at);
    numbered().filter(|(at, target)| is_first(*at, &target.bucket)).map(|(at, _)| at).collect()
}

async fn on_archive(client: &DynamicClient, target: &Target, attacker: &Attacker) -> Result<Vec<Planned>, HopFailure> {
    let mut planned = attempts::on_archive(target, attacker);
    planned.extend(attempts::on_key(client, target, attacker).await?);
    planned.extend(attempts::by_escalation(target, attacker));
    Ok(planned)
}

/// Tries one call, and undoes it. Returns the places of the copies that were left if the archive was destroyed.
async fn tried(
    night: &Night<'_>,
    decisions: &Decisions,
    attacker: &Attacker,
    planned: &Planned,
    target: Option<&mut Target>,
    copies: &[(usize, Target)],
) -> Result<(Attempt, Vec<usize>), HopFailure> {
    let role = attacker.role.as_ref().map(|role| role.name.as_str());
    let mut attempt = Attempt {
        by: attacker.name.clone(),
        call: planned.action.to_owned(),
        on: planned.on.clone(),
        effect: AttackEffect::Refused,
        detail: String::new(),
        allowed_by: Vec::new(),
    };
    decisions.take(role, &attacker.principal);
    // Of requests that come to the same, the worst that one of them came to.
    let mut worst: Option<(AttackEffect, String)> = None;
    let mut is_done = false;
    for request in &planned.requests {
        let answer = send(&attacker.client, request, target.as_deref()).await;
        let taken = decisions.take(role, &attacker.principal);
        let (effect, detail) = match answer {
            Ok(()) => {
                attempt.allowed_by = decisions.allowing(&taken, planned.action);
                is_done = true;
                break;
            }
            Err(error) => unfulfilled(planned, &taken, &error),
        };
        if worst.as_ref().is_none_or(|(known, _)| effect > *known) {
            let is_allowed = !matches!(effect, AttackEffect::Refused | AttackEffect::Untried);
            attempt.allowed_by = if is_allowed { decisions.allowing(&taken, planned.action) } else { Vec::new() };
            worst = Some((effect, detail));
        }
    }
    if let Some((effect, detail)) = worst.filter(|_| !is_done) {
        (attempt.effect, attempt.detail) = (effect, detail);
        return Ok((attempt, Vec::new()));
    }
    if let Some(then) = &planned.then {
        // Refused or not: the archive shows it.
        let _ = send(&attacker.client, then, target.as_deref()).await;
    }
    let seen = match target.as_deref() {
        Some(target) => target.find(night.client).await,
        None => Found::Intact,
    };
    (attempt.effect, attempt.detail) = effect(planned, seen, target.as_deref());
    let is_destroyed = attempt.effect == AttackEffect::Destroyed;
    let left = if is_destroyed { copies::left(night.client, copies).await } else { Vec::new() };
    undo(night.client, attacker, planned, target.as_deref(), seen).await?;
    if let Some(target) = target {
        if seen != Found::Intact && seen != Found::Unreadable {
            target.put_back(night.client).await?;
        }
        let seen = target.find(night.client).await;
        if seen != Found::Intact {
            let reason = format!("{} cannot be put back after {}: it is {seen:?}", target.name(), attempt.call);
            return Err(HopFailure::at(FailurePoint::Drill, reason));
        }
    }
    Ok((attempt, left))
}

/// What became of an archive, in a word and a sentence.
fn effect(planned: &Planned, seen: Found, target: Option<&Target>) -> (AttackEffect, String) {
    match seen {
        Found::Intact => planned.otherwise.clone(),
        Found::Gone => (AttackEffect::Destroyed, "the archive was gone".to_owned()),
        Found::Unreadable => (planned.unreadable.0, planned.unreadable.1.to_owned()),
        Found::ByVersion => {
            let days = target.and_then(|target| target.settings.noncurrent_days());
            let kept = match days {
                Some(days) => format!("which the bucket's lifecycle keeps for {days} days"),
                None => "which no lifecycle rule removes".to_owned(),
            };
            (AttackEffect::Hidden, format!("the archive was there by its version alone, {kept}"))
        }
    }
}

/// What it means that a call was answered by an error.
fn unfulfilled(planned: &Planned, taken: &Taken, error: &AwsError) -> (AttackEffect, String) {
    let is_denial = error.status == 403 || error.code.contains("AccessDenied") || error.code == "AuthorizationError";
    if taken.is_refused() || (is_denial && !taken.is_allowed()) {
        return (AttackEffect::Refused, String::new());
    }
    if !not_supported::in_answer(&error.code, &error.message).is_empty() {
        return (AttackEffect::Untried, format!("the local region could not do it: {}", reason(error)));
    }
    // Somebody before has done it for good.
    let is_gone = error.status == 404 || error.code.contains("NotFound") || error.code.contains("DoesNotExist");
    if is_gone && matches!(planned.undone_by, Undo::Never) {
        return planned.otherwise.clone();
    }
    if taken.is_allowed() || is_denial || error.status < 500 {
        return (AttackEffect::Withstood, format!("the policies allow it, and the service answers {}", reason(error)));
    }
    (AttackEffect::Untried, reason(error))
}

async fn undo(
    client: &DynamicClient,
    attacker: &Attacker,
    planned: &Planned,
    target: Option<&Target>,
    seen: Found,
) -> Result<(), HopFailure> {
    let (client, requests) = match &planned.undone_by {
        Undo::Operator(requests) => (client, requests),
        Undo::Attacker(requests) => (&attacker.client, requests),
        Undo::IfThere(requests) if seen != Found::Gone => (client, requests),
        Undo::IfThere(_) | Undo::Never => return Ok(()),
    };
    for request in requests {
        if let Err(error) = send(client, request, target).await {
            let reason = format!("{} of {} cannot be undone: {}", planned.action, attacker.name, reason(&error));
            return Err(HopFailure::at(FailurePoint::Drill, reason));
        }
    }
    Ok(())
}

async fn send(client: &DynamicClient, request: &Request, target: Option<&Target>) -> Result<(), AwsError> {
    match (request, target) {
        (Request::Call { service, operation, input }, _) => client.ask(service, operation, input).await.map(drop),
        (Request::Overwrite { encrypted_alike }, Some(target)) => target.overwrite(client, *encrypted_alike).await,
        (Request::Overwrite { .. }, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn planned(undone_by: Undo) -> Planned {
        Planned {
            action: "s3:DeleteObject",
            on: "s3://b/k".to_owned(),
            requests: vec![Request::call("s3", "DeleteObject", json!({}))],
            then: None,
            unreadable: (AttackEffect::Hidden, "until the key is enabled"),
            otherwise: (AttackEffect::Weakened, "weaker".to_owned()),
            undone_by,
        }
    }

    #[rstest]
    #[case::as_before(Found::Intact, AttackEffect::Weakened)]
    #[case::gone(Found::Gone, AttackEffect::Destroyed)]
    #[case::undecipherable(Found::Unreadable, AttackEffect::Hidden)]
    #[case::behind_a_delete_marker(Found::ByVersion, AttackEffect::Hidden)]
    fn what_the_operator_finds_decides(#[case] seen: Found, #[case] expected: AttackEffect) {
        assert_eq!(effect(&planned(Undo::Never), seen, None).0, expected);
    }

    #[rstest]
    #[case::denied("AccessDenied", 403, Undo::Never, AttackEffect::Refused)]
    #[case::denied_by_sns("AuthorizationError", 403, Undo::Never, AttackEffect::Refused)]
    #[case::not_to_be_done_now("InvalidBucketState", 409, Undo::Never, AttackEffect::Withstood)]
    #[case::gone_already("ResourceNotFoundException", 400, Undo::Never, AttackEffect::Weakened)]
    #[case::never_there("NoSuchKey", 404, Undo::Operator(Vec::new()), AttackEffect::Withstood)]
    #[case::no_answer("NoAnswer", 503, Undo::Never, AttackEffect::Untried)]
    fn an_error_is_a_refusal_only_where_somebody_refuses(
        #[case] code: &str,
        #[case] status: u16,
        #[case] undone_by: Undo,
        #[case] expected: AttackEffect,
    ) {
        let error = AwsError::new(code, status, "no");
        assert_eq!(unfulfilled(&planned(undone_by), &Taken::default(), &error).0, expected);
    }

    #[test]
    fn what_the_region_lacks_is_not_taken_for_a_refusal() {
        let error = AwsError::not_implemented("s3", "PutBucketReplication");
        assert_eq!(unfulfilled(&planned(Undo::Never), &Taken::default(), &error).0, AttackEffect::Untried);
    }
}
