//! SNS.

use crate::native::aspect::{Aspect, of, once};

const TOPIC: &[&str] = &["AWS::SNS::Topic"];
const SUBSCRIPTION: &[&str] = &["AWS::SNS::Subscription"];

const TOPIC_ATTRIBUTES: (&str, &str, &str) = ("sns", "GetTopicAttributes", r#"{"TopicArn":"$id"}"#);
const SUBSCRIPTION_ATTRIBUTES: (&str, &str, &str) = ("sns", "GetSubscriptionAttributes", r#"{"SubscriptionArn":"$id"}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(TOPIC, &["DisplayName"], TOPIC_ATTRIBUTES, "Attributes/DisplayName").mended(&[once(
        "sns",
        "SetTopicAttributes",
        r#"{"TopicArn":"$id","AttributeName":"DisplayName","AttributeValue":"$want"}"#,
    )]),
    of(
        TOPIC,
        &["Subscription"],
        ("sns", "ListSubscriptionsByTopic", r#"{"TopicArn":"$id"}"#),
        "Subscriptions/*/{Protocol,Endpoint}",
    ),
    of(TOPIC, &["Tags"], ("sns", "ListTagsForResource", r#"{"ResourceArn":"$id"}"#), "Tags").mended(&[once(
        "sns",
        "TagResource",
        r#"{"ResourceArn":"$id","Tags":"$want"}"#,
    )]),
    of(SUBSCRIPTION, &["TopicArn"], SUBSCRIPTION_ATTRIBUTES, "Attributes/TopicArn"),
    of(SUBSCRIPTION, &["Protocol"], SUBSCRIPTION_ATTRIBUTES, "Attributes/Protocol"),
    of(SUBSCRIPTION, &["Endpoint"], SUBSCRIPTION_ATTRIBUTES, "Attributes/Endpoint"),
    of(SUBSCRIPTION, &["RawMessageDelivery"], SUBSCRIPTION_ATTRIBUTES, "Attributes/RawMessageDelivery").mended(&[once(
        "sns",
        "SetSubscriptionAttributes",
        r#"{"SubscriptionArn":"$id","AttributeName":"RawMessageDelivery","AttributeValue":"$want"}"#,
    )]),
    of(
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
