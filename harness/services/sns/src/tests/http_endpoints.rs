//! HTTP endpoints on this host.

use std::time::Duration;

use jiff::SignedDuration;
use nightproof_core::{Caller, Region};
use nightproof_poll::until;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{ACCOUNT, QUEUE, TOPIC, World};

const BOUND: Duration = Duration::from_secs(60);

/// An endpoint that gives each request the next status, and the last one to all further ones.
struct Endpoint {
    url: String,
    requests: UnboundedReceiver<(String, String)>,
}

impl Endpoint {
    async fn new(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
        let (sender, requests) = unbounded_channel();
        tokio::spawn(async move {
            let mut statuses = statuses.iter();
            let mut status = *statuses.next().unwrap();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (head, body) = request(&mut stream).await;
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                status = statuses.next().copied().unwrap_or(status);
                if sender.send((head, body)).is_err() {
                    return;
                }
            }
        });
        Self { url, requests }
    }

    /// Head and body of the next request.
    async fn next(&mut self) -> (String, String) {
        tokio::time::timeout(BOUND, self.requests.recv()).await.expect("a request").unwrap()
    }

    /// The next request, which comes after a delay in the region's time.
    async fn next_in(&mut self, region: &Region) -> (String, String) {
        let soon = Duration::from_millis(50);
        let come = async {
            loop {
                if let Ok(request) = tokio::time::timeout(soon, self.requests.recv()).await {
                    return request.unwrap();
                }
                region.clock().advance_to(region.clock().now() + SignedDuration::from_secs(20));
            }
        };
        tokio::time::timeout(BOUND, come).await.expect("a request")
    }
}

async fn request(stream: &mut tokio::net::TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() == length.unwrap_or(0) {
                return (head.to_ascii_lowercase(), body.to_owned());
            }
        }
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "the request ends early: {text}");
        bytes.extend_from_slice(&piece[..read]);
    }
}

impl World {
    async fn listen(&self, endpoint: &Endpoint, attributes: Value) -> Value {
        let input = json!({ "TopicArn": TOPIC, "Protocol": "http", "Endpoint": endpoint.url, "Attributes": attributes, "ReturnSubscriptionArn": true });
        self.ok("sns", "Subscribe", input).await["SubscriptionArn"].clone()
    }

    async fn by_link(&self, operation: &str, input: Value) -> Value {
        self.region.call(&Caller::anonymous(ACCOUNT), "sns", operation, input).await.unwrap()
    }

    async fn confirmed(&self, endpoint: &mut Endpoint, attributes: Value) -> Value {
        let arn = self.listen(endpoint, attributes).await;
        let question: Value = serde_json::from_str(&endpoint.next().await.1).unwrap();
        let confirmed = self.by_link("ConfirmSubscription", json!({ "TopicArn": TOPIC, "Token": question["Token"] })).await;
        assert_eq!(confirmed["SubscriptionArn"], arn);
        arn
    }

    async fn publish(&self) {
        self.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "it failed", "Subject": "backup" })).await;
    }
}

#[tokio::test]
async fn an_endpoint_is_asked_before_it_gets_messages_and_may_have_its_subscription_back() {
    let world = World::new().await;
    let mut endpoint = Endpoint::new(&[200]).await;
    let arn = world.listen(&endpoint, json!({})).await;
    let (head, body) = endpoint.next().await;
    assert!(head.starts_with("post /hook?a=b http/1.1\r\n"), "{head}");
    for line in [
        "x-amz-sns-message-type: subscriptionconfirmation",
        &format!("x-amz-sns-topic-arn: {TOPIC}"),
        "content-type: text/plain; charset=utf-8",
        "user-agent: amazon simple notification service agent",
        "accept-encoding: gzip,deflate",
    ] {
        assert!(head.lines().any(|one| one == line), "{line} in {head}");
    }
    assert!(!head.contains("x-amz-sns-subscription-arn"), "{head}");
    let question: Value = serde_json::from_str(&body).unwrap();
    let message = format!(
        "You have chosen to subscribe to the topic {TOPIC}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
    );
    assert_eq!((&question["Type"], &question["Message"]), (&json!("SubscriptionConfirmation"), &json!(message)));
    let token = question["Token"].as_str().unwrap();
    let link = format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={token}");
    assert_eq!(question["SubscribeURL"], link);
    world.key_of(&question["SigningCertURL"]).await;

    world.publish().await;
    let shown =
        async || world.ok("sns", "GetSubscriptionAttributes", json!({ "SubscriptionArn": arn })).await["Attributes"].clone();
    assert_eq!(
        (&shown().await["PendingConfirmation"], &shown().await["ConfirmationWasAuthenticated"]),
        (&json!("true"), &json!("false"))
    );
    for _ in 0..2 {
        let confirmed = world.by_link("ConfirmSubscription", json!({ "TopicArn": TOPIC, "Token": token })).await;
        assert_eq!(confirmed["SubscriptionArn"], arn, "a link may be followed twice");
    }
    assert_eq!(shown().await["PendingConfirmation"], "false");
    world.publish().await;
    let (head, body) = endpoint.next().await;
    assert!(head.contains("x-amz-sns-message-type: notification"), "what was published before is not sent: {head}");
    assert!(head.contains(&format!("x-amz-sns-subscription-arn: {}", arn.as_str().unwrap())), "{head}");
    let notification: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&notification["Message"], &notification["Subject"]), (&json!("it failed"), &json!("backup")));

    world.by_link("Unsubscribe", json!({ "SubscriptionArn": arn })).await;
    let (head, body) = endpoint.next().await;
    assert!(head.contains("x-amz-sns-message-type: unsubscribeconfirmation"), "{head}");
    let end: Value = serde_json::from_str(&body).unwrap();
    assert!(end["Message"].as_str().unwrap().starts_with("You have chosen to deactivate subscription arn:"), "{end}");
    assert_ne!(end["Token"], question["Token"]);
    let back = world.by_link("ConfirmSubscription", json!({ "TopicArn": TOPIC, "Token": end["Token"] })).await;
    assert_eq!(back["SubscriptionArn"], arn);
    world.publish().await;
    assert!(endpoint.next().await.0.contains("x-amz-sns-message-type: notification"));
}

