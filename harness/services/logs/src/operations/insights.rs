//! Queries of Logs Insights. A query has ended when it is started.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{invalid, no_group};
use crate::insights::{Event, Failure, Query};
use crate::page::page;
use crate::query_record::QueryRecord;
use crate::records::{LogGroup, Logs, digits, name_in};

/// Groups of a query.
const MOST_GROUPS: usize = 50;
/// The only language of queries that is served.
const LANGUAGE: &str = "CWLI";

/// `StartQuery`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartQuery {
    log_group_name: Option<String>,
    #[serde(default)]
    log_group_names: Vec<String>,
    #[serde(default)]
    log_group_identifiers: Vec<String>,
    start_time: i64,
    end_time: i64,
    query_string: String,
    limit: Option<usize>,
    query_language: Option<String>,
}

/// `GetQueryResults`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetQueryResults {
    query_id: String,
}

/// `DescribeQueries`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeQueries.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeQueries {
    log_group_name: Option<String>,
    status: Option<String>,
    query_language: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `StopQuery`. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StopQuery.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopQuery {
    query_id: String,
}

impl StartQuery {
    /// The names of the groups that it is about.
    fn groups(&self, call: &Call) -> Result<Vec<String>, AwsError> {
        let given = [self.log_group_name.is_some(), !self.log_group_names.is_empty(), !self.log_group_identifiers.is_empty()];
        if given.into_iter().filter(|given| *given).count() != 1 {
            return Err(invalid("Exactly one of logGroupName, logGroupNames or logGroupIdentifiers must be given."));
        }
        let identifiers = self.log_group_identifiers.iter().map(|identifier| name_in(call, identifier).ok_or_else(no_group));
        let mut names = identifiers.collect::<Result<Vec<_>, _>>()?;
        names.extend(self.log_group_name.iter().chain(&self.log_group_names).cloned());
        if names.len() > MOST_GROUPS {
            return Err(invalid(format!("A query can be about at most {MOST_GROUPS} log groups.")));
        }
        Ok(names)
    }
}

impl Logs {
    pub(crate) fn start_query(&self, call: &Call, input: StartQuery) -> Result<Value, AwsError> {
        if let Some(language) = input.query_language.as_deref().filter(|language| *language != LANGUAGE) {
            return Err(AwsError::not_implemented("logs", &format!("a query in {language}")));
        }
        let names = input.groups(call)?;
        if input.start_time > input.end_time {
            return Err(invalid("Query's end date and time is before its start date and time."));
        }
        let query = Query::read(&input.query_string).map_err(|failure| match failure {
            Failure::Malformed(reason) => AwsError::new("MalformedQueryException", 400, reason),
            Failure::Lacking(what) => AwsError::not_implemented("logs", &what),
        })?;
        // To the end of its last second.
        let (from, to) = (input.start_time.saturating_mul(1000), input.end_time.saturating_mul(1000).saturating_add(999));
        let events = self.groups(call, |groups| {
            let mut events = Vec::new();
            for name in &names {
                let group = groups.get(name).ok_or_else(|| no_group_of(call, name))?;
                events.extend(events_of(call, group, from, to));
            }
            Ok(events)
        })?;
        let bytes = events.iter().map(Event::bytes).sum();
        let scanned = events.len();
        let (mut rows, matched) = query.run(events);
        rows.truncate(input.limit.unwrap_or(usize::MAX));
        let sources: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let record = QueryRecord {
            id: uuid::Uuid::new_v4().to_string(),
            text: format!("SOURCE {} START={from} END={to} | {}", sources.join(", "), input.query_string),
            groups: names,
            created: call.now,
            rows,
            matched,
            scanned,
            bytes,
        };
        let id = record.id.clone();
        self.queries.with(call.account(), |queries| queries.add(record));
        Ok(json!({ "queryId": id }))
    }

    pub(crate) fn get_query_results(&self, call: &Call, input: GetQueryResults) -> Result<Value, AwsError> {
        self.queries.with(call.account(), |queries| {
            let query = queries.find(&input.query_id, call.now).ok_or_else(no_query)?;
            Ok(query.results())
        })
    }

    /// The latest first.
    pub(crate) fn describe_queries(&self, call: &Call, input: DescribeQueries) -> Result<Value, AwsError> {
        let wanted = |query: &&QueryRecord| {
            input.log_group_name.as_ref().is_none_or(|name| query.groups.contains(name))
                && input.query_language.as_ref().is_none_or(|language| language == LANGUAGE)
                && input.status.as_ref().is_none_or(|status| status == QueryRecord::STATUS)
        };
        let found: Vec<Value> = self
            .queries
            .with(call.account(), |queries| queries.all(call.now).rev().filter(wanted).map(QueryRecord::describe).collect());
        page(found, "queries", Some(input.max_results.unwrap_or(1000)), input.next_token.as_deref())
    }

    /// One that has ended cannot be stopped.
    pub(crate) fn stop_query(&self, call: &Call, input: StopQuery) -> Result<Value, AwsError> {
        self.queries.with(call.account(), |queries| {
            let query = queries.find(&input.query_id, call.now).ok_or_else(no_query)?;
            Err(invalid(format!("Query with ID: {} has already completed or been stopped.", query.id)))
        })
    }
}

fn events_of(call: &Call, group: &LogGroup, from: i64, to: i64) -> Vec<Event> {
    let from = from.max(group.horizon(call.now));
    let log = format!("{}:{}", call.account(), group.name);
    let mut events = Vec::new();
    for (stream, record) in &group.streams {
        for (position, event) in &record.events {
            if (from..=to).contains(&position.0) {
                events.push(Event::new(position.0, event.ingested, &event.message, &log, stream, digits(*position)));
            }
        }
    }
    events
}

fn no_query() -> AwsError {
    AwsError::new("ResourceNotFoundException", 400, "The specified query does not exist.")
}

fn no_group_of(call: &Call, name: &str) -> AwsError {
    let account = call.account();
    let rest = "(Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException";
    let message = format!(
        "Log group '{name}' does not exist for account ID '{account}' {rest}; Request ID: {}; Proxy: null)",
        call.request_id
    );
    AwsError::new("ResourceNotFoundException", 400, message)
}
