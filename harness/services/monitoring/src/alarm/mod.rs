//! Alarms: what they watch, what state they are in, and what they do when it changes.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html>

mod action;
mod composite;
mod condition;
mod configuration;
mod history;
mod message;
mod metric_alarm;
mod record;
mod rule;
mod state;

pub(crate) use action::check_actions;
pub(crate) use composite::{By, Child, CompositeAlarm, Suppressed, Suppressor, verdict};
pub(crate) use condition::{Comparison, Condition, DAY, Missing};
pub(crate) use configuration::{Configuration, no_alarm};
pub(crate) use history::{History, Item, ItemType};
pub(crate) use message::{bridge_entry, function_event, subject, topic_message};
pub(crate) use metric_alarm::{MetricAlarm, Watched};
pub(crate) use record::{Alarm, Change, Kind};
pub(crate) use rule::{Rule, name_of};
pub(crate) use state::{State, StateRecord, Verdict};
