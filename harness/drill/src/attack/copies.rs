//! Copies of archives in other buckets: what stays where an archive is destroyed.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::{self, Bucket};
use crate::attack::result::{AttackEffect, Attempt};
use crate::attack::target::{Found, Target};
use crate::chain::failure::{HopFailure, at};
use crate::plan::Plan;

/// An attempt, and what it left of the copies.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) attempt: Attempt,
    /// The place of the target that it was about, if it was about one.
    pub(crate) at: Option<usize>,
    /// The places of the copies that were there still when the archive was destroyed.
    pub(crate) left: Vec<usize>,
}

/// Objects with the bytes of a target, in buckets of the account where none of the targets is.
pub(crate) async fn elsewhere(client: &DynamicClient, plan: &Plan, targets: &[Target]) -> Result<Vec<Target>, HopFailure> {
    let own = plan.seed_bucket();
    let mut names = bucket::all(client).await.map_err(at(FailurePoint::Drill, "ListBuckets"))?;
    // Of a bucket that the operator may not list, or that is in a region of its own, no copy is known.
    names.retain(|name| *name != own && !targets.iter().any(|target| target.bucket == *name));
    let mut found: Vec<Target> = Vec::new();
    for name in names {
        let Ok(there) = bucket::objects(client, &[Bucket { name, log: None }]).await else { continue };
        for object in there.current {
            for target in targets.iter().filter(|target| target.bytes == object.bytes) {
                let copy = Target::new(client, &target.instance, object.clone(), &plan.folder).await?;
                let is_known = found.iter().any(|known| known.bucket == copy.bucket && known.instance == copy.instance);
                if copy.is_copy_of(target) && !is_known {
                    found.push(copy);
                }
            }
        }
    }
    Ok(found)
}

/// The copies of a target, each with its place among all targets.
pub(crate) fn of_target(targets: &[Target], at: usize) -> Vec<(usize, Target)> {
    let Some(target) = targets.get(at) else { return Vec::new() };
    let numbered = targets.iter().enumerate();
    numbered.filter(|(_, other)| other.is_copy_of(target)).map(|(at, other)| (at, other.clone())).collect()
}

/// Those of the copies that can be read still, if by their versions alone.
pub(crate) async fn left(client: &DynamicClient, copies: &[(usize, Target)]) -> Vec<usize> {
    let mut left = Vec::new();
    for (at, copy) in copies {
        if matches!(copy.find(client).await, Found::Intact | Found::ByVersion) {
            left.push(*at);
        }
    }
    left
}

/// The attempts of one attacker. What he destroyed stays as a copy where he left one and destroys it by no other call.
pub(crate) fn judged(tried: Vec<Tried>, name: impl Fn(usize) -> String) -> Vec<Attempt> {
    let is_destroyed = |one: &&Tried| one.attempt.effect == AttackEffect::Destroyed;
    let destroyed: Vec<usize> = tried.iter().filter(is_destroyed).filter_map(|one| one.at).collect();
    let judge = |Tried { mut attempt, left, .. }: Tried| {
        if let Some(copy) = left.into_iter().find(|at| !destroyed.contains(at)) {
            attempt.effect = AttackEffect::Copied;
            attempt.detail = format!("{}; a copy stays in {}, which {} cannot destroy", attempt.detail, name(copy), attempt.by);
        }
        attempt
    };
    tried.into_iter().map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(at: usize, effect: AttackEffect, left: &[usize]) -> Tried {
        let attempt = Attempt {
            by: "Role".to_owned(),
            call: "s3:DeleteObjectVersion".to_owned(),
            on: format!("s3://b{at}/k"),
            effect,
            detail: "the archive was gone".to_owned(),
            allowed_by: Vec::new(),
        };
        Tried { attempt, at: Some(at), left: left.to_vec() }
    }

    fn effects(tried: Vec<Tried>) -> Vec<AttackEffect> {
        judged(tried, |at| format!("s3://b{at}/k")).into_iter().map(|attempt| attempt.effect).collect()
    }

    #[test]
    fn a_copy_stays_where_the_same_attacker_destroys_it_by_no_call() {
        use AttackEffect::{Copied, Destroyed, Hidden, Refused};
        assert_eq!(effects(vec![tried(0, Destroyed, &[1]), tried(1, Refused, &[])]), [Copied, Refused]);
        assert_eq!(effects(vec![tried(0, Destroyed, &[1]), tried(1, Hidden, &[])]), [Copied, Hidden]);
        assert_eq!(effects(vec![tried(0, Destroyed, &[1]), tried(1, Destroyed, &[0])]), [Destroyed, Destroyed]);
        // By one call, such as the deletion of the key of both.
        assert_eq!(effects(vec![tried(0, Destroyed, &[])]), [Destroyed]);
        assert_eq!(effects(vec![tried(0, Destroyed, &[1, 2]), tried(1, Destroyed, &[0, 2])]), [Copied, Copied]);
        let attempt = judged(vec![tried(0, Destroyed, &[1])], |at| format!("s3://b{at}/k")).remove(0);
        assert_eq!(attempt.detail, "the archive was gone; a copy stays in s3://b1/k, which Role cannot destroy");
    }
}
