//! Callers that were seen before: who they are and what they bring along, gathered once for all their calls.

use std::collections::HashMap;
use std::sync::Arc;

use nightproof_core::Caller;
use nightproof_iam_policy::Context;
use parking_lot::Mutex;

use super::principal::Subject;

/// Keys beyond this many are forgotten, all at once: far more than the sessions of a drill.
const MOST: usize = 10_000;

/// A caller, with the policies that it brings along.
pub(super) struct Known {
    pub(super) subject: Subject,
    /// Condition keys that depend on the caller alone.
    pub(super) context: Arc<Context>,
}

/// Callers by their access keys.
#[derive(Default)]
pub(super) struct KnownCallers(Mutex<HashMap<String, Seen>>);

struct Seen {
    caller: Caller,
    /// What [`changes`](nightproof_core::identity::Identities::changes) was before the caller's policies were read.
    changes: u64,
    known: Arc<Known>,
}

impl KnownCallers {
    /// The caller, if it was seen when IAM was as it is.
    pub(super) fn find(&self, caller: &Caller, changes: u64) -> Option<Arc<Known>> {
        let all = self.0.lock();
        let seen = all.get(caller.access_key_id.as_deref()?)?;
        // Through whom a call comes is told by the call.
        let same = seen.changes == changes
            && seen.caller.account == caller.account
            && seen.caller.principal == caller.principal
            && seen.caller.source_arn == caller.source_arn;
        same.then(|| Arc::clone(&seen.known))
    }

    /// Remembers a caller that has a key.
    pub(super) fn keep(&self, caller: &Caller, changes: u64, known: &Arc<Known>) {
        let Some(key) = &caller.access_key_id else { return };
        let mut all = self.0.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key.clone(), Seen { caller: caller.clone(), changes, known: Arc::clone(known) });
    }
}

#[cfg(test)]
mod tests {
    use nightproof_core::identity::Identities as _;

    use super::*;
    use nightproof_core::service::Service;
    use nightproof_service_iam::Iam;
    use nightproof_service_sts::Sts;

    fn known(caller: &Caller, iam: &Arc<Iam>) -> Arc<Known> {
        let subject = Subject::of(caller, iam.as_ref(), Sts::new(Arc::clone(iam)).as_ref());
        Arc::new(Known { subject, context: Arc::default() })
    }

    #[tokio::test]
    async fn a_caller_is_known_until_iam_changes() {
        let iam = Iam::new();
        let region = nightproof_test_region::region("111122223333", "/nonexistent");
        region.install(vec![("iam", Arc::clone(&iam) as Arc<dyn Service>)]);
        let root = Caller::root("111122223333");
        let caller = Caller { access_key_id: Some("AKIA1".to_owned()), ..root.clone() };
        let all = KnownCallers::default();
        all.keep(&caller, iam.changes(), &known(&caller, &iam));
        let ask = |operation: &'static str| region.call(&root, "iam", operation, serde_json::json!({ "UserName": "u" }));
        ask("CreateUser").await.expect("a user");
        assert!(all.find(&caller, iam.changes()).is_none());
        all.keep(&caller, iam.changes(), &known(&caller, &iam));
        ask("GetUser").await.expect("the user");
        assert!(all.find(&caller, iam.changes()).is_some());
        let passed_on = caller.clone().via("cloudformation.amazonaws.com");
        assert!(all.find(&passed_on, iam.changes()).is_some());
        assert!(all.find(&caller.clone().acting_for("arn:aws:events:us-east-1:111122223333:rule/r"), iam.changes()).is_none());
        assert!(all.find(&root, iam.changes()).is_none());
        ask("DeleteUser").await.expect("it goes");
        assert!(all.find(&caller, iam.changes()).is_none());
    }
}
