//! Dashboards: records, whose bodies are held against what CloudWatch can draw.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>

use jiff::Timestamp;
use nightproof_core::tags::Tags;
use serde_json::{Map, Value, json};

/// Widgets of a dashboard.
const MOST_WIDGETS: usize = 500;
/// Columns of a dashboard's grid, and the height of the highest widget.
const COLUMNS: i64 = 24;
const HIGHEST: i64 = 1000;

/// A dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Dashboard {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// JSON, as it was given.
    pub(crate) body: String,
    pub(crate) modified: Timestamp,
    pub(crate) tags: Tags,
}

/// What is wrong in a body, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    message: String,
}

impl Finding {
    fn new(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }

    fn required(path: &str, name: &str) -> Self {
        Self::new(path, format!("Should have required property '{name}'"))
    }

    /// As a member of an answer or an error.
    pub(crate) fn describe(&self) -> Value {
        json!({ "DataPath": self.path, "Message": self.message })
    }
}

/// The message of the refusal of a body.
pub(crate) fn refusal(findings: &[Finding]) -> String {
    let shown: Vec<Value> = findings.iter().map(|one| json!({ "dataPath": one.path, "message": one.message })).collect();
    let list = serde_json::to_string_pretty(&shown).unwrap_or_default();
    format!("The dashboard body is invalid, there are {} validation errors:\n{list}", findings.len())
}

/// What is wrong with a body that is a JSON object.
pub(crate) fn check(body: &Map<String, Value>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match body.get("widgets") {
        None => findings.push(Finding::required("", "widgets")),
        Some(Value::Array(widgets)) => {
            if widgets.len() > MOST_WIDGETS {
                findings.push(Finding::new("/widgets", format!("Should NOT have more than {MOST_WIDGETS} items")));
            }
            for (number, widget) in widgets.iter().enumerate() {
                check_widget(widget, &format!("/widgets/{number}"), &mut findings);
            }
        }
        Some(_) => findings.push(Finding::new("/widgets", "Should be array")),
    }
    for name in ["start", "end", "periodOverride"] {
        if body.get(name).is_some_and(|value| !value.is_string()) {
            findings.push(Finding::new(&format!("/{name}"), "Should be string"));
        }
    }
    if body.get("periodOverride").and_then(Value::as_str).is_some_and(|value| !["auto", "inherit"].contains(&value)) {
        findings.push(Finding::new("/periodOverride", "Should be equal to one of the allowed values"));
    }
    findings
}

fn check_widget(widget: &Value, path: &str, findings: &mut Vec<Finding>) {
    let Value::Object(widget) = widget else {
        findings.push(Finding::new(path, "Should be object"));
        return;
    };
    let ranges = [("x", 0, COLUMNS - 1), ("y", 0, i64::MAX), ("width", 1, COLUMNS), ("height", 1, HIGHEST)];
    for (name, least, most) in ranges {
        let path = format!("{path}/{name}");
        match widget.get(name).map(|value| (value, value.as_i64())) {
            None => {}
            Some((_, Some(value))) if value < least => findings.push(Finding::new(&path, format!("Should be >= {least}"))),
            Some((_, Some(value))) if value > most => findings.push(Finding::new(&path, format!("Should be <= {most}"))),
            Some((_, Some(_))) => {}
            Some((_, None)) => findings.push(Finding::new(&path, "Should be integer")),
        }
    }
    let kind = match widget.get("type") {
        None => {
            findings.push(Finding::required(path, "type"));
            return;
        }
        Some(Value::String(kind)) => kind.as_str(),
        Some(_) => {
            findings.push(Finding::new(&format!("{path}/type"), "Should be string"));
            return;
        }
    };
    if !["metric", "text", "log", "alarm", "explorer", "custom", "trace", "chart"].contains(&kind) {
        findings.push(Finding::new(&format!("{path}/type"), "Should be equal to one of the allowed values"));
        return;
    }
    let properties = match widget.get("properties") {
        Some(Value::Object(properties)) => properties,
        Some(_) => {
            findings.push(Finding::new(&format!("{path}/properties"), "Should be object"));
            return;
        }
        None => {
            findings.push(Finding::required(path, "properties"));
            return;
        }
    };
    let path = format!("{path}/properties");
    let required: &[&str] = match kind {
        "metric" => return check_metric_widget(properties, &path, findings),
        "text" => &["markdown"],
        "log" => &["query", "region"],
        "alarm" => &["alarms"],
        "explorer" => &["labels", "metrics"],
        "custom" => &["endpoint"],
        _ => &[],
    };
    findings.extend(required.iter().filter(|name| !properties.contains_key(**name)).map(|name| Finding::required(&path, name)));
}

