//! Faults on purpose: calls that fail, are slow, or whose answers get lost, because a rule says so.
//!
//! The layer stands between authorization and the service: what is struck was allowed, as on the day when AWS itself was at fault.

mod body;
mod instance;
mod interposed;
mod occurrence;
mod rule;

pub use instance::InstanceFault;
pub use interposed::Interposed;
pub use occurrence::Occurrence;
pub use rule::{Effect, ErrorAnswer, InsertedCall, Matcher, Rule};

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use http_body::Body as _;
use nightproof_core::service::{AwsError, Body, Call, Reply};
use nightproof_core::{Caller, Region};
use nightproof_journal::Event;
use parking_lot::RwLock;
use serde_json::Value;

/// The rules that are in force. Without any, every call passes untouched.
#[derive(Default)]
pub struct Faults {
    armed: RwLock<Arc<Vec<Armed>>>,
    interposed: OnceLock<Arc<dyn Interposed>>,
}

/// A rule, how many calls have matched it, and when the first did.
#[derive(Debug)]
struct Armed {
    rule: Rule,
    matched: AtomicU64,
    first: OnceLock<Instant>,
}

/// What becomes of a call that was let through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Afterwards {
    /// It is done once more before.
    pub repeat: bool,
    /// The connection ends without an answer.
    pub lose_answer: bool,
    /// The connection ends after this many bytes of the answer's payload.
    pub cut_answer: Option<u64>,
}

impl Afterwards {
    /// The reply as its caller sees it.
    pub fn apply_to(self, mut reply: Reply) -> Reply {
        if let Some(bytes) = self.cut_answer {
            reply.body = reply.body.map(|body| body::cut(body, bytes));
        }
        reply
    }
}

impl Faults {
    /// Puts `rules` in force, in place of all others; each counts from zero.
    pub fn set(&self, rules: Vec<Rule>) {
        let armed = rules.into_iter().map(|rule| Armed { rule, matched: AtomicU64::new(0), first: OnceLock::new() }).collect();
        *self.armed.write() = Arc::new(armed);
    }

    /// The rules that are in force.
    pub fn rules(&self) -> Vec<Rule> {
        self.armed.read().iter().map(|armed| armed.rule.clone()).collect()
    }

    /// Sets what can give instances a wrong clock and a slow disk. Once; without it such faults have no effect but a warning.
    pub fn set_interposed(&self, interposed: Arc<dyn Interposed>) {
        // A second one would have other instances than the first.
        let _ = self.interposed.set(interposed);
    }

    /// Has `fault` befall an instance of `region`.
    pub fn befall(&self, region: &Region, instance: &str, fault: InstanceFault) {
        match fault {
            InstanceFault::Offline(lasting) => region.link_outages().begin(instance, lasting),
            InstanceFault::AgentStopped(lasting) => region.agents().begin(instance, lasting),
            InstanceFault::CpuPercent(percent) => region.cpu_shares().set(instance, percent),
            InstanceFault::Clock(offset) => {
                self.interpose(instance, "set an instance's clock wrong", |machines| machines.set_clock(instance, offset));
            }
            InstanceFault::DiskKibPerSecond(kib) => {
                let bytes = u64::from(kib) * 1024;
                self.interpose(instance, "make an instance's disk slow", |machines| machines.slow_disk(instance, bytes));
            }
        }
    }

    fn interpose(&self, instance: &str, what: &str, act: impl FnOnce(&dyn Interposed) -> io::Result<()>) {
        let done = match self.interposed.get() {
            Some(machines) => act(machines.as_ref()),
            None => Err(io::Error::other("this region has no machines")),
        };
        if let Err(error) = done {
            tracing::warn!(%error, instance, "cannot {what}");
        }
    }

    /// Lets a call through with the body that is left of it.
    ///
    /// # Errors
    /// The error that a fault has it end with.
    pub async fn strike(
        &self,
        call: &Call,
        service: &str,
        operation: &str,
        input: &Value,
        body: Body,
    ) -> Result<(Body, Afterwards), AwsError> {
        let Some(effect) = self.struck(call, service, operation, input) else {
            return Ok((body, Afterwards::default()));
        };
        let comes_once = !body.is_end_stream();
        let detail = match &effect {
            Effect::Repeat if comes_once => format!("{service}:{operation} is done once, as its payload comes once"),
            effect => format!("{service}:{operation} {effect}"),
        };
        call.region.journal().record(Event::Fault { request_id: call.request_id.clone(), detail });
        let through = Afterwards::default();
        match effect {
            Effect::Error(error) => Err(error.answer()),
            Effect::Delay(seconds) => {
                tokio::select! {
                    () = tokio::time::sleep(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()) => {}
                    () = call.region.stopping().cancelled() => {}
                }
                Ok((body, through))
            }
            Effect::LoseAnswer => Ok((body, Afterwards { lose_answer: true, ..through })),
            Effect::Repeat => Ok((body, Afterwards { repeat: !comes_once, ..through })),
            Effect::CutAnswer(bytes) => Ok((body, Afterwards { cut_answer: Some(bytes), ..through })),
            Effect::CutRequest(bytes) => Ok((body::cut(body, bytes), Afterwards { lose_answer: true, ..through })),
            Effect::CorruptRequest(offset) => Ok((body::corrupt(body, offset), through)),
            Effect::ExpireCredentials => {
                if let Some(key) = &call.caller.access_key_id {
                    call.region.credentials().expire(key, call.now);
                }
                Ok((body, through))
            }
            Effect::Instance(fault) => {
                if let Some(instance) = call.caller.instance() {
                    self.befall(&call.region, instance, fault);
                }
                Ok((body, through))
            }
            Effect::Calls(calls) => {
                let root = Caller::root(call.account());
                for inserted in calls {
                    let InsertedCall { service, operation, input } = inserted;
                    // That it failed is in the journal, as every call is.
                    let _ = call.region.call(&root, &service, &operation, input).await;
                }
                Ok((body, through))
            }
        }
    }

    /// The effect of the first rule that strikes; every rule that matches counts the call.
    fn struck(&self, call: &Call, service: &str, operation: &str, input: &Value) -> Option<Effect> {
        let rules = Arc::clone(&self.armed.read());
        let mut effect = None;
        for Armed { rule, matched, first } in rules.iter() {
            if rule.when.matches(&call.caller, service, operation, input) {
                let number = matched.fetch_add(1, Ordering::Relaxed) + 1;
                let since = first.get_or_init(Instant::now).elapsed();
                if effect.is_none() && rule.occurrence.strikes(number, since) {
                    effect = Some(rule.then.clone());
                }
            }
        }
        effect
    }
}