#[tokio::test]
async fn a_raw_message_is_the_body_and_its_type_is_the_delivery_policys() {
    let world = World::new().await;
    let mut endpoint = Endpoint::new(&[200]).await;
    let policy = json!({ "requestPolicy": { "headerContentType": "text/csv" } }).to_string();
    let arn = world.confirmed(&mut endpoint, json!({ "RawMessageDelivery": "true", "DeliveryPolicy": policy })).await;
    let shown = world.ok("sns", "GetSubscriptionAttributes", json!({ "SubscriptionArn": arn })).await["Attributes"].clone();
    let effective: Value = serde_json::from_str(shown["EffectiveDeliveryPolicy"].as_str().unwrap()).unwrap();
    assert_eq!(effective["healthyRetryPolicy"]["numRetries"], 3);
    world.publish().await;
    let (head, body) = endpoint.next().await;
    assert_eq!(body, "it failed");
    for line in ["x-amz-sns-rawdelivery: true", "content-type: text/csv"] {
        assert!(head.lines().any(|one| one == line), "{line} in {head}");
    }
}

#[tokio::test]
async fn what_an_endpoint_does_not_take_is_sent_again_and_then_to_the_dead_letter_queue() {
    let world = World::new().await;
    world.open_queue().await;
    let mut endpoint = Endpoint::new(&[200, 503]).await;
    let redrive = json!({ "deadLetterTargetArn": QUEUE }).to_string();
    world.confirmed(&mut endpoint, json!({ "RedrivePolicy": redrive })).await;
    world.publish().await;
    endpoint.next().await;
    for _ in 0..3 {
        endpoint.next_in(&world.region).await;
    }
    let dead = until(BOUND, async || world.received().await.pop().ok_or_else(|| world.told())).await.unwrap();
    let body: Value = serde_json::from_str(dead["Body"].as_str().unwrap()).unwrap();
    assert_eq!(body["Message"], "it failed");
    let redriven = || world.told().pop().filter(|(_, to)| to[0].outcome != "on its way").ok_or_else(|| world.told());
    let (_, to) = until(BOUND, async || redriven()).await.unwrap();
    assert!(to[0].outcome.starts_with("not delivered, and put into the dead-letter queue"), "{to:?}");
}

#[tokio::test]
async fn what_is_the_senders_fault_is_not_sent_again() {
    let world = World::new().await;
    let mut endpoint = Endpoint::new(&[200, 404]).await;
    world.confirmed(&mut endpoint, json!({})).await;
    world.publish().await;
    endpoint.next().await;
    let outcome = until(BOUND, async || {
        let mut outcomes = world.told().into_iter().flat_map(|(_, to)| to).map(|to| to.outcome);
        outcomes.find(|outcome| outcome.starts_with("not delivered")).ok_or_else(|| world.told())
    });
    assert_eq!(outcome.await.unwrap(), "not delivered: the endpoint answered 404 Not Found");
}

#[tokio::test]
async fn only_this_host_is_sent_anything_and_a_guarded_subscription_is_ended_by_signed_requests_alone() {
    let world = World::new().await;
    let input = json!({ "TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://example.com/hook" });
    assert_eq!(world.ok("sns", "Subscribe", input).await["SubscriptionArn"], "pending confirmation");
    let told = world.told();
    assert_eq!(told[0].1[0].outcome, "would be sent");
    let token = told[0].0.rsplit_once("token ").unwrap().1.trim_end_matches(')');
    let confirm = |topic: &str, token: &str| json!({ "TopicArn": topic, "Token": token });
    let other = TOPIC.replace("us-east-1", "eu-west-1");
    assert!(world.refused("ConfirmSubscription", confirm(&other, token)).await.ends_with("Invalid parameter: Topic"));
    assert!(world.refused("ConfirmSubscription", confirm("not-an-arn", token)).await.ends_with("Invalid parameter: Topic"));
    assert!(
        world.refused("ConfirmSubscription", confirm(&format!("{TOPIC}-2"), token)).await.ends_with("Invalid parameter: Token")
    );
    assert!(world.refused("ConfirmSubscription", confirm(TOPIC, "abc123")).await.ends_with("Invalid parameter: Token"));
    assert!(world.refused("ConfirmSubscription", confirm(TOPIC, "randomtoken")).await.ends_with(": Invalid token"));
    let mut guarded = confirm(TOPIC, token);
    guarded["AuthenticateOnUnsubscribe"] = "true".into();
    let arn = world.ok("sns", "ConfirmSubscription", guarded).await["SubscriptionArn"].clone();
    let end = json!({ "SubscriptionArn": arn });
    world.region.call(&Caller::anonymous(ACCOUNT), "sns", "Unsubscribe", end.clone()).await.unwrap_err();
    world.ok("sns", "Unsubscribe", end).await;
}
