//! Delivery of a message to the endpoints of a topic, and its event in the journal.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Call, arn};
use nightproof_core::{Caller, Region};
use nightproof_journal::{Event, Recipient};
use serde_json::{Value, json};

use crate::attributes::Attributes;
use crate::delivery_policy;
use crate::envelope::{Question, Seal, pretty};
use crate::message::Message;
use crate::protocol::Protocol;
use crate::records::Subscription;
use crate::signing::{SharedSigner, SignatureVersion, signer};
use crate::web_endpoint::{self, Listener, Post, Refusal};

/// What a topic sends with: who signs, and who is asked.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) region: Region,
    pub(crate) topic: String,
    pub(crate) signer: SharedSigner,
    pub(crate) version: SignatureVersion,
    /// The attributes of the topic.
    pub(crate) attributes: Attributes,
    /// Who published, for the journal.
    pub(crate) by: String,
    pub(crate) source: Option<String>,
}

impl Sender {
    pub(crate) fn new(call: &Call, topic: &str, signer: SharedSigner, version: SignatureVersion, attributes: Attributes) -> Self {
        Self {
            region: call.region.clone(),
            topic: topic.to_owned(),
            signer,
            version,
            attributes,
            by: call.caller.arn(),
            source: call.caller.source_arn.clone(),
        }
    }

    /// Who calls: the service itself, whom a queue's or a function's policy has to let in.
    /// <https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html>
    fn caller(&self) -> Caller {
        Caller::service(arn::account_of(&self.topic), "sns.amazonaws.com").acting_for(&self.topic)
    }

    async fn seal(&self) -> Result<Seal<'_>, AwsError> {
        Ok(Seal { signer: signer(&self.signer).await?, version: self.version, now: self.region.clock().now() })
    }

    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>
    fn count(&self, name: &'static str) {
        let topic = self.topic.rsplit(':').next().unwrap_or_default();
        let metric = Metric::by(arn::account_of(&self.topic), "AWS/SNS", name, "TopicName", topic);
        self.region.metrics().put(metric, self.region.clock().now(), 1.0, "Count");
    }

    fn record(&self, what: String, to: Vec<Recipient>) {
        let (topic, by, source) = (self.topic.clone(), self.by.clone(), self.source.clone());
        self.region.journal().record(Event::Notification { topic, by, source, what, to });
    }

    /// Delivers the message to each subscription. HTTP endpoints are sent it by tasks of their own.
    pub(crate) async fn deliver(self, message: Message, subscriptions: Vec<Subscription>) {
        self.count("NumberOfMessagesPublished");
        let (sender, message) = (Arc::new(self), Arc::new(message));
        let mut to = Vec::new();
        for subscription in subscriptions {
            let outcome = if !subscription.confirmed {
                "not sent: the subscription is not confirmed".to_owned()
            } else if filters_out(&subscription, &message) {
                sender.count("NumberOfNotificationsFilteredOut");
                "not sent: the filter policy is for other messages".to_owned()
            } else {
                send(&sender, &message, &subscription).await
            };
            to.push(recipient(&subscription, outcome));
        }
        sender.record(message.summary(), to);
    }

    /// Asks an HTTP endpoint by a task of its own; who is elsewhere is told of in the journal.
    pub(crate) fn ask(self, question: Question, subscription: Subscription) {
        let heading = match question {
            Question::Subscribe => "Subscription Confirmation",
            Question::Unsubscribed => "Unsubscribe Confirmation",
        };
        let listener = match subscription.protocol.is_http() {
            true => web_endpoint::listener(&self.region, &subscription.endpoint),
            false => Listener::Elsewhere,
        };
        if matches!(listener, Listener::Elsewhere) {
            let token = subscription.token.as_deref().unwrap_or_default();
            let what = format!("AWS Notification - {heading} (token {token})");
            return self.record(what, vec![recipient(&subscription, "would be sent".to_owned())]);
        }
        self.region.clone().tasks().spawn(async move {
            let asked = async {
                let id = uuid::Uuid::new_v4().to_string();
                let body = self.seal().await.and_then(|seal| seal.question(question, &id, &subscription, &self.topic));
                let post = Post {
                    kind: question.name(),
                    id,
                    topic: self.topic.clone(),
                    subscription: (question == Question::Unsubscribed).then(|| subscription.arn.clone()),
                    raw: false,
                    // No policy says it of a question.
                    content_type: delivery_policy::content_type(&Value::Null).to_owned(),
                    body: body.map_err(|error| Refusal { reason: error.to_string(), lasting: true })?,
                };
                self.post(&post, &listener, &subscription).await
            };
            let outcome = told(&asked.await);
            self.record(format!("AWS Notification - {heading}"), vec![recipient(&subscription, outcome)]);
        });
    }

    /// Sends a request, again and again as the delivery policy says.
    async fn post(&self, post: &Post, listener: &Listener, subscription: &Subscription) -> Result<(), Refusal> {
        let mut delays = delivery_policy::delays(&self.policy(subscription)).into_iter();
        loop {
            let refusal = tokio::select! {
                sent = post.send(listener) => match sent {
                    Ok(()) => return Ok(()),
                    Err(refusal) => refusal,
                },
                () = self.region.stopping().cancelled() => return Err(Refusal { reason: "the region ends".to_owned(), lasting: true }),
            };
            let Some(delay) = delays.next().filter(|_| !refusal.lasting) else { return Err(refusal) };
            let delay = SignedDuration::from_secs(i64::try_from(delay).unwrap_or(i64::MAX));
            let again = self.region.clock().now().saturating_add(delay).unwrap_or_default();
            tokio::select! {
                () = self.region.clock().sleep_until(again) => {}
                () = self.region.stopping().cancelled() => return Err(refusal),
            }
        }
    }

    fn policy(&self, subscription: &Subscription) -> Value {
        let topic = delivery_policy::effective_of_topic(self.attributes.get("DeliveryPolicy"));
        delivery_policy::effective_of_subscription(subscription.attributes.get("DeliveryPolicy"), &topic)
    }

    /// The text that a queue or an HTTP endpoint receives.
    async fn body(&self, message: &Message, subscription: &Subscription) -> Result<String, AwsError> {
        if subscription.is_raw() {
            return Ok(message.text(subscription.protocol.name()).to_owned());
        }
        let envelope = self.seal().await?.notification(message, subscription, &self.topic)?;
        Ok(if subscription.protocol.is_http() { pretty(&envelope) } else { Value::Object(envelope).to_string() })
    }

    async fn to_queue(&self, queue: &str, message: &Message, subscription: &Subscription) -> Result<(), AwsError> {
        let body = self.body(message, subscription).await?;
        let input = message.for_queue(queue, &body, subscription.is_raw());
        self.region.call_at(queue, &self.caller(), "sqs", "SendMessage", input).await.map(drop)
    }

    async fn to_function(&self, message: &Message, subscription: &Subscription) -> Result<(), AwsError> {
        let event = self.seal().await?.event(message, subscription, &self.topic)?;
        let payload = STANDARD.encode(event.to_string());
        let input = json!({ "FunctionName": subscription.endpoint, "InvocationType": "Event", "Payload": payload });
        self.region.call_at(&subscription.endpoint, &self.caller(), "lambda", "Invoke", input).await.map(drop)
    }

    /// What became of a message that was sent, after its dead-letter queue was tried.
    async fn settle(&self, message: &Message, subscription: &Subscription, sent: Result<(), String>) -> String {
        let Err(error) = sent else {
            self.count("NumberOfNotificationsDelivered");
            return "delivered".to_owned();
        };
        self.count("NumberOfNotificationsFailed");
        match self.redrive(subscription, message).await {
            None => format!("not delivered: {error}"),
            Some(Ok(queue)) => {
                self.count("NumberOfNotificationsRedrivenToDlq");
                format!("not delivered, and put into the dead-letter queue {queue}: {error}")
            }
            Some(Err(lost)) => {
                self.count("NumberOfNotificationsFailedToRedriveToDlq");
                format!("not delivered: {error}; nor taken by its dead-letter queue: {lost}")
            }
        }
    }

    /// Sends what an endpoint did not take to the dead-letter queue of its subscription, if it has one.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html>
    async fn redrive(&self, subscription: &Subscription, message: &Message) -> Option<Result<String, AwsError>> {
        let queue = subscription.dead_letter_queue()?;
        let sent = self.to_queue(&queue, message, subscription).await;
        Some(sent.map(|()| queue))
    }
}

