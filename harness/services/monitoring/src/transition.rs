//! How states of alarms follow from datapoints, from each other and from `SetAlarmState`.

use jiff::Timestamp;
use nightproof_core::metrics::Metrics;

use crate::alarm::{Alarm, By, Change, Child, Item, Kind, State, Suppressed, Verdict, verdict};
use crate::records::Records;

/// Composite alarms on composite alarms that follow each other at once. AWS lets them be in a circle.
const DEEPEST: usize = 100;

/// What follows from an evaluation: notifications and actions.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// An alarm came to another state.
    Changed(Change),
    /// Actions that were held back are due.
    Released(Change),
}

impl Records {
    /// Evaluates what is due at a moment: metric alarms, unless they were configured later, and actions that are held back.
    pub(crate) fn evaluate(&mut self, metrics: &Metrics, at: Timestamp, only_new: bool, outcomes: &mut Vec<Outcome>) {
        let mut verdicts = Vec::new();
        for alarm in self.alarms.values_mut() {
            let Kind::Metric(metric) = &alarm.kind else { continue };
            let due = if only_new { !alarm.evaluated } else { metric.condition.is_due(at) };
            if due && alarm.configured <= at {
                alarm.evaluated = true;
                verdicts.extend(metric.verdict(metrics, at).map(|verdict| (alarm.name().to_owned(), verdict)));
            }
        }
        for (name, verdict) in verdicts {
            self.become_state(&name, verdict, at, Vec::new(), outcomes, 0);
        }
        self.release(at, outcomes);
    }

    /// Has an alarm come to a state, and those that follow it.
    pub(crate) fn set_state(&mut self, name: &str, verdict: Verdict, at: Timestamp, outcomes: &mut Vec<Outcome>) {
        if let Some(alarm) = self.alarms.get_mut(name).filter(|alarm| alarm.state() == verdict.state) {
            // Nothing changes but the reason.
            (alarm.state.verdict, alarm.state.updated) = (verdict, at);
            return;
        }
        self.become_state(name, verdict, at, Vec::new(), outcomes, 0);
    }

    /// Evaluates a composite alarm that was just `put`: created or updated.
    pub(crate) fn evaluate_composite(&mut self, name: &str, put: &str, at: Timestamp, outcomes: &mut Vec<Outcome>) {
        let Some((arn, children, state)) = self.composite(name) else { return };
        let verdict = verdict(state, &arn, put, None, &children);
        self.become_state(name, verdict, at, children, outcomes, 0);
    }

    /// ARN, children and state of a composite alarm, as its rule has it.
    fn composite(&self, name: &str) -> Option<(String, Vec<Child>, State)> {
        let alarm = self.alarms.get(name)?;
        let composite = alarm.composite()?;
        let children = composite.children().into_iter().filter_map(|child| Some(child_of(self.alarms.get(child)?))).collect();
        let state = composite.state(&|child: &str| self.alarms.get(child).map(Alarm::state));
        Some((alarm.configuration.arn.clone(), children, state))
    }

    fn become_state(
        &mut self,
        name: &str,
        verdict: Verdict,
        at: Timestamp,
        children: Vec<Child>,
        outcomes: &mut Vec<Outcome>,
        depth: usize,
    ) {
        let suppressor_in_alarm = self.suppressor_state(name) == Some(State::Alarm);
        let Some(alarm) = self.alarms.get_mut(name) else { return };
        alarm.evaluated = true;
        let Some(before) = alarm.become_state(verdict, at) else { return };
        let suppressed = hold_back(alarm, suppressor_in_alarm, at, (&before, &children));
        let change = Change { alarm: alarm.clone(), before, children, suppressed };
        self.history.add(Item::changed(&change));
        let child = child_of(&change.alarm);
        outcomes.push(Outcome::Changed(change));
        self.suppress(name, at);
        if depth >= DEEPEST {
            return;
        }
        let follows = |alarm: &&Alarm| alarm.composite().is_some_and(|composite| composite.children().contains(&name));
        let parents: Vec<String> = self.alarms.values().filter(follows).map(|alarm| alarm.name().to_owned()).collect();
        for parent in parents {
            let Some((arn, _, state)) = self.composite(&parent) else { continue };
            let verdict = crate::alarm::verdict(state, &arn, "", Some(&child), &[]);
            self.become_state(&parent, verdict, at, vec![child.clone()], outcomes, depth + 1);
        }
    }

    fn suppressor_state(&self, name: &str) -> Option<State> {
        let suppressor = self.alarms.get(name)?.composite()?.suppressor.as_ref()?;
        self.alarms.get(suppressor.alarm_name()).map(Alarm::state)
    }

    /// Has the alarms whose actions `name` suppresses follow its state.
    fn suppress(&mut self, name: &str, at: Timestamp) {
        let Some(state) = self.alarms.get(name).map(Alarm::state) else { return };
        for alarm in self.alarms.values_mut() {
            let Kind::Composite(composite) = &mut alarm.kind else { continue };
            let Some(suppressor) = composite.suppressor.as_ref().filter(|suppressor| suppressor.alarm_name() == name) else {
                continue;
            };
            composite.suppressed = match (state, composite.suppressed) {
                (State::Alarm, Some(_)) => Some(Suppressed { by: By::Alarm, until: None }),
                (_, Some(Suppressed { by: By::Alarm, .. })) => {
                    Some(Suppressed { by: By::ExtensionPeriod, until: at.checked_add(suppressor.extension).ok() })
                }
                (_, other) => other,
            };
        }
    }

    /// Releases actions that have been held back for as long as they are.
    fn release(&mut self, at: Timestamp, outcomes: &mut Vec<Outcome>) {
        for alarm in self.alarms.values_mut() {
            let Kind::Composite(composite) = &mut alarm.kind else { continue };
            if composite.suppressed.is_some_and(|suppressed| suppressed.until.is_some_and(|until| until <= at)) {
                composite.suppressed = None;
                if let Some((before, children)) = composite.held.take() {
                    outcomes.push(Outcome::Released(Change { alarm: alarm.clone(), before, children, suppressed: false }));
                }
            }
        }
    }

    /// Whether anything is to be looked at more often than each minute.
    pub(crate) fn is_hasty(&self) -> bool {
        self.alarms.values().any(|alarm| match &alarm.kind {
            Kind::Metric(metric) => metric.condition.period < 60,
            Kind::Composite(composite) => composite.suppressed.is_some_and(|suppressed| suppressed.until.is_some()),
        })
    }
}

/// Holds the actions of a change back if the alarm's suppressor is in ALARM, or may still come to it; returns whether it does.
fn hold_back(
    alarm: &mut Alarm,
    suppressor_in_alarm: bool,
    at: Timestamp,
    (before, children): (&crate::alarm::StateRecord, &[Child]),
) -> bool {
    let goes_off = alarm.state() == State::Alarm;
    let Kind::Composite(composite) = &mut alarm.kind else { return false };
    let Some(suppressor) = &composite.suppressor else { return false };
    composite.suppressed = if suppressor_in_alarm {
        Some(Suppressed { by: By::Alarm, until: None })
    } else if goes_off {
        Some(Suppressed { by: By::WaitPeriod, until: at.checked_add(suppressor.wait).ok() })
    } else {
        None
    };
    composite.held = composite.suppressed.map(|_| (before.clone(), children.to_vec()));
    composite.suppressed.is_some()
}

fn child_of(alarm: &Alarm) -> Child {
    Child { arn: alarm.configuration.arn.clone(), state: alarm.state.clone() }
}
