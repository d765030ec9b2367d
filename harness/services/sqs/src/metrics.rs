//! What CloudWatch counts of queues.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>

use jiff::Timestamp;
use nightproof_core::metrics::{Gauge, Metric, Metrics};
use nightproof_core::service::Call;

use crate::address::address;
use crate::records::{Message, Queue, Sqs};

const NAMESPACE: &str = "AWS/SQS";
const DIMENSION: &str = "QueueName";

/// Counts a value of the queue of this URL.
pub(crate) fn count(call: &Call, queue_url: &str, name: &'static str, value: f64, unit: &'static str) {
    if let Ok((account, queue)) = address(queue_url) {
        let metric = Metric::by(account, NAMESPACE, name, DIMENSION, queue);
        call.region.metrics().put(metric, call.now, value, unit);
    }
}

impl Gauge for Sqs {
    fn sample(&self, metrics: &Metrics, time: Timestamp) {
        for (account, queues) in self.accounts.lock().iter() {
            for queue in queues.by_name.values() {
                for (name, value, unit) in gauges(queue, time) {
                    metrics.put(Metric::by(account, NAMESPACE, name, DIMENSION, &queue.name), time, value, unit);
                }
            }
        }
    }
}

fn gauges(queue: &Queue, now: Timestamp) -> [(&'static str, f64, &'static str); 4] {
    #[expect(clippy::cast_precision_loss, reason = "a queue has far fewer messages")]
    let count =
        |wanted: fn(&Message, Timestamp) -> bool| queue.messages.iter().filter(|message| wanted(message, now)).count() as f64;
    let oldest = queue.messages.iter().map(|message| now.duration_since(message.sent).as_secs_f64()).fold(0.0, f64::max);
    [
        ("ApproximateNumberOfMessagesVisible", count(Message::visible), "Count"),
        ("ApproximateNumberOfMessagesNotVisible", count(Message::in_flight), "Count"),
        ("ApproximateNumberOfMessagesDelayed", count(Message::delayed), "Count"),
        ("ApproximateAgeOfOldestMessage", oldest.floor(), "Seconds"),
    ]
}
