//! One attempt of a state: its input filters, what it does, and where the result goes.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html>

use futures_util::future::{join, try_join_all};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Run;
use super::branch::Branch;
use super::flow::{Left, Walked};
use crate::language::choice::time;
use crate::language::definition::{Kind, Map, Said, State, Until, Workflow};
use crate::language::failure::Failure;
use crate::language::path::Scope;
use crate::language::payload::fill;

/// Iterations of a Map state that run at once, where it does not say it.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html>
const MOST_ITERATIONS: usize = 40;

impl Run {
    /// Boxed by its caller's future: what a branch contains may be deep.
    pub(super) async fn attempt(
        &self,
        state: &State,
        whole: &Value,
        input: &Value,
        mut context: Value,
        branch: &mut Branch,
    ) -> Result<Left, Failure> {
        let token = match &state.kind {
            Kind::Task(task) => task.token(),
            _ => None,
        };
        if let (Some(token), Some(members)) = (&token, context.as_object_mut()) {
            members.insert("Task".to_owned(), json!({ "Token": token }));
        }
        let effective = state.input_path.apply(Scope { input, context: &context })?;
        let scope = Scope { input: &effective, context: &context };
        let payload = || match &state.parameters {
            Some(template) => fill(template, scope),
            None => Ok(effective.clone()),
        };
        let mut chosen = None;
        let result = match &state.kind {
            Kind::Pass { result } => match result {
                Some(result) => result.clone(),
                None => payload()?,
            },
            Kind::Task(task) => self.task(task, scope, payload()?, token, branch).await?,
            Kind::Choice { rules, default } => {
                chosen = Some(choose(rules, default.as_deref(), scope)?);
                effective.clone()
            }
            Kind::Wait(until) => {
                let at = self.moment(until, scope)?;
                self.sleep(at, branch).await;
                effective.clone()
            }
            Kind::Succeed => effective.clone(),
            Kind::Fail { error, cause } => return Err(Failure::new(said(error, scope)?, said(cause, scope)?)),
            Kind::Parallel { branches } => self.parallel(branches, whole, &payload()?, branch).await?,
            Kind::Map(map) => self.map(map, state, whole, scope, branch).await?,
        };
        let selected = match &state.result_selector {
            Some(template) => fill(template, Scope { input: &result, context: &context })?,
            None => result,
        };
        // States that do no work pass on what their input path has left.
        let raw = if matches!(state.kind, Kind::Choice { .. } | Kind::Wait(_) | Kind::Succeed) { &effective } else { input };
        let combined = state.result_path.apply(raw, selected)?;
        let output = state.output_path.apply(Scope { input: &combined, context: &context })?;
        Ok(Left { output, chosen })
    }

    fn moment(&self, until: &Until, scope: Scope<'_>) -> Result<Timestamp, Failure> {
        match until {
            Until::Seconds(seconds) => {
                let seconds = seconds.value(scope)?.unwrap_or_default();
                Ok(self.after(SignedDuration::from_secs(seconds)))
            }
            Until::Timestamp(at) => Ok(*at),
            Until::TimestampAt(path) => {
                let value = path.require(scope)?;
                time(&value).ok_or_else(|| {
                    let path = path.text();
                    Failure::runtime(format!("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {path} == {value}"))
                })
            }
        }
    }

    async fn parallel(&self, branches: &[Workflow], whole: &Value, input: &Value, branch: &mut Branch) -> Result<Value, Failure> {
        let started = self.event(branch.last, "ParallelStateStarted", None);
        branch.last = started;
        let item = &branch.item;
        let children = branches.iter().map(|workflow| async move {
            let mut child = Branch { last: started, item: item.clone(), in_flight: self.states.in_flight.begin() };
            self.walk(workflow, whole, input.clone(), &mut child).await
        });
        let in_flight = &mut branch.in_flight;
        // The children count before this one does not any more.
        let (ended, ()) = join(try_join_all(children), async { in_flight.pause() }).await;
        in_flight.go_on();
        let kind = if ended.is_ok() { "ParallelStateSucceeded" } else { "ParallelStateFailed" };
        branch.last = self.event(branch.last, kind, None);
        ended.map(Value::from)
    }

