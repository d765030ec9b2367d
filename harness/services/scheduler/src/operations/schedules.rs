//! Schedules: making, changing, describing, listing and deleting them.

use nightproof_core::page::page;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::delivery::session;
use crate::error::{already_exists, no_schedule};
use crate::group::Group;
use crate::records::Scheduler;
use crate::schedule::Schedule;
use crate::settings::Settings;
use crate::target::Kind;

/// `CreateSchedule`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
pub(crate) type CreateSchedule = Settings;

/// `UpdateSchedule`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>
pub(crate) type UpdateSchedule = Settings;

/// `GetSchedule`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetSchedule {
    name: String,
    group_name: Option<String>,
}

/// `DeleteSchedule`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteSchedule.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteSchedule {
    name: String,
    group_name: Option<String>,
    #[expect(dead_code, reason = "a second call with the same token is told that there is no such schedule")]
    client_token: Option<String>,
}

/// `ListSchedules`. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSchedules {
    group_name: Option<String>,
    #[serde(default)]
    name_prefix: String,
    state: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

impl Scheduler {
    pub(crate) async fn create_schedule(&self, call: &Call, settings: CreateSchedule) -> Result<Value, AwsError> {
        let timing = settings.timing()?;
        self.check_target(call, &settings).await?;
        let (name, group) = (settings.name.clone(), settings.group_name.clone());
        self.with_group(call, group.as_deref(), |group| {
            if group.schedules.contains_key(&name) {
                return Err(already_exists(&format!("Schedule {name}")));
            }
            let mut schedule = Schedule {
                arn: call.arn("scheduler", format!("schedule/{}/{name}", group.name)),
                name: name.clone(),
                group: group.name.clone(),
                settings,
                timing,
                created: call.now,
                modified: call.now,
                last: None,
                waiting: CancellationToken::new(),
            };
            self.wait(&call.region, &mut schedule);
            let made = json!({ "ScheduleArn": schedule.arn });
            group.schedules.insert(name, schedule);
            Ok(made)
        })
    }

    pub(crate) async fn update_schedule(&self, call: &Call, settings: UpdateSchedule) -> Result<Value, AwsError> {
        let timing = settings.timing()?;
        self.check_target(call, &settings).await?;
        let (name, group) = (settings.name.clone(), settings.group_name.clone());
        self.with_schedule(call, group.as_deref(), &name, |schedule| {
            (schedule.settings, schedule.timing) = (settings, timing);
            (schedule.modified, schedule.last) = (call.now, None);
            self.wait(&call.region, schedule);
            json!({ "ScheduleArn": schedule.arn })
        })
    }

    /// Refuses a target that cannot be invoked, or whose role Scheduler may not assume.
    async fn check_target(&self, call: &Call, settings: &Settings) -> Result<(), AwsError> {
        let target = &settings.target;
        let kind = target.kind()?;
        if kind == Kind::Bus && target.event_bridge_parameters.is_none() {
            let message = format!("EventBridgeParameters is required for target {}.", target.arn);
            return Err(AwsError::validation(message));
        }
        let is_json = |input: &str| serde_json::from_str::<Value>(input).is_ok();
        if matches!(kind, Kind::Function | Kind::Bus | Kind::Operation { .. })
            && target.input.as_deref().is_some_and(|input| !is_json(input))
        {
            return Err(AwsError::validation("Invalid RequestInput: the Input of the target is not well-formed JSON."));
        }
        let group_arn = self.with_group(call, settings.group_name.as_deref(), |group| Ok(group.arn.clone()))?;
        session(&call.region, call.account(), &group_arn, &target.role_arn).await.map(drop).map_err(|_| {
            AwsError::validation("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
        })
    }

    pub(crate) fn get_schedule(&self, call: &Call, input: GetSchedule) -> Result<Value, AwsError> {
        self.with_schedule(call, input.group_name.as_deref(), &input.name, |schedule| schedule.describe())
    }

    pub(crate) fn delete_schedule(&self, call: &Call, input: DeleteSchedule) -> Result<Value, AwsError> {
        self.with_group(call, input.group_name.as_deref(), |group| match group.schedules.remove(&input.name) {
            Some(_) => Ok(json!({})),
            None => Err(no_schedule(&input.name)),
        })
    }

    pub(crate) fn list_schedules(&self, call: &Call, input: ListSchedules) -> Result<Value, AwsError> {
        let wanted = |group: &&Group| input.group_name.as_ref().is_none_or(|name| *name == group.name);
        let items = self.with(&call.region, call.account(), |groups| {
            let schedules = groups.values().filter(wanted).flat_map(|group| group.schedules.values());
            let found = schedules.filter(|schedule| {
                schedule.name.starts_with(&input.name_prefix)
                    && input.state.as_ref().is_none_or(|state| *state == schedule.settings.state)
            });
            found.map(Schedule::summary).collect()
        });
        page("Schedules", items, input.next_token.as_deref(), input.max_results.unwrap_or(100), || {
            AwsError::validation("Invalid NextToken.")
        })
    }
}
