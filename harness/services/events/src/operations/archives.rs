//! Archives: making, describing, changing and deleting them.

use nightproof_core::service::{Arn, AwsError, Call};
use nightproof_event_pattern::Pattern;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::archive::Archive;
use crate::bus::BusName;
use crate::error::{already_exists, no_bus, not_found};
use crate::page::page;
use crate::pattern;
use crate::records::{Account, Events};

/// `CreateArchive`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateArchive {
    archive_name: String,
    event_source_arn: String,
    description: Option<String>,
    event_pattern: Option<String>,
    #[serde(default)]
    retention_days: i64,
}

/// `UpdateArchive`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateArchive.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateArchive {
    archive_name: String,
    description: Option<String>,
    event_pattern: Option<String>,
    retention_days: Option<i64>,
}

/// `DescribeArchive`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeArchive.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeArchive {
    archive_name: String,
}

/// `ListArchives`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListArchives.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListArchives {
    #[serde(default)]
    name_prefix: String,
    event_source_arn: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

/// `DeleteArchive`. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteArchive.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteArchive {
    archive_name: String,
}

impl Events {
    pub(crate) fn create_archive(&self, call: &Call, input: CreateArchive) -> Result<Value, AwsError> {
        let pattern = read_pattern(input.event_pattern)?;
        let name = input.archive_name;
        self.with(&call.region, call.account(), |records| {
            require_bus(call, records, &input.event_source_arn)?;
            if records.archives.contains_key(&name) {
                return Err(already_exists(&format!("Archive {name}")));
            }
            let archive = Archive {
                arn: call.arn("events", format!("archive/{name}")),
                name: name.clone(),
                source: input.event_source_arn,
                description: input.description,
                pattern,
                retention_days: input.retention_days,
                created: call.now,
                events: Vec::new(),
            };
            let made = archive.state();
            records.archives.insert(name, archive);
            Ok(made)
        })
    }

    pub(crate) fn update_archive(&self, call: &Call, input: UpdateArchive) -> Result<Value, AwsError> {
        if input.description.is_none() && input.event_pattern.is_none() && input.retention_days.is_none() {
            let message = "At least one of EventPattern, RetentionDays or Description must be provided.";
            return Err(AwsError::validation(message));
        }
        let has_pattern = input.event_pattern.is_some();
        let pattern = read_pattern(input.event_pattern)?;
        self.with_archive(call, &input.archive_name, |archive| {
            if let Some(description) = input.description {
                archive.description = Some(description).filter(|text| !text.is_empty());
            }
            if has_pattern {
                archive.pattern = pattern;
            }
            archive.retention_days = input.retention_days.unwrap_or(archive.retention_days);
            archive.state()
        })
    }

    pub(crate) fn describe_archive(&self, call: &Call, input: DescribeArchive) -> Result<Value, AwsError> {
        self.with_archive(call, &input.archive_name, |archive| archive.describe())
    }

    pub(crate) fn list_archives(&self, call: &Call, input: ListArchives) -> Result<Value, AwsError> {
        let given = [!input.name_prefix.is_empty(), input.event_source_arn.is_some(), input.state.is_some()];
        if given.into_iter().filter(|given| *given).count() > 1 {
            let message = "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.";
            return Err(AwsError::validation(message));
        }
        let archives = self.with(&call.region, call.account(), |records| {
            if let Some(source) = &input.event_source_arn {
                require_bus(call, records, source)?;
            }
            // An archive is enabled once it is made.
            let wanted = |archive: &&mut Archive| {
                archive.name.starts_with(&input.name_prefix)
                    && input.event_source_arn.as_ref().is_none_or(|source| *source == archive.source)
                    && input.state.as_deref().is_none_or(|state| state == "ENABLED")
            };
            let listed = records.archives.values_mut().filter(wanted).map(|archive| {
                archive.purge(call.now);
                archive.listed()
            });
            Ok(listed.collect())
        })?;
        page("Archives", archives, input.next_token.as_deref(), input.limit)
    }

    pub(crate) fn delete_archive(&self, call: &Call, input: DeleteArchive) -> Result<Value, AwsError> {
        let name = &input.archive_name;
        self.with(&call.region, call.account(), |records| match records.archives.remove(name) {
            Some(_) => Ok(json!({})),
            None => Err(no_archive(name)),
        })
    }

    fn with_archive<T>(&self, call: &Call, name: &str, act: impl FnOnce(&mut Archive) -> T) -> Result<T, AwsError> {
        self.with(&call.region, call.account(), |records| {
            let archive = records.archives.get_mut(name).ok_or_else(|| no_archive(name))?;
            archive.purge(call.now);
            Ok(act(archive))
        })
    }
}

fn no_archive(name: &str) -> AwsError {
    not_found(format!("Archive {name} does not exist."))
}

fn read_pattern(text: Option<String>) -> Result<Option<(String, Pattern)>, AwsError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| pattern::parse(&text).map(|pattern| (text, pattern))).transpose()
}

/// An archive is of a bus of its own account and region.
fn require_bus(call: &Call, records: &Account, arn: &str) -> Result<(), AwsError> {
    let BusName { name, .. } = BusName::new(call, Some(arn));
    let known = arn.parse::<Arn>().is_ok() && records.buses.values().any(|bus| bus.arn == arn);
    if known { Ok(()) } else { Err(no_bus(&name)) }
}
