//! A service answers in each of its protocols, in the one that it is asked in.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::abuse::{Client, status};
use crate::authorization::cloud;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const CBOR: [(&str, &str); 2] = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_made_by_one_protocol_and_read_by_another() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let made = client
        .query("sqs", "Action=CreateQueue&Version=2012-11-05&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=7");
    assert!(made.contains("<CreateQueueResult><QueueUrl>https://sqs.us-east-1.amazonaws.com/"), "{made}");
    let json = ("content-type", "application/x-amz-json-1.0");
    let target = ("x-amz-target", "AmazonSQS.GetQueueUrl");
    let found = client.send("sqs", "POST", "/", &[json, target], br#"{"QueueName":"q"}"#);
    let (_, body) = found.split_once("\r\n\r\n").unwrap();
    let url = serde_json::from_str::<serde_json::Value>(body).unwrap();
    let path = url["QueueUrl"].as_str().unwrap().strip_prefix("https://sqs.us-east-1.amazonaws.com").unwrap();
    // A form may be sent to the queue's own address, by GET.
    let read = client.send("sqs", "GET", &format!("{path}?Action=GetQueueAttributes&AttributeName.1=DelaySeconds"), &[], b"");
    assert!(read.contains("<Attribute><Name>DelaySeconds</Name><Value>7</Value></Attribute>"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_in_the_protocol_of_the_request() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let form = client.query("sqs", "Action=GetQueueUrl&Version=2012-11-05&QueueName=none");
    assert!(form.contains("content-type: text/xml"), "{form}");
    assert!(form.contains("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"), "{form}");
    let target = ("x-amz-target", "AmazonSQS.GetQueueUrl");
    let json = client.send("sqs", "POST", "/", &[target], br#"{"QueueName":"none"}"#);
    assert!(json.contains("x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender"), "{json}");
    assert!(
        json.ends_with(r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#),
        "{json}"
    );
    let path = "/service/GraniteServiceVersion20100801/operation/ListTagsForResource";
    let cbor = client.send("monitoring", "POST", path, &CBOR, b"\xa0");
    assert_eq!(status(&cbor), 400, "{cbor}");
    assert!(cbor.contains("smithy-protocol: rpc-v2-cbor") && cbor.contains("com.amazon.coral.validate#"), "{cbor}");
    // Neither has the region these services.
    let target = ("x-amz-target", "AmazonAthena.ListWorkGroups");
    let json = client.send("athena", "POST", "/", &[target, ("content-type", "application/x-amz-json-1.1")], b"{}");
    assert!(status(&json) == 501 && json.contains(r#""__type":"NotImplemented""#), "{json}");
    let form = client.query("elasticache", "Action=DescribeCacheClusters&Version=2015-02-02");
    assert!(status(&form) == 501 && form.contains("<Code>NotImplemented</Code>"), "{form}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudwatch_speaks_three_protocols() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let form = client.query("monitoring", "Action=DescribeAlarms&Version=2010-08-01");
    assert!(form.contains("<DescribeAlarmsResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"), "{form}");
    let target = ("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms");
    let json = client.send("monitoring", "POST", "/", &[target, ("content-type", "application/x-amz-json-1.0")], b"{}");
    assert!(json.contains("content-type: application/x-amz-json-1.0") && json.contains(r#""MetricAlarms":[]"#), "{json}");
    let path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
    let cbor = client.send("monitoring", "POST", path, &CBOR, b"\xa0");
    assert!(status(&cbor) == 200 && cbor.contains("content-type: application/cbor") && cbor.contains("MetricAlarms"), "{cbor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_read_after_its_signature_is_verified() {
    let cloud = cloud().await;
    let client = Client::of(&cloud);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"Action=DescribeAlarms&Version=2010-08-01").unwrap();
    let gzip = ("content-encoding", "gzip");
    let answer = client.send("monitoring", "POST", "/", &[FORM, gzip], &encoder.finish().unwrap());
    assert!(answer.contains("<DescribeAlarmsResult>"), "{answer}");
    let broken = client.send("monitoring", "POST", "/", &[FORM, gzip], b"Action=DescribeAlarms&Version=2010-08-01");
    assert!(status(&broken) == 400 && broken.contains("<Code>SerializationException</Code>"), "{broken}");
}
