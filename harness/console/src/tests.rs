//! The API as its clients see it, over HTTP.

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::{SignedDuration, Timestamp};
use nightproof_core::Caller;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Console, routes};

const ACCOUNT: &str = "123456789012";

struct Served {
    region: Embedded,
    api: String,
    token: String,
    client: Client<HttpConnector, Full<bytes::Bytes>>,
    _folder: TempDir,
}

impl Served {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let region = embedded::start(EmbeddedOptions::new(ACCOUNT, folder.path().join("region"), program)).await.unwrap();
        let console = Console::open(&region, Caller::root(ACCOUNT));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { api: console.api_url(), token: console.token().to_owned(), region, client, _folder: folder }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
        let builder = Request::builder().method(method).uri(format!("{}/{path}", self.api));
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        let answer = self.client.request(builder.body(Full::from(body.to_owned())).unwrap()).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn ask(&self, method: Method, path: &str, document: &Value) -> (StatusCode, Value) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, &document.to_string()).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, said) = self.ask(Method::GET, path, &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        said
    }

    async fn refused(&self, method: Method, path: &str, document: &Value) -> (u16, String) {
        let (status, said) = self.ask(method, path, document).await;
        (status.as_u16(), said["error"]["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn time(text: &Value) -> Timestamp {
    text.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_rule_is_fired_by_moving_the_clock_to_when_it_is_due() {
    let served = Served::start().await;
    let rule = json!({ "Name": "nightly", "ScheduleExpression": "cron(0 3 * * ? *)" });
    let (status, said) = served.ask(Method::POST, "aws/events/PutRule", &rule).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let arn = said["output"]["RuleArn"].as_str().unwrap().to_owned();

    let due = served.get(&format!("due?arn={}", arn.replace('/', "%2F"))).await;
    let (status, fired) = served.ask(Method::POST, "fire", &json!({ "arn": arn })).await;
    assert_eq!((status, &fired), (StatusCode::OK, &due));
    assert!(due["at"].as_str().unwrap().ends_with("T03:00:00Z"), "{due}");
    assert!(time(&served.get("clock").await["now"]) >= time(&due["at"]));
    let (status, _) = served.ask(Method::POST, "settle", &json!({})).await;
    assert_eq!(status, StatusCode::OK);

    let absent = json!({ "arn": arn.replace("nightly", "weekly") });
    assert_eq!(served.refused(Method::POST, "fire", &absent).await, (409, "NoOccurrence".to_owned()));
    let other = json!({ "arn": "arn:aws:s3:::bucket" });
    assert_eq!(served.refused(Method::POST, "fire", &other).await, (400, "InvalidRequest".to_owned()));
    served.region.stop().await;
}

#[tokio::test]
async fn the_clock_goes_on_and_never_back() {
    let served = Served::start().await;
    let now = time(&served.get("clock").await["now"]);
    let (_, moved) = served.ask(Method::POST, "clock", &json!({ "advance": "P1DT1H" })).await;
    let moved = time(&moved["now"]);
    assert!(moved.duration_since(now) >= SignedDuration::from_hours(25), "{now} {moved}");
    for wrong in [
        json!({ "to": now.to_string() }),
        json!({ "advance": "-PT1H" }),
        json!({ "advance": "P400D" }),
        json!({ "advance": "P1M" }),
        json!({ "advance": "an hour ago" }),
        json!({ "by": "PT1H" }),
        json!({}),
    ] {
        assert_eq!(served.refused(Method::POST, "clock", &wrong).await, (400, "InvalidRequest".to_owned()), "{wrong}");
    }
    served.region.stop().await;
}

#[tokio::test]
async fn a_fault_strikes_and_the_journal_tells_of_it() {
    let served = Served::start().await;
    let after = served.get("events").await["next"].as_u64().unwrap();
    let faults = json!({ "faults": [{
        "when": { "service": "s3", "operation": "CreateBucket", "principal": null, "input": {} },
        "occurrence": { "nth": 1 },
        "then": { "error": { "code": "SlowDown", "status": 503, "message": "Please reduce your request rate." } },
    }, {
        "when": { "service": "ssm", "operation": null, "principal": null, "input": {} },
        "occurrence": "always",
        "then": { "instance": { "offline": "always" } },
    }] });
    let (status, said) = served.ask(Method::PUT, "faults", &faults).await;
    assert_eq!((status, &said), (StatusCode::OK, &faults), "what is in force is told as it was given");
    assert_eq!(served.get("faults").await, faults);

    let bucket = json!({ "Bucket": "a-bucket-of-the-console" });
    assert_eq!(served.refused(Method::POST, "aws/s3/CreateBucket", &bucket).await, (503, "SlowDown".to_owned()));
    let (status, said) = served.ask(Method::POST, "aws/s3/CreateBucket", &bucket).await;
    assert_eq!(status, StatusCode::OK, "{said}");

    let told = served.get(&format!("events?after={after}&wait=30")).await;
    let events = told["events"].as_array().unwrap();
    let answers: Vec<&Value> =
        events.iter().filter(|event| event["eventName"] == "CreateBucket").map(|event| &event["errorCode"]).collect();
    assert_eq!(answers, [&json!("SlowDown"), &Value::Null], "{told}");
    assert_eq!(told["next"].as_u64().unwrap(), events.last().unwrap()["sequence"].as_u64().unwrap() + 1);
    assert_eq!(served.refused(Method::GET, "events?after=soon", &json!({})).await, (400, "InvalidRequest".to_owned()));
    let (status, _) = served.ask(Method::PUT, "faults", &json!({ "faults": [] })).await;
    assert_eq!((status, served.get("faults").await), (StatusCode::OK, json!({ "faults": [] })));
    let unknown = json!({ "faults": [{ "when": {}, "then": "explode" }] });
    assert_eq!(served.refused(Method::PUT, "faults", &unknown).await, (400, "InvalidRequest".to_owned()));
    served.region.stop().await;
}

#[tokio::test]
async fn text_that_an_object_holds_is_shown_and_errors_are_those_of_aws() {
    let served = Served::start().await;
    assert_eq!(
        served.refused(Method::POST, "aws/s3/GetObject", &json!({ "Bucket": "nobodys-bucket", "Key": "k" })).await.1,
        "NoSuchBucket"
    );
    assert_eq!(served.refused(Method::POST, "aws/sqs/ListQueues", &json!({ "MaxResults": "many" })).await.0, 400);
    assert_eq!(served.refused(Method::POST, "aws/athena/ListWorkGroups", &json!({})).await, (501, "NotImplemented".to_owned()));
    served.region.stop().await;
}

#[tokio::test]
async fn who_shows_no_token_or_comes_from_another_origin_is_refused() {
    let served = Served::start().await;
    let bearer = format!("Bearer {}", served.token);
    let own = served.api.strip_suffix("/_nightproof/api").unwrap();
    let json = ("content-type", "application/json");
    for (headers, code) in [
        (vec![json], 401),
        (vec![json, ("authorization", "Bearer guessed")], 401),
        (vec![json, ("authorization", served.token.as_str())], 401),
        (vec![json, ("authorization", bearer.as_str()), ("origin", "https://example.com")], 403),
        (vec![json, ("authorization", bearer.as_str()), ("origin", "null")], 403),
        (vec![json, ("authorization", bearer.as_str()), ("sec-fetch-site", "cross-site")], 403),
        (vec![json, ("authorization", bearer.as_str()), ("sec-fetch-site", "same-site")], 403),
        (vec![("content-type", "text/plain"), ("authorization", bearer.as_str())], 415),
        (vec![json, ("authorization", bearer.as_str()), ("origin", own), ("sec-fetch-site", "same-origin")], 200),
        (vec![json, ("authorization", bearer.as_str())], 200),
    ] {
        let (status, said) = served.send(Method::POST, "clock", &headers, r#"{"advance": "PT0S"}"#).await;
        assert_eq!(status.as_u16(), code, "{headers:?}: {said}");
    }
    let (status, said) =
        served.send(Method::POST, "clock", &[json, ("authorization", bearer.as_str())], &"[".repeat(2_000_000)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{said}");
    served.region.stop().await;
}

#[tokio::test]
async fn what_is_described_is_there_and_nothing_else() {
    let served = Served::start().await;
    let description: Value = serde_json::from_str(routes::DESCRIPTION).unwrap();
    assert_eq!(served.get("openapi.json").await, description);
    for (path, methods) in description["paths"].as_object().unwrap() {
        let path = path.trim_start_matches('/').replace("{service}", "s3").replace("{operation}", "ListBuckets");
        for method in ["get", "put", "post", "delete"] {
            let (status, said) = served.ask(method.to_uppercase().parse().unwrap(), &path, &json!({})).await;
            let described = methods.get(method).is_some();
            assert_eq!(status != StatusCode::NOT_FOUND, described, "{method} {path}: {said}");
        }
    }
    assert_eq!(served.refused(Method::GET, "elsewhere", &json!({})).await, (404, "NotFound".to_owned()));
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(served.get("region").await["account"], ACCOUNT);
    served.region.stop().await;
}
