//! Notifications of what happens in a bucket, by a queue that keeps what it is sent.

use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::service::{AwsError, Body, Call, Reply, Service};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::Lab;
use crate::records::S3;

#[derive(Default)]
struct Queue(Mutex<Vec<Value>>);

#[async_trait]
impl Service for Queue {
    async fn call(&self, _call: &Call, operation: &str, input: Value, _body: Body) -> Result<Reply, AwsError> {
        let url = input["QueueUrl"].as_str().unwrap_or_default();
        if operation != "SendMessage" || !url.ends_with("/told") {
            return Err(AwsError::new("QueueDoesNotExist", 400, "The specified queue does not exist."));
        }
        self.0.lock().push(serde_json::from_str(input["MessageBody"].as_str().expect("text")).expect("JSON"));
        Ok(Reply::from(json!({"MessageId": "id", "MD5OfMessageBody": "00000000000000000000000000000000"})))
    }
}

impl Queue {
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock())
    }
}

async fn lab() -> (Lab, Arc<Queue>) {
    let queue = Arc::new(Queue::default());
    let folder = tempfile::tempdir().expect("folder");
    let region = nightproof_test_region::region("111122223333", folder.path());
    let s3 = S3::with_log_delay(folder.path().join("s3"), std::time::Duration::ZERO);
    region.install(vec![("s3", s3.clone()), ("sqs", Arc::<Queue>::clone(&queue))]);
    let lab = Lab { region, s3, root: nightproof_core::Caller::root("111122223333"), _folder: folder };
    lab.ok("CreateBucket", json!({"Bucket": "nightly"})).await;
    (lab, queue)
}

fn configuration(queue: &str, events: &[&str]) -> Value {
    let one = json!({"QueueArn": format!("arn:aws:sqs:us-east-1:111122223333:{queue}"), "Events": events,
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}});
    json!({"Bucket": "nightly", "NotificationConfiguration": {"QueueConfigurations": [one]}})
}

#[tokio::test]
async fn a_queue_gets_a_test_event_and_then_what_it_asked_for() {
    let (lab, queue) = lab().await;
    let events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete", "s3:ObjectTagging:*"];
    lab.ok("PutBucketNotificationConfiguration", configuration("told", &events)).await;
    assert_eq!(queue.take()[0]["Event"], "s3:TestEvent");
    lab.put("in/a b", b"123").await;
    lab.put("out", b"x").await;
    lab.ok("PutObjectTagging", json!({"Bucket": "nightly", "Key": "in/a b", "Tagging": {"TagSet": []}})).await;
    lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "in/a b"})).await;
    lab.ok("DeleteObject", json!({"Bucket": "nightly", "Key": "in/a b"})).await;
    let told = queue.take();
    let names: Vec<&str> = told.iter().filter_map(|message| message["Records"][0]["eventName"].as_str()).collect();
    assert_eq!(names, ["ObjectCreated:Put", "ObjectTagging:Put", "ObjectRemoved:Delete", "ObjectRemoved:Delete"]);
    let object = &told[0]["Records"][0]["s3"]["object"];
    assert_eq!((&object["key"], &object["size"]), (&json!("in/a+b"), &json!(3)));
    assert_eq!(told[1]["Records"][0]["eventVersion"], "2.3");
}

#[tokio::test]
async fn a_destination_that_cannot_be_told_is_refused_unless_nobody_shall_look() {
    let (lab, queue) = lab().await;
    let refused = async |input: Value| lab.call("PutBucketNotificationConfiguration", input, b"").await.err().expect("refused");
    let missing = refused(configuration("missing", &["s3:ObjectCreated:*"])).await;
    assert_eq!(missing.fields["ArgumentValue1"], "The destination queue does not exist");
    assert_eq!(refused(configuration("told", &["s3:Nonsense"])).await.fields["ArgumentName"], "Event");
    let mut wrong = configuration("told", &["s3:ObjectCreated:*"]);
    wrong["NotificationConfiguration"]["QueueConfigurations"][0]["QueueArn"] = json!("queue");
    assert_eq!(refused(wrong).await.message, "The ARN could not be parsed");
    let mut unseen = configuration("missing", &["s3:ObjectCreated:*"]);
    unseen["SkipDestinationValidation"] = json!(true);
    lab.ok("PutBucketNotificationConfiguration", unseen).await;
    lab.put("in/x", b"x").await;
    assert!(queue.take().is_empty(), "what is not delivered is lost");
}
