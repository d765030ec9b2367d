//! Delivery of a message to the endpoints of a topic, and its event in the journal.

use nightproof_core::metrics::Metric;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Region};
use nightproof_journal::{Event, Recipient};

use crate::message::Message;
use crate::records::{Protocol, Subscription};

/// Delivers the message to each subscription, as the service itself: a queue's policy has to allow it.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html>
pub(super) async fn deliver(call: &Call, topic: &str, message: &Message, subscriptions: &[Subscription]) {
    let region = &call.region;
    let account = nightproof_core::service::arn::account_of(topic);
    let name = topic.rsplit(':').next().unwrap_or_default();
    count(region, account, name, "NumberOfMessagesPublished");
    let caller = Caller::service(account, "sns.amazonaws.com").acting_for(topic);
    let mut to = Vec::new();
    for subscription in subscriptions {
        let outcome = match subscription.protocol {
            _ if !subscription.confirmed() => "not sent: the subscription is not confirmed".to_owned(),
            protocol if filters_out(subscription, message, protocol) => {
                count(region, account, name, "NumberOfNotificationsFilteredOut");
                "not sent: the filter policy is for other messages".to_owned()
            }
            Protocol::Email => "would be sent".to_owned(),
            Protocol::Sqs => {
                match region.call(&caller, "sqs", "SendMessage", message.for_queue(subscription, topic, region)).await {
                    Ok(_) => {
                        count(region, account, name, "NumberOfNotificationsDelivered");
                        "delivered".to_owned()
                    }
                    Err(error) => {
                        count(region, account, name, "NumberOfNotificationsFailed");
                        match redrive(region, &caller, subscription, message, topic).await {
                            None => format!("not delivered: {error}"),
                            Some(Ok(queue)) => {
                                count(region, account, name, "NumberOfNotificationsRedrivenToDlq");
                                format!("not delivered, and put into the dead-letter queue {queue}: {error}")
                            }
                            Some(Err(lost)) => {
                                count(region, account, name, "NumberOfNotificationsFailedToRedriveToDlq");
                                format!("not delivered: {error}; nor taken by its dead-letter queue: {lost}")
                            }
                        }
                    }
                }
            }
        };
        to.push(Recipient {
            protocol: subscription.protocol.name().to_owned(),
            endpoint: subscription.endpoint.clone(),
            outcome,
        });
    }
    region.journal().record(Event::Notification {
        topic: topic.to_owned(),
        by: call.caller.arn(),
        source: call.caller.source_arn.clone(),
        what: message.summary(),
        to,
    });
}

fn filters_out(subscription: &Subscription, message: &Message, protocol: Protocol) -> bool {
    let body = message.text(protocol.name());
    subscription.filter.as_ref().is_some_and(|filter| !filter.matches(&message.filtered(), body))
}

/// Sends what an endpoint did not take to the dead-letter queue of its subscription, if it has one.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html>
async fn redrive(
    region: &Region,
    caller: &Caller,
    subscription: &Subscription,
    message: &Message,
    topic: &str,
) -> Option<Result<String, AwsError>> {
    let queue = subscription.dead_letter_queue()?;
    let to_queue = Subscription { endpoint: queue.clone(), ..subscription.clone() };
    let sent = region.call(caller, "sqs", "SendMessage", message.for_queue(&to_queue, topic, region)).await;
    Some(sent.map(|_| queue))
}

/// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>
fn count(region: &Region, account: &str, topic: &str, name: &'static str) {
    let metric = Metric::by(account, "AWS/SNS", name, "TopicName", topic);
    region.metrics().put(metric, region.clock().now(), 1.0, "Count");
}