/// A widget of metrics has some, or shows an alarm.
fn check_metric_widget(properties: &Map<String, Value>, path: &str, findings: &mut Vec<Finding>) {
    let (metrics, annotations) = (properties.get("metrics"), properties.get("annotations"));
    if metrics.is_none() && annotations.is_none() {
        findings.push(Finding::required(path, "metrics"));
        let message = "The metric widget should have specified a region and a data source or an alarm annotation";
        findings.push(Finding::new(path, message));
        findings.push(Finding::required(path, "annotations"));
        return;
    }
    let shows_alarm = annotations.and_then(|all| all.get("alarms")).is_some();
    if !shows_alarm && !properties.contains_key("region") {
        findings.push(Finding::required(path, "region"));
    }
    match metrics {
        Some(Value::Array(metrics)) => {
            for (number, metric) in metrics.iter().enumerate() {
                let path = format!("{path}/metrics/{number}");
                let rest = "has to be an array of array of strings, with an optional metricRenderer object as last element";
                let message = format!("Field \"metrics\" {rest}");
                match metric {
                    Value::Array(parts) if is_metric(parts) => {}
                    Value::Array(_) => findings.push(Finding::new(&path, message)),
                    _ => {
                        findings.push(Finding::new(&path, "Should be array"));
                        findings.push(Finding::new(&path, message));
                    }
                }
            }
        }
        Some(_) => findings.push(Finding::new(&format!("{path}/metrics"), "Should be array")),
        None => {}
    }
}

/// Strings, and perhaps an object at the end.
fn is_metric(parts: &[Value]) -> bool {
    match parts.split_last() {
        Some((last, before)) => before.iter().all(Value::is_string) && (last.is_string() || last.is_object()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: Value) -> Vec<(String, String)> {
        check(body.as_object().unwrap()).into_iter().map(|one| (one.path, one.message)).collect()
    }

    #[test]
    fn a_widget_without_metrics_and_annotations_is_told_what_it_lacks() {
        let findings = found(json!({ "widgets": [{ "type": "metric", "properties": {} }] }));
        let at = |message: &str| ("/widgets/0/properties".to_owned(), message.to_owned());
        assert_eq!(
            findings,
            [
                at("Should have required property 'metrics'"),
                at("The metric widget should have specified a region and a data source or an alarm annotation"),
                at("Should have required property 'annotations'"),
            ]
        );
    }

    #[test]
    fn each_fault_of_a_body_is_found_at_its_path() {
        let body = json!({ "periodOverride": "never", "widgets": [
            { "type": "metric", "width": 25, "properties": { "region": "us-east-1", "metrics": [["AWS/EC2", "C"], "x"] } },
            { "type": "text", "x": "0", "properties": {} },
            { "type": "picture", "properties": {} },
            { "properties": {} },
        ] });
        let paths: Vec<String> = found(body).into_iter().map(|(path, _)| path).collect();
        let metric = "/widgets/0/properties/metrics/1";
        let rest = ["/widgets/1/x", "/widgets/1/properties", "/widgets/2/type", "/widgets/3", "/periodOverride"];
        assert_eq!(paths, [["/widgets/0/width", metric, metric].as_slice(), &rest].concat());
        let good = json!({ "widgets": [
            { "type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {
                "metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-1", { "stat": "p99" }], [{ "expression": "1" }]],
                "region": "us-east-1" } },
            { "type": "metric", "properties": { "annotations": { "alarms": ["arn:aws:cloudwatch:us-east-1:1:alarm:a"] } } },
            { "type": "text", "properties": { "markdown": "# x" } },
        ] });
        assert_eq!(found(good), []);
    }
}
