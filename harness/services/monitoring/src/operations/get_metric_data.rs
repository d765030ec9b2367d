//! GetMetricData.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{check_enum, invalid};
use crate::metric::Window;
use crate::query::{Found, MetricDataQuery, Queries};
use crate::records::CloudWatch;

/// Queries in a request.
const MOST_QUERIES: usize = 500;
/// Datapoints on a page.
const MOST: usize = 100_800;

/// `GetMetricData`. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetMetricData {
    metric_data_queries: Vec<MetricDataQuery>,
    start_time: Timestamp,
    end_time: Timestamp,
    next_token: Option<String>,
    scan_by: Option<String>,
    max_datapoints: Option<i64>,
}

impl CloudWatch {
    pub(crate) fn get_metric_data(&self, call: &Call, input: GetMetricData) -> Result<Value, AwsError> {
        if input.metric_data_queries.len() > MOST_QUERIES {
            return Err(invalid(format!("The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}.")));
        }
        check_enum(input.scan_by.as_deref(), "scanBy", &["TimestampDescending", "TimestampAscending"])?;
        if input.start_time >= input.end_time {
            return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
        }
        let size = match input.max_datapoints {
            None => MOST,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|size| (1..=MOST).contains(size))
                .ok_or_else(|| invalid(format!("The value {size} for parameter MaxDatapoints is invalid.")))?,
        };
        let queries = Queries::read(call.account(), "MetricDataQueries", &input.metric_data_queries)?;
        let window = Window { start: input.start_time.as_second(), end: input.end_time.as_second() };
        let mut found = queries.evaluate(call.region.metrics(), window)?;
        found.retain(|one| one.returns_data);
        let start = match input.next_token.as_deref() {
            None | Some("") => 0,
            Some(token) => token.parse().map_err(|_| AwsError::new("InvalidNextToken", 400, "Invalid NextToken"))?,
        };
        let descending = input.scan_by.as_deref() != Some("TimestampAscending");
        Ok(page(&found, start, size, descending))
    }
}

/// The datapoints of all time series from one on, each series in the order of its times.
fn page(found: &[Found], start: usize, size: usize, descending: bool) -> Value {
    let (mut skipped, mut left, mut next) = (start, size, None);
    let mut results = Vec::new();
    let mut position = 0;
    for one in found {
        let points = &one.series.points;
        let from = skipped.min(points.len());
        skipped -= from;
        let taken = (points.len() - from).min(left);
        left -= taken;
        position += points.len();
        let complete = from + taken == points.len();
        if !complete && next.is_none() {
            next = Some(position - points.len() + from + taken);
        }
        // A series that an earlier page has completed is not there again; one without points is on the first page.
        if (from == points.len() && start > 0) || (taken == 0 && !complete) {
            continue;
        }
        let mut ordered: Vec<(i64, f64)> = points.iter().map(|(time, value)| (*time, *value)).collect();
        if descending {
            ordered.reverse();
        }
        let shown: Vec<(i64, f64)> = ordered.into_iter().skip(from).take(taken).collect();
        let time = |(time, _): &(i64, f64)| Timestamp::from_second(*time).unwrap_or_default().to_string();
        let mut result = json!({
            "Id": one.id,
            "Label": one.label,
            "Timestamps": shown.iter().map(time).collect::<Vec<_>>(),
            "Values": shown.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
            "StatusCode": if complete { "Complete" } else { "PartialData" },
        });
        if let (false, Some(members)) = (one.units.is_empty(), result.as_object_mut()) {
            let message = format!("Multiple units returned: '[{}]'", one.units.join(", "));
            members.insert("Messages".to_owned(), json!([{ "Code": "MultipleUnits", "Value": message }]));
        }
        results.push(result);
    }
    let mut output = json!({ "MetricDataResults": results, "Messages": [] });
    if let (Some(next), Some(members)) = (next, output.as_object_mut()) {
        members.insert("NextToken".to_owned(), next.to_string().into());
    }
    output
}