    async fn map(
        &self,
        map: &Map,
        state: &State,
        whole: &Value,
        scope: Scope<'_>,
        branch: &mut Branch,
    ) -> Result<Value, Failure> {
        let found = map.items.require(scope)?;
        let Value::Array(items) = found else {
            let path = map.items.text();
            return Err(Failure::runtime(format!("Reference path \"{path}\" must point to array.")));
        };
        let concurrency = map.concurrency.value(scope)?.and_then(|most| usize::try_from(most).ok());
        let concurrency = concurrency.filter(|most| *most > 0).unwrap_or(MOST_ITERATIONS).min(MOST_ITERATIONS);
        let details = json!({ "length": items.len() });
        let started = self.event(branch.last, "MapStateStarted", Some(("mapStateStartedEventDetails", details)));
        branch.last = started;
        let child = |index: usize, value: Value| async move {
            let in_flight = self.states.in_flight.begin();
            let item = json!({ "Index": index, "Value": value });
            let details = || json!({ "name": state.name, "index": index });
            let begun = self.event(started, "MapIterationStarted", Some(("mapIterationStartedEventDetails", details())));
            let mut child = Branch { last: begun, item: Some(item.clone()), in_flight };
            let ended = match selected(map, scope, &item, &value) {
                Ok(input) => self.walk(&map.processor, whole, input, &mut child).await,
                Err(failure) => Err(failure),
            };
            let (kind, member) = match ended {
                Ok(_) => ("MapIterationSucceeded", "mapIterationSucceededEventDetails"),
                Err(_) => ("MapIterationFailed", "mapIterationFailedEventDetails"),
            };
            self.event(child.last, kind, Some((member, details())));
            ended
        };
        let children: Vec<Walked<'_>> =
            items.into_iter().enumerate().map(|(index, value)| -> Walked<'_> { Box::pin(child(index, value)) }).collect();
        let in_flight = &mut branch.in_flight;
        let all = stream::iter(children).buffered(concurrency).try_collect::<Vec<Value>>();
        let (ended, ()) = join(all, async { in_flight.pause() }).await;
        in_flight.go_on();
        let kind = if ended.is_ok() { "MapStateSucceeded" } else { "MapStateFailed" };
        branch.last = self.event(branch.last, kind, None);
        ended.map(Value::from)
    }
}

/// The input of an iteration.
fn selected(map: &Map, scope: Scope<'_>, item: &Value, value: &Value) -> Result<Value, Failure> {
    let Some(template) = &map.selector else { return Ok(value.clone()) };
    let mut context = scope.context.clone();
    if let Some(members) = context.as_object_mut() {
        members.insert("Map".to_owned(), json!({ "Item": item }));
    }
    fill(template, Scope { input: scope.input, context: &context })
}

fn choose(rules: &[(crate::language::choice::Rule, String)], default: Option<&str>, scope: Scope<'_>) -> Result<String, Failure> {
    for (rule, next) in rules {
        if rule.holds(scope)? {
            return Ok(next.clone());
        }
    }
    let unmatched = "Failed to transition out of the state. The state does not point to a next state.";
    default.map(str::to_owned).ok_or_else(|| Failure::of_state("States.NoChoiceMatched", unmatched))
}

fn said(text: &Said, scope: Scope<'_>) -> Result<String, Failure> {
    match text {
        Said::None => Ok(String::new()),
        Said::Text(text) => Ok(text.clone()),
        Said::At(expression) => {
            let missing = |path: &str| Failure::runtime(format!("Invalid path '{path}' : No results for path: {path}"));
            let value = expression.value(scope, &missing)?;
            let text = value.as_str().map(str::to_owned);
            text.ok_or_else(|| Failure::runtime(format!("ErrorPath and CausePath have to be texts, and not {value}")))
        }
    }
}
