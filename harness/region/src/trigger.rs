//! What fires rules, and tells when nothing is on its way any more.

use std::sync::Arc;

use jiff::Timestamp;
use nightproof_core::Region;
use nightproof_service_events::Events;
use nightproof_service_lambda::Lambda;
use nightproof_service_monitoring::CloudWatch;
use nightproof_wire::arn::Arn;

/// A rule could not be fired.
#[derive(Debug, thiserror::Error)]
pub enum FireError {
    /// What was named is no rule's ARN.
    #[error("`{0}` is not the ARN of a rule")]
    Arn(String),
    /// The rule does not exist, is disabled, or has no schedule that comes again.
    #[error("rule `{0}` does not exist, is disabled, or its schedule never comes again")]
    NoOccurrence(String),
}

/// Fires rules: what a drill on a local region does instead of waiting for the night.
#[derive(Clone)]
pub struct Trigger {
    pub(super) region: Region,
    pub(super) events: Arc<Events>,
    pub(super) functions: Arc<Lambda>,
    pub(super) alarms: Arc<CloudWatch>,
}

impl Trigger {
    /// Evaluates the alarms that were just made, which otherwise takes until the next minute.
    pub async fn deployed(&self) {
        self.alarms.evaluate_new(&self.region).await;
    }

    /// Moves the region's clock to the next time at which the rule's schedule is due.
    ///
    /// # Errors
    /// [`FireError`] where nothing will fire.
    pub fn fire(&self, rule_arn: &str) -> Result<Timestamp, FireError> {
        let arn: Arn = rule_arn.parse().map_err(|_| FireError::Arn(rule_arn.to_owned()))?;
        let rule = arn.resource.strip_prefix("rule/").ok_or_else(|| FireError::Arn(rule_arn.to_owned()))?;
        let at = self
            .events
            .next_occurrence(&arn.account, rule, self.region.clock().now())
            .ok_or_else(|| FireError::NoOccurrence(rule_arn.to_owned()))?;
        self.region.clock().advance_to(at);
        Ok(at)
    }

    /// Returns when no event is on its way to a target any more and no function works on one. What waits to be tried again is not waited for.
    pub async fn settled(&self) {
        self.events.quiet().await;
        self.functions.quiet().await;
    }

    /// Returns when whoever is told of what has happened has been told. Where there are alarms the clock is moved to the next minute, when
    /// they are evaluated; or, if something was `missed`, by as long as they remember what came before it.
    pub async fn notice(&self, missed: bool) {
        self.events.quiet().await;
        let clock = self.region.clock();
        if let Some(to) = self.alarms.horizon(&self.region.settings().account, missed, clock.now()) {
            clock.advance_to(to);
            self.alarms.evaluated_up_to(to).await;
            self.events.quiet().await;
        }
    }
}
