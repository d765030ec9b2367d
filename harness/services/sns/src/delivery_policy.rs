//! Delivery policies: how often a message is sent again to an HTTP endpoint that did not take it.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>

use serde_json::{Map, Value, json};

/// What a request says of its body without a policy that says otherwise.
const CONTENT_TYPE: &str = "text/plain; charset=UTF-8";

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy>
const CONTENT_TYPES: [&str; 12] = [
    "application/atom+xml",
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];

/// Members of a retry policy, and those of AWS's own, in AWS's order.
fn default_retries() -> Value {
    json!({
        "minDelayTarget": 20,
        "maxDelayTarget": 20,
        "numRetries": 3,
        "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0,
        "numMinDelayRetries": 0,
        "backoffFunction": "linear",
    })
}

/// A retry policy with AWS's own values for those that it lacks.
fn whole(retries: &Value) -> Value {
    let mut all = default_retries();
    if let (Some(all), Some(given)) = (all.as_object_mut(), retries.as_object()) {
        all.extend(given.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())));
    }
    all
}

fn given<'a>(policy: &'a Value, name: &str) -> Option<&'a Value> {
    policy.get(name).filter(|value| !value.is_null())
}

/// A policy of a topic or a subscription, or why it is none.
fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str::<Value>(text).ok().filter(Value::is_object).ok_or_else(|| "failed to parse JSON.".to_owned())
}

/// Refuses members that a policy does not have, and values that AWS does not take.
fn check_members(policy: &Value, known: &[&str]) -> Result<(), String> {
    let unknown = policy.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(format!("Unrecognized field \"{name}\"")))
}

fn check_retries(retries: &Value) -> Result<(), String> {
    let known = default_retries();
    let names: Vec<&str> = known.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    check_members(retries, &names)?;
    let all = whole(retries);
    let number =
        |name: &str| all.get(name).and_then(Value::as_u64).ok_or_else(|| format!("{name} must be a number that is not negative"));
    let (least, most, count) = (number("minDelayTarget")?, number("maxDelayTarget")?, number("numRetries")?);
    let phases = number("numNoDelayRetries")? + number("numMinDelayRetries")? + number("numMaxDelayRetries")?;
    let function = all.get("backoffFunction").and_then(Value::as_str).unwrap_or_default();
    match () {
        () if least == 0 => Err("minDelayTarget must be at least 1".to_owned()),
        () if least > most => Err("minDelayTarget must not be greater than maxDelayTarget".to_owned()),
        () if most > 3600 => Err("maxDelayTarget must be at most 3600".to_owned()),
        () if count > 100 => Err("numRetries must be at most 100".to_owned()),
        () if phases > count => Err("the retries of the phases must not be more than numRetries".to_owned()),
        () if !["linear", "arithmetic", "geometric", "exponential"].contains(&function) => {
            Err("backoffFunction must be one of linear, arithmetic, geometric and exponential".to_owned())
        }
        () => Ok(()),
    }
}

fn check_request(request: &Value) -> Result<(), String> {
    check_members(request, &["headerContentType"])?;
    let Some(kind) = given(request, "headerContentType") else { return Ok(()) };
    let bare = kind.as_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if CONTENT_TYPES.contains(&bare) { Ok(()) } else { Err(format!("headerContentType {kind} is not supported")) }
}

/// Checks the attribute `DeliveryPolicy` of a topic, and returns it as it is shown; `None` if there is nothing in it.
pub(crate) fn read_of_topic(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let policy = parse(text)?;
    check_members(&policy, &["http"])?;
    let Some(http) = given(&policy, "http") else { return Ok(None) };
    const KNOWN: [&str; 5] = [
        "defaultHealthyRetryPolicy",
        "defaultSicklyRetryPolicy",
        "disableSubscriptionOverrides",
        "defaultThrottlePolicy",
        "defaultRequestPolicy",
    ];
    check_members(http, &KNOWN)?;
    given(http, "defaultHealthyRetryPolicy").map_or(Ok(()), check_retries)?;
    given(http, "defaultRequestPolicy").map_or(Ok(()), check_request)?;
    let mut shown: Map<String, Value> =
        KNOWN.iter().filter_map(|name| Some(((*name).to_owned(), given(http, name)?.clone()))).collect();
    shown.entry("disableSubscriptionOverrides".to_owned()).or_insert(false.into());
    Ok(Some(json!({ "http": shown }).to_string()))
}

/// Checks the attribute `DeliveryPolicy` of a subscription, and returns it as it is shown.
pub(crate) fn read_of_subscription(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let policy = parse(text)?;
    const KNOWN: [&str; 5] = ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"];
    check_members(&policy, &KNOWN)?;
    given(&policy, "healthyRetryPolicy").map_or(Ok(()), check_retries)?;
    given(&policy, "requestPolicy").map_or(Ok(()), check_request)?;
    let mut shown = Map::new();
    for name in KNOWN {
        let value = match (name, given(&policy, name)) {
            ("healthyRetryPolicy", Some(retries)) => whole(retries),
            ("guaranteed", None) => false.into(),
            (_, value) => value.cloned().unwrap_or_default(),
        };
        shown.insert(name.to_owned(), value);
    }
    Ok(Some(Value::Object(shown).to_string()))
}

