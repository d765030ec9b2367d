use serde_json::json;

use super::world::{ACCOUNT, World, submission, template};

/// The events that a queue has got of a stack's topic, by `logical status`, in their order.
async fn received(world: &World, queue: &str, wanted: usize) -> Vec<(String, String)> {
    let found = parking_lot::Mutex::new(Vec::new());
    let got = nightproof_poll::until(std::time::Duration::from_secs(20), || async {
        let input = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10});
        let answer = world.ok("sqs", "ReceiveMessage", input).await;
        for message in answer["Messages"].as_array().into_iter().flatten() {
            let body: serde_json::Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            found.lock().push((body["Subject"].as_str().unwrap().to_owned(), body["Message"].as_str().unwrap().to_owned()));
            let input = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
            world.ok("sqs", "DeleteMessage", input).await;
        }
        let count = found.lock().len();
        if count >= wanted { Ok(()) } else { Err(count) }
    });
    got.await.unwrap_or_else(|count| panic!("{count} of {wanted} came"));
    found.into_inner()
}

/// A topic, and a queue that subscribes to it.
async fn topic(world: &World) -> (String, String) {
    let topic = world.ok("sns", "CreateTopic", json!({"Name": "events"})).await["TopicArn"].as_str().unwrap().to_owned();
    let queue = world.ok("sqs", "CreateQueue", json!({"QueueName": "events"})).await["QueueUrl"].as_str().unwrap().to_owned();
    let arn = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:events");
    let allow =
        json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn});
    let policy = json!({"Version": "2012-10-17", "Statement": [allow]}).to_string();
    world.ok("sqs", "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"Policy": policy}})).await;
    world.ok("sns", "Subscribe", json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn})).await;
    (topic, queue)
}

