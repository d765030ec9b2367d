//! SNS.

use crate::native::probe::{Probe, once, probe};

const TOPIC: &[&str] = &["AWS::SNS::Topic"];
const SUBSCRIPTION: &[&str] = &["AWS::SNS::Subscription"];

const TOPIC_ATTRIBUTES: (&str, &str, &str) = ("sns", "GetTopicAttributes", r#"{"TopicArn":"$id"}"#);
const SUBSCRIPTION_ATTRIBUTES: (&str, &str, &str) = ("sns", "GetSubscriptionAttributes", r#"{"SubscriptionArn":"$id"}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(TOPIC, &["DisplayName"], TOPIC_ATTRIBUTES, "Attributes/DisplayName").mended(&[once(
        "sns",
        "SetTopicAttributes",
        r#"{"TopicArn":"$id","AttributeName":"DisplayName","AttributeValue":"$want"}"#,
    )]),
    probe(
        TOPIC,
        &["Subscription"],
        ("sns", "ListSubscriptionsByTopic", r#"{"TopicArn":"$id"}"#),
        "Subscriptions/*/{Protocol,Endpoint}",
    ),
    probe(TOPIC, &["Tags"], ("sns", "ListTagsForResource", r#"{"ResourceArn":"$id"}"#), "Tags").mended(&[once(
        "sns",
        "TagResource",
        r#"{"ResourceArn":"$id","Tags":"$want"}"#,
    )]),
    probe(SUBSCRIPTION, &["TopicArn"], SUBSCRIPTION_ATTRIBUTES, "Attributes/TopicArn"),
    probe(SUBSCRIPTION, &["Protocol"], SUBSCRIPTION_ATTRIBUTES, "Attributes/Protocol"),
    probe(SUBSCRIPTION, &["Endpoint"], SUBSCRIPTION_ATTRIBUTES, "Attributes/Endpoint"),
    probe(SUBSCRIPTION, &["RawMessageDelivery"], SUBSCRIPTION_ATTRIBUTES, "Attributes/RawMessageDelivery").mended(&[once(
        "sns",
        "SetSubscriptionAttributes",
        r#"{"SubscriptionArn":"$id","AttributeName":"RawMessageDelivery","AttributeValue":"$want"}"#,
    )]),
    probe(
        &["AWS::SNS::TopicPolicy"],
        &["Topics", "PolicyDocument"],
        ("sns", "GetTopicAttributes", r#"{"TopicArn":"$Topics[]"}"#),
        "Attributes/Policy",
    )
    .mended(&[once(
        "sns",
        "SetTopicAttributes",
        r#"{"TopicArn":"$Topics[]","AttributeName":"Policy","AttributeValue":"$want"}"#,
    )]),
];
