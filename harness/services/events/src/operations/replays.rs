//! Replays: starting, describing and cancelling them.

use jiff::Timestamp;
use nightproof_core::service::{Arn, AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::archive::Archived;
use crate::bus::BusName;
use crate::error::{already_exists, limit_exceeded, no_bus, not_found};
use crate::page::page;
use crate::records::Events;
use crate::replay::{Destination, Replay, State};

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
const MOST_ACTIVE: usize = 10;

/// `StartReplay`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StartReplay {
    replay_name: String,
    description: Option<String>,
    event_source_arn: String,
    event_start_time: Timestamp,
    event_end_time: Timestamp,
    destination: Destination,
}

/// `CancelReplay`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CancelReplay.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelReplay {
    replay_name: String,
}

/// `DescribeReplay`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeReplay.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeReplay {
    replay_name: String,
}

/// `ListReplays`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListReplays.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListReplays {
    #[serde(default)]
    name_prefix: String,
    event_source_arn: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(crate) fn start_replay(&self, call: &Call, input: StartReplay) -> Result<Value, AwsError> {
        let StartReplay { replay_name: name, event_source_arn: source, destination, .. } = input;
        if input.event_end_time <= input.event_start_time {
            let message = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.";
            return Err(AwsError::validation(message));
        }
        let BusName { name: bus, .. } = BusName::new(call, Some(&destination.arn));
        let (made, events) = self.with(&call.region, call.account(), |records| {
            if !records.buses.values().any(|one| one.arn == destination.arn) {
                return Err(no_bus(&bus));
            }
            let archive = records.archives.values_mut().find(|archive| archive.arn == source).ok_or_else(|| {
                let name = source.parse::<Arn>().map(|arn| arn.resource_id().to_owned()).unwrap_or_default();
                AwsError::validation(format!("Parameter EventSourceArn is not valid. Reason: Archive {name} does not exist."))
            })?;
            if archive.source != destination.arn {
                let message = "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.";
                return Err(AwsError::validation(message));
            }
            if records.replays.contains_key(&name) {
                return Err(already_exists(&format!("Replay {name}")));
            }
            if records.replays.values().filter(|replay| replay.state.is_active()).count() >= MOST_ACTIVE {
                return Err(limit_exceeded());
            }
            archive.purge(call.now);
            let times = input.event_start_time..input.event_end_time;
            let mut events: Vec<Archived> =
                archive.events.iter().filter(|archived| times.contains(&archived.time)).cloned().collect();
            events.sort_by_key(|archived| archived.time);
            let replay = Replay {
                arn: call.arn("events", format!("replay/{name}")),
                name: name.clone(),
                description: input.description,
                source,
                destination: destination.clone(),
                from: input.event_start_time,
                until: input.event_end_time,
                started: call.now,
                ended: None,
                last_replayed: None,
                state: State::Starting,
            };
            let made = json!({
                "ReplayArn": replay.arn, "State": replay.state.name(), "ReplayStartTime": replay.started.to_string(),
            });
            records.replays.insert(name.clone(), replay);
            Ok((made, events))
        })?;
        self.run_replay(call, name, bus, destination.filter_arns, events);
        Ok(made)
    }

    pub(crate) fn cancel_replay(&self, call: &Call, input: CancelReplay) -> Result<Value, AwsError> {
        self.with_replay(call, &input.replay_name, |replay| {
            if !matches!(replay.state, State::Starting | State::Running) {
                let message = format!("Replay {} is not in a valid state for this operation.", replay.name);
                return Err(AwsError::new("IllegalStatusException", 400, message));
            }
            replay.state = State::Cancelling;
            Ok(json!({ "ReplayArn": replay.arn, "State": replay.state.name() }))
        })?
    }

    pub(crate) fn describe_replay(&self, call: &Call, input: DescribeReplay) -> Result<Value, AwsError> {
        self.with_replay(call, &input.replay_name, |replay| replay.describe())
    }

    pub(crate) fn list_replays(&self, call: &Call, input: ListReplays) -> Result<Value, AwsError> {
        let replays = self.with(&call.region, call.account(), |records| {
            let wanted = records.replays.values().filter(|replay| {
                replay.name.starts_with(&input.name_prefix)
                    && input.event_source_arn.as_ref().is_none_or(|source| *source == replay.source)
                    && input.state.as_deref().is_none_or(|state| state == replay.state.name())
            });
            wanted.map(Replay::listed).collect()
        });
        page("Replays", replays, input.next_token.as_deref(), input.limit)
    }

    fn with_replay<T>(&self, call: &Call, name: &str, act: impl FnOnce(&mut Replay) -> T) -> Result<T, AwsError> {
        self.with(&call.region, call.account(), |records| match records.replays.get_mut(name) {
            Some(replay) => Ok(act(replay)),
            None => Err(not_found(format!("Replay {name} does not exist."))),
        })
    }

    /// Sends the events, one after another, to the rules of their bus, until somebody cancels the replay.
    fn run_replay(&self, call: &Call, name: String, bus: String, rules: Vec<String>, events: Vec<Archived>) {
        let Some(this) = self.this.upgrade() else { return };
        let (call, in_flight) = (call.clone(), self.in_flight.begin());
        call.region.clone().tasks().spawn(async move {
            let _in_flight = in_flight;
            for Archived { time, mut event, .. } in events {
                let goes_on = this.with_replay(&call, &name, |replay| {
                    let goes_on = replay.state != State::Cancelling;
                    if goes_on {
                        replay.state = State::Running;
                        replay.last_replayed = Some(time);
                    }
                    goes_on
                });
                if !goes_on.unwrap_or(false) || call.region.stopping().is_cancelled() {
                    break;
                }
                if let Some(members) = event.as_object_mut() {
                    members.insert("replay-name".to_owned(), name.clone().into());
                }
                this.route(&call.region, call.account(), &bus, &event, |arn| {
                    rules.is_empty() || rules.iter().any(|one| one == arn)
                });
                tokio::task::yield_now().await;
            }
            // A replay that is gone has no state to be set.
            let _ = this.with_replay(&call, &name, |replay| {
                replay.ended = Some(call.region.clock().now());
                replay.state = if replay.state == State::Cancelling { State::Cancelled } else { State::Completed };
            });
        });
    }
}