/// Sends a message to an endpoint, and returns what became of it so far.
async fn send(sender: &Arc<Sender>, message: &Arc<Message>, subscription: &Subscription) -> String {
    match subscription.protocol {
        Protocol::Email | Protocol::EmailJson | Protocol::Sms | Protocol::Application => "would be sent".to_owned(),
        Protocol::Sqs => {
            let sent = sender.to_queue(&subscription.endpoint, message, subscription).await;
            sender.settle(message, subscription, sent.map_err(|error| error.to_string())).await
        }
        Protocol::Lambda => {
            let sent = sender.to_function(message, subscription).await;
            sender.settle(message, subscription, sent.map_err(|error| error.to_string())).await
        }
        Protocol::Http | Protocol::Https => match web_endpoint::listener(&sender.region, &subscription.endpoint) {
            Listener::Elsewhere => "would be sent".to_owned(),
            listener => {
                post_message(Arc::clone(sender), Arc::clone(message), subscription.clone(), listener);
                "on its way".to_owned()
            }
        },
    }
}

/// Posts a message by a task of its own, which records what becomes of it.
fn post_message(sender: Arc<Sender>, message: Arc<Message>, subscription: Subscription, listener: Listener) {
    sender.region.clone().tasks().spawn(async move {
        let sent = match sender.body(&message, &subscription).await {
            Ok(body) => {
                let post = Post {
                    kind: "Notification",
                    id: message.id.clone(),
                    topic: sender.topic.clone(),
                    subscription: Some(subscription.arn.clone()),
                    raw: subscription.is_raw(),
                    content_type: delivery_policy::content_type(&sender.policy(&subscription)).to_owned(),
                    body,
                };
                sender.post(&post, &listener, &subscription).await.map_err(|refusal| refusal.reason)
            }
            Err(error) => Err(error.to_string()),
        };
        let outcome = sender.settle(&message, &subscription, sent).await;
        sender.record(message.summary(), vec![recipient(&subscription, outcome)]);
    });
}

fn told(sent: &Result<(), Refusal>) -> String {
    match sent {
        Ok(()) => "delivered".to_owned(),
        Err(refusal) => format!("not delivered: {}", refusal.reason),
    }
}

fn recipient(subscription: &Subscription, outcome: String) -> Recipient {
    Recipient { protocol: subscription.protocol.name().to_owned(), endpoint: subscription.endpoint.clone(), outcome }
}

fn filters_out(subscription: &Subscription, message: &Message) -> bool {
    let body = message.text(subscription.protocol.name());
    subscription.filter.as_ref().is_some_and(|filter| !filter.matches(&message.filtered(), body))
}