fn read(shown: Option<&String>) -> Value {
    shown.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What is in force for a topic, by its attribute as it is shown.
pub(crate) fn effective_of_topic(shown: Option<&String>) -> Value {
    let policy = read(shown);
    let http = policy.get("http").cloned().unwrap_or_default();
    let mut all = json!({
        "defaultHealthyRetryPolicy": whole(http.get("defaultHealthyRetryPolicy").unwrap_or(&Value::Null)),
        "disableSubscriptionOverrides": http.get("disableSubscriptionOverrides").and_then(Value::as_bool).unwrap_or(false),
    });
    if let Some(all) = all.as_object_mut() {
        if let Some(throttle) = given(&http, "defaultThrottlePolicy") {
            all.insert("defaultThrottlePolicy".to_owned(), throttle.clone());
        }
        let request =
            given(&http, "defaultRequestPolicy").cloned().unwrap_or_else(|| json!({ "headerContentType": CONTENT_TYPE }));
        all.insert("defaultRequestPolicy".to_owned(), request);
    }
    json!({ "http": all })
}

/// What is in force for a subscription: its own policy, unless the topic's overrides it, and the topic's where it says nothing.
pub(crate) fn effective_of_subscription(shown: Option<&String>, topic: &Value) -> Value {
    let defaults = topic.get("http").cloned().unwrap_or_default();
    let overridden = defaults.get("disableSubscriptionOverrides").and_then(Value::as_bool).unwrap_or(false);
    let policy = if overridden { Value::Null } else { read(shown) };
    let or_default =
        |name: &str, default: &str| given(&policy, name).or_else(|| defaults.get(default)).cloned().unwrap_or_default();
    json!({
        "healthyRetryPolicy": or_default("healthyRetryPolicy", "defaultHealthyRetryPolicy"),
        "sicklyRetryPolicy": policy.get("sicklyRetryPolicy"),
        "throttlePolicy": or_default("throttlePolicy", "defaultThrottlePolicy"),
        "requestPolicy": or_default("requestPolicy", "defaultRequestPolicy"),
        "guaranteed": policy.get("guaranteed").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// The content type of a subscription's requests.
pub(crate) fn content_type(effective: &Value) -> &str {
    effective.pointer("/requestPolicy/headerContentType").and_then(Value::as_str).unwrap_or(CONTENT_TYPE)
}

/// The seconds before each retry: at once, then after the shortest delay, then from the shortest to the longest, then after the longest.
pub(crate) fn delays(effective: &Value) -> Vec<u64> {
    let policy = effective.get("healthyRetryPolicy").cloned().unwrap_or_default();
    let number = |name: &str| policy.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (least, most) = (number("minDelayTarget"), number("maxDelayTarget"));
    let (at_once, shortest, longest) = (number("numNoDelayRetries"), number("numMinDelayRetries"), number("numMaxDelayRetries"));
    let between = number("numRetries").saturating_sub(at_once + shortest + longest);
    let repeat = |delay: u64, count: u64| (0..count).map(move |_| delay);
    let function = policy.get("backoffFunction").and_then(Value::as_str).unwrap_or("linear");
    let growing = (0..between).map(|step| between_delays(function, least, most, step, between));
    repeat(0, at_once).chain(repeat(least, shortest)).chain(growing).chain(repeat(most, longest)).collect()
}

/// The delay of one of `count` retries that grow from `least` to `most`. AWS draws the curves of its functions and gives no formula.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "delays are at most an hour"
)]
fn between_delays(function: &str, least: u64, most: u64, step: u64, count: u64) -> u64 {
    if count < 2 || most <= least {
        return least;
    }
    let share = step as f64 / (count - 1) as f64;
    let (low, high) = (least as f64, most as f64);
    let delay = match function {
        "exponential" => low * (high / low).powf(share),
        "geometric" => low + (high - low) * share.powi(3),
        "arithmetic" => low + (high - low) * share.powi(2),
        _ => low + (high - low) * share,
    };
    delay.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriptions_policy_is_shown_whole_and_takes_the_rest_from_its_topic() {
        let shown = read_of_subscription(r#"{"requestPolicy": {"headerContentType": "text/csv"}}"#).unwrap().unwrap();
        let expected = r#"{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/csv"},"guaranteed":false}"#;
        assert_eq!(shown, expected);
        let topic = read_of_topic(
            r#"{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}}}"#,
        );
        let topic = topic.unwrap().unwrap();
        assert_eq!(
            topic,
            r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1},"disableSubscriptionOverrides":false}}"#
        );
        let effective = effective_of_subscription(Some(&shown), &effective_of_topic(Some(&topic)));
        assert_eq!((content_type(&effective), delays(&effective)), ("text/csv", vec![5]));
        let overridden = json!({ "http": { "disableSubscriptionOverrides": true, "defaultRequestPolicy": { "headerContentType": "text/xml" } } });
        assert_eq!(content_type(&effective_of_subscription(Some(&shown), &overridden)), "text/xml");
        assert_eq!(delays(&effective_of_subscription(None, &effective_of_topic(None))), [20, 20, 20]);
    }

    #[test]
    fn retries_come_at_once_then_after_the_shortest_then_growing_then_after_the_longest() {
        let policy = json!({ "healthyRetryPolicy": {
            "minDelayTarget": 10, "maxDelayTarget": 30, "numRetries": 7, "numNoDelayRetries": 1, "numMinDelayRetries": 2,
            "numMaxDelayRetries": 1, "backoffFunction": "linear",
        } });
        assert_eq!(delays(&policy), [0, 10, 10, 10, 20, 30, 30]);
    }

    #[test]
    fn a_policy_without_anything_is_none_and_what_it_may_not_have_is_refused() {
        assert_eq!(read_of_topic("").unwrap(), None);
        assert_eq!(read_of_topic("{}").unwrap(), None);
        for wrong in [
            "no JSON",
            r#"{"https": {}}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 0}}}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 30}}}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"maxDelayTarget": 3601}}}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"numRetries": 101}}}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"numNoDelayRetries": 4}}}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"backoffFunction": "square"}}}"#,
            r#"{"http": {"defaultRequestPolicy": {"headerContentType": "image/png"}}}"#,
        ] {
            read_of_topic(wrong).expect_err(wrong);
        }
    }
}