#[tokio::test]
async fn events_go_to_the_topics_of_a_stack_as_texts() {
    let world = World::new();
    let (topic, queue) = topic(&world).await;
    let mut input = submission("s", &template("{Q: {Type: AWS::SQS::Queue, Properties: {QueueName: mine}}}"));
    input["NotificationARNs"] = json!([topic]);
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let stack = world.settled("s").await;
    assert_eq!(stack["NotificationARNs"], json!([topic]));
    let mut found = received(&world, &queue, 5).await;
    assert!(found.iter().all(|(subject, _)| subject == "AWS CloudFormation Notification"));
    found.sort_by_key(|(_, message)| message.lines().nth(1).unwrap().to_owned());
    let member = |message: &str, name: &str| {
        let line = message.lines().find_map(|line| line.strip_prefix(&format!("{name}='")).map(str::to_owned));
        line.and_then(|line| line.strip_suffix('\'').map(str::to_owned))
    };
    let history: Vec<String> = found
        .iter()
        .map(|(_, message)| {
            format!("{} {}", member(message, "LogicalResourceId").unwrap(), member(message, "ResourceStatus").unwrap())
        })
        .collect();
    assert_eq!(history, world.history("s").await);
    let (first, queue_made) = (&found[0].1, &found[3].1);
    assert_eq!(member(first, "ResourceStatusReason").as_deref(), Some("User Initiated"));
    assert_eq!(member(first, "ResourceProperties").as_deref(), Some("null"));
    assert_eq!(member(first, "PrincipalId").as_deref(), Some(ACCOUNT));
    assert_eq!(member(queue_made, "PrincipalId"), None);
    assert_eq!(member(queue_made, "ResourceProperties").as_deref(), Some(r#"{"QueueName":"mine"}"#));
    assert_eq!(member(queue_made, "ClientRequestToken").as_deref(), Some("null"));
}

#[tokio::test]
async fn an_update_keeps_topics_or_takes_others_and_the_template_may_refer_to_them() {
    let world = World::new();
    let (topic, _) = topic(&world).await;
    let body = |size: u32| {
        format!(
            "Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{DelaySeconds: {size}}}}}}}\nOutputs: {{O: {{Value: !Join [',', !Ref 'AWS::NotificationARNs']}}}}"
        )
    };
    let mut input = submission("s", &body(1));
    input["NotificationARNs"] = json!([topic]);
    world.stack("CreateStack", input).await;
    assert_eq!(world.settled("s").await["Outputs"][0]["OutputValue"], topic);
    assert_eq!(world.update("s", &body(2)).await, "UPDATE_COMPLETE");
    assert_eq!(world.settled("s").await["NotificationARNs"], json!([topic]));
    let mut input = submission("s", &body(3));
    input["NotificationARNs"] = json!([]);
    world.stack("UpdateStack", input).await;
    assert_eq!(world.settled("s").await["NotificationARNs"], json!([]));
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_no_concern_of_the_stacks() {
    let world = World::new();
    let mut input = submission("s", &template("{Q: {Type: AWS::SQS::Queue}}"));
    input["NotificationARNs"] = json!([format!("arn:aws:sns:us-east-1:{ACCOUNT}:gone")]);
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn events_go_to_the_default_bus_whoever_has_a_rule_for_them() {
    let world = World::new();
    let queue = world.ok("sqs", "CreateQueue", json!({"QueueName": "bus"})).await["QueueUrl"].as_str().unwrap().to_owned();
    let arn = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:bus");
    let allow = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn});
    let policy = json!({"Version": "2012-10-17", "Statement": [allow]}).to_string();
    world.ok("sqs", "SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"Policy": policy}})).await;
    world.ok("events", "PutRule", json!({"Name": "all", "EventPattern": r#"{"source": ["aws.cloudformation"]}"#})).await;
    world.ok("events", "PutTargets", json!({"Rule": "all", "Targets": [{"Id": "queue", "Arn": arn}]})).await;
    let mut input = submission("s", &template("{Q: {Type: AWS::SQS::Queue, Properties: {QueueName: mine}}}"));
    input["ClientRequestToken"] = json!("token");
    world.stack("CreateStack", input).await;
    assert_eq!(world.status("s").await, "CREATE_COMPLETE");
    let id = world.settled("s").await["StackId"].clone();

    let found = parking_lot::Mutex::new(Vec::<serde_json::Value>::new());
    let got = nightproof_poll::until(std::time::Duration::from_secs(20), || async {
        let answer = world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": queue, "MaxNumberOfMessages": 10})).await;
        for message in answer["Messages"].as_array().into_iter().flatten() {
            found.lock().push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
        }
        let count = found.lock().len();
        if count >= 5 { Ok(()) } else { Err(count) }
    });
    got.await.unwrap_or_else(|count| panic!("{count} of 5 came"));
    let found = found.into_inner();
    assert!(found.iter().all(|event| event["source"] == "aws.cloudformation" && event["resources"] == json!([id])), "{found:#?}");
    let of = |kind: &str, status: &str| {
        let is =
            |event: &&serde_json::Value| event["detail-type"] == kind && event["detail"]["status-details"]["status"] == status;
        found.iter().find(is).unwrap_or_else(|| panic!("no {kind} {status}: {found:#?}"))["detail"].clone()
    };
    let stack = json!({
        "stack-id": id, "status-details": {"status": "CREATE_COMPLETE", "status-reason": ""}, "client-request-token": "token",
    });
    assert_eq!(of("CloudFormation Stack Status Change", "CREATE_COMPLETE"), stack);
    let resource = of("CloudFormation Resource Status Change", "CREATE_COMPLETE");
    assert_eq!(
        (&resource["logical-resource-id"], &resource["resource-type"], &resource["stack-id"]),
        (&json!("Q"), &json!("AWS::SQS::Queue"), &id)
    );
    assert!(resource["physical-resource-id"].as_str().is_some_and(|url| url.ends_with("/mine")), "{resource}");
    assert_eq!(found.iter().filter(|event| event["detail-type"] == "CloudFormation Stack Status Change").count(), 2);
}
