//! Several regions behind one endpoint.

use serde_json::{Value, json};

use crate::abuse::{Client, status};
use crate::authorization::{ACCOUNT, Cloud, cloud_of};

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

const SNS: &str = "Version=2010-03-31";

impl Cloud {
    /// A call from inside of the region of this name.
    async fn call_in(&self, region: &str, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let region = self.embedded.region.sibling(region).unwrap();
        let root = nightproof_core::Caller::root(ACCOUNT);
        region.call(&root, service, operation, input).await.map_err(|error| error.to_string())
    }

    /// The regions of the calls of an operation, as the journal has them.
    fn regions_of(&self, operation: &str) -> Vec<String> {
        let calls = self.embedded.region.journal().calls().into_iter();
        calls.filter(|call| call.event_name == operation).map(|call| call.aws_region).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_served_by_the_region_that_it_is_signed_for() {
    let cloud = cloud_of(&REGIONS).await;
    let made = Client::of(&cloud).in_region("eu-west-1").query("sns", &format!("Action=CreateTopic&{SNS}&Name=night"));
    assert!(made.contains(&format!("<TopicArn>arn:aws:sns:eu-west-1:{ACCOUNT}:night</TopicArn>")), "{made}");
    let list = format!("Action=ListTopics&{SNS}");
    assert!(Client::of(&cloud).in_region("eu-west-1").query("sns", &list).contains(":night</TopicArn>"));
    assert!(!Client::of(&cloud).query("sns", &list).contains(":night</TopicArn>"));
    assert_eq!(cloud.regions_of("CreateTopic"), ["eu-west-1"]);
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_was_not_started_is_refused_by_its_name() {
    let cloud = cloud_of(&REGIONS).await;
    let refused = Client::of(&cloud).in_region("ap-south-1").query("sns", &format!("Action=ListTopics&{SNS}"));
    assert_eq!(status(&refused), 501, "{refused}");
    assert!(refused.contains("the region ap-south-1 (those that were started are us-east-1 and eu-west-1)"), "{refused}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_are_of_all_regions_and_their_calls_of_the_first() {
    let cloud = cloud_of(&["eu-west-1", "eu-central-1"]).await;
    let version = "Version=2010-05-08";
    let made = Client::of(&cloud).query("iam", &format!("Action=CreateUser&{version}&UserName=amy"));
    assert_eq!(status(&made), 200, "{made}");
    assert!(cloud.call_in("eu-central-1", "iam", "GetUser", json!({ "UserName": "amy" })).await.is_ok());
    assert_eq!(cloud.regions_of("CreateUser"), ["us-east-1"]);
    for region in ["eu-central-1", "us-east-1"] {
        let client = Client::of(&cloud).in_region(region);
        let said = client.query("sts", "Action=GetCallerIdentity&Version=2011-06-15");
        assert!(said.contains(":root</Arn>"), "{region}: {said}");
    }
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_region_has_its_own_calls() {
    let cloud = cloud_of(&REGIONS).await;
    cloud.call_in("eu-west-1", "sns", "CreateTopic", json!({ "Name": "there" })).await.unwrap();
    for (region, expected) in [("eu-west-1", 1), ("us-east-1", 0)] {
        let attribute = json!([{ "AttributeKey": "EventName", "AttributeValue": "CreateTopic" }]);
        let found = cloud.call_in(region, "cloudtrail", "LookupEvents", json!({ "LookupAttributes": attribute })).await.unwrap();
        assert_eq!(found["Events"].as_array().unwrap().len(), expected, "{region}");
    }
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_s_policy_is_that_of_its_own_region() {
    let cloud = cloud_of(&REGIONS).await;
    let made = cloud.call_in("eu-west-1", "kms", "CreateKey", json!({})).await.unwrap();
    let key = made["KeyMetadata"]["Arn"].as_str().unwrap();
    assert!(key.starts_with("arn:aws:kms:eu-west-1:"), "{key}");
    let input = json!({ "KeyId": key, "KeySpec": "AES_256" });
    assert!(cloud.call_in("eu-west-1", "kms", "GenerateDataKey", input.clone()).await.is_ok());
    let refused = cloud.call_in("us-east-1", "kms", "GenerateDataKey", input).await.unwrap_err();
    assert!(refused.contains("Invalid arn eu-west-1"), "{refused}");
    cloud.embedded.stop().await;
}

fn bucket_in(region: &str) -> Vec<u8> {
    format!("<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>")
        .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_of_another_region_is_found_and_not_reached() {
    let cloud = cloud_of(&REGIONS).await;
    let here = Client::of(&cloud);
    let there = Client::of(&cloud).in_region("eu-west-1");
    let made = here.send("s3", "PUT", "/far-away", &[], &bucket_in("eu-west-1"));
    assert!(status(&made) == 200 && made.contains("location: http://far-away.s3.amazonaws.com/"), "{made}");
    let location = here.send("s3", "GET", "/far-away?location", &[], b"");
    assert!(location.contains(">eu-west-1</LocationConstraint>"), "{location}");
    let listed = here.send("s3", "GET", "/?prefix=far", &[], b"");
    assert!(listed.contains("<BucketRegion>eu-west-1</BucketRegion>"), "{listed}");

    let redirected = here.send("s3", "PUT", "/far-away/k", &[], b"hello");
    assert_eq!(status(&redirected), 301, "{redirected}");
    assert!(redirected.contains("<Code>PermanentRedirect</Code>"), "{redirected}");
    assert!(redirected.contains("<Endpoint>far-away.s3.eu-west-1.amazonaws.com</Endpoint>"), "{redirected}");
    let head = here.send("s3", "HEAD", "/far-away", &[], b"");
    assert!(status(&head) == 301 && head.contains("x-amz-bucket-region: eu-west-1"), "{head}");
    assert_eq!(status(&there.send("s3", "PUT", "/far-away/k", &[], b"hello")), 200);
    assert!(there.send("s3", "HEAD", "/far-away", &[], b"").contains("x-amz-bucket-region: eu-west-1"));
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_bucket_is_signed_for_the_region_of_its_host() {
    let cloud = cloud_of(&REGIONS).await;
    let there = Client::of(&cloud).in_region("eu-west-1");
    assert_eq!(status(&there.send("s3", "PUT", "/far-away", &[], &bucket_in("eu-west-1"))), 200);
    for host in ["far-away.s3.amazonaws.com", "far-away.s3.eu-west-1.amazonaws.com"] {
        let wrong = Client::of(&cloud).at_host(host).send("s3", "GET", "/", &[], b"");
        assert_eq!(status(&wrong), 400, "{host}: {wrong}");
        let message = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
        assert!(wrong.contains(message) && wrong.contains("<Region>eu-west-1</Region>"), "{host}: {wrong}");
        let right = Client::of(&cloud).in_region("eu-west-1").at_host(host).send("s3", "GET", "/", &[], b"");
        assert_eq!(status(&right), 200, "{host}: {right}");
    }
    let elsewhere = Client::of(&cloud).at_host("far-away.s3.us-east-1.amazonaws.com").send("s3", "GET", "/", &[], b"");
    assert_eq!(status(&elsewhere), 301, "{elsewhere}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_request_is_for_the_region_of_its_host() {
    let cloud = cloud_of(&REGIONS).await;
    let there = Client::of(&cloud).in_region("eu-west-1");
    assert_eq!(status(&there.send("s3", "PUT", "/far-away", &[], &bucket_in("eu-west-1"))), 200);
    let get = |host: &str| status(&there.raw(format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes()));
    assert_eq!(get("far-away.s3.eu-west-1.amazonaws.com"), 403);
    assert_eq!(get("far-away.s3.amazonaws.com"), 403);
    assert_eq!(get("far-away.s3.us-east-1.amazonaws.com"), 301);
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_not_made_where_its_constraint_does_not_say() {
    let cloud = cloud_of(&REGIONS).await;
    let there = Client::of(&cloud).in_region("eu-west-1");
    for (constraint, code) in
        [(None, "IllegalLocationConstraintException"), (Some("eu-central-1"), "IllegalLocationConstraintException")]
    {
        let body = constraint.map(bucket_in).unwrap_or_default();
        let refused = there.send("s3", "PUT", "/far-away", &[], &body);
        assert!(status(&refused) == 400 && refused.contains(&format!("<Code>{code}</Code>")), "{refused}");
    }
    let unserved = Client::of(&cloud).send("s3", "PUT", "/far-away", &[], &bucket_in("eu-central-1"));
    assert!(status(&unserved) == 501 && unserved.contains("CreateBucket in the region eu-central-1"), "{unserved}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_alone_makes_buckets_where_they_are_signed_for() {
    let cloud = cloud_of(&["us-east-1"]).await;
    let there = Client::of(&cloud).in_region("eu-west-1");
    let refused = there.send("s3", "PUT", "/far-away", &[], b"");
    assert!(status(&refused) == 400 && refused.contains("The unspecified location constraint is incompatible"), "{refused}");
    let refused = there.send("s3", "PUT", "/far-away", &[], &bucket_in("us-west-2"));
    assert!(refused.contains("The us-west-2 location constraint is incompatible"), "{refused}");
    assert_eq!(status(&there.send("s3", "PUT", "/far-away", &[], &bucket_in("EU"))), 200);
    let location = Client::of(&cloud).send("s3", "GET", "/far-away?location", &[], b"");
    assert!(location.contains(">EU</LocationConstraint>"), "{location}");
    assert_eq!(status(&there.send("s3", "PUT", "/far-away/k", &[], b"hello")), 200);
    cloud.embedded.stop().await;
}

const ROLE: &str = "replication";

/// A bucket with versions in each region, a role for replication that may do `actions`, and a rule with `more` of its members.
async fn replicated(cloud: &Cloud, actions: &[&str], more: Value) {
    for (name, region) in [("nights", "us-east-1"), ("copies", "eu-west-1")] {
        let mut input = json!({ "Bucket": name });
        if region != "us-east-1" {
            input["CreateBucketConfiguration"] = json!({ "LocationConstraint": region });
        }
        cloud.call_in(region, "s3", "CreateBucket", input).await.unwrap();
        let versions = json!({ "Bucket": name, "VersioningConfiguration": { "Status": "Enabled" } });
        cloud.call_in(region, "s3", "PutBucketVersioning", versions).await.unwrap();
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "s3.amazonaws.com" } } });
    let role = json!({ "RoleName": ROLE, "AssumeRolePolicyDocument": trust.to_string() });
    cloud.call_in("us-east-1", "iam", "CreateRole", role).await.unwrap();
    let allowed = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" } });
    let policy = json!({ "RoleName": ROLE, "PolicyName": "p", "PolicyDocument": allowed.to_string() });
    cloud.call_in("us-east-1", "iam", "PutRolePolicy", policy).await.unwrap();
    let mut rule = json!({ "ID": "all", "Status": "Enabled", "Priority": 1, "Filter": { "Prefix": "db/" },
        "DeleteMarkerReplication": { "Status": "Enabled" }, "Destination": { "Bucket": "arn:aws:s3:::copies" } });
    for (member, value) in more.as_object().unwrap() {
        rule[member] = value.clone();
    }
    let role = format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}");
    let input = json!({ "Bucket": "nights", "ReplicationConfiguration": { "Role": role, "Rules": [rule] } });
    cloud.call_in("us-east-1", "s3", "PutBucketReplication", input).await.unwrap();
}

const ENOUGH: [&str; 7] = [
    "s3:GetReplicationConfiguration",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
    "s3:ReplicateDelete",
];

impl Cloud {
    async fn put(&self, key: &str, more: Value) -> Value {
        let mut input = json!({ "Bucket": "nights", "Key": key, "ContentLength": 5 });
        for (member, value) in more.as_object().unwrap() {
            input[member] = value.clone();
        }
        let root = nightproof_core::Caller::root(ACCOUNT);
        let body = nightproof_core::service::full_body("hello");
        self.embedded.region.call_with_body(&root, "s3", "PutObject", input, body).await.map(|reply| reply.output).unwrap()
    }

    /// The status of an object's replication, once nothing is on its way.
    async fn replication_of(&self, key: &str) -> Value {
        self.embedded.trigger().settled().await;
        let found = self.call_in("us-east-1", "s3", "HeadObject", json!({ "Bucket": "nights", "Key": key })).await.unwrap();
        found["ReplicationStatus"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_replicated_to_another_region_with_its_version_and_tags() {
    let cloud = cloud_of(&REGIONS).await;
    replicated(&cloud, &ENOUGH, json!({})).await;
    let put = cloud.put("db/night", json!({ "Tagging": "kept=yes", "Metadata": { "of": "monday" } })).await;
    cloud.put("log/night", json!({})).await;
    assert_eq!(cloud.replication_of("db/night").await, "COMPLETED");
    assert_eq!(cloud.replication_of("log/night").await, Value::Null);
    let copy = cloud.call_in("eu-west-1", "s3", "HeadObject", json!({ "Bucket": "copies", "Key": "db/night" })).await.unwrap();
    assert_eq!((&copy["VersionId"], &copy["ETag"]), (&put["VersionId"], &put["ETag"]));
    assert_eq!((&copy["ReplicationStatus"], &copy["TagCount"]), (&json!("REPLICA"), &json!(1)));
    assert_eq!(copy["Metadata"]["of"], "monday");

    cloud.call_in("us-east-1", "s3", "DeleteObject", json!({ "Bucket": "nights", "Key": "db/night" })).await.unwrap();
    cloud.embedded.trigger().settled().await;
    let listed = cloud.call_in("eu-west-1", "s3", "ListObjectVersions", json!({ "Bucket": "copies" })).await.unwrap();
    assert_eq!(listed["DeleteMarkers"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["Versions"].as_array().map(Vec::len), Some(1), "a copy outlives the deletion of its source: {listed}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_write_the_copy_fails_the_replication() {
    let cloud = cloud_of(&REGIONS).await;
    let reading: Vec<&str> = ENOUGH.into_iter().filter(|action| !action.starts_with("s3:Replicate")).collect();
    replicated(&cloud, &reading, json!({})).await;
    cloud.put("db/night", json!({})).await;
    assert_eq!(cloud.replication_of("db/night").await, "FAILED");
    let listed = cloud.call_in("eu-west-1", "s3", "ListObjectVersions", json!({ "Bucket": "copies" })).await.unwrap();
    assert!(listed.get("Versions").is_none_or(|versions| versions.as_array().is_none_or(Vec::is_empty)), "{listed}");
    cloud.embedded.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_an_encrypted_object_is_under_the_key_of_its_own_region() {
    let cloud = cloud_of(&REGIONS).await;
    let mut keys = Vec::new();
    for region in REGIONS {
        let made = cloud.call_in(region, "kms", "CreateKey", json!({})).await.unwrap();
        keys.push(made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned());
    }
    let more = json!({
        "SourceSelectionCriteria": { "SseKmsEncryptedObjects": { "Status": "Enabled" } },
        "Destination": { "Bucket": "arn:aws:s3:::copies", "EncryptionConfiguration": { "ReplicaKmsKeyID": keys[1] } },
    });
    let actions = [&ENOUGH[..], &["kms:Decrypt", "kms:GenerateDataKey"]].concat();
    replicated(&cloud, &actions, more).await;
    cloud.put("db/night", json!({ "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": keys[0] })).await;
    assert_eq!(cloud.replication_of("db/night").await, "COMPLETED");
    let copy = cloud.call_in("eu-west-1", "s3", "HeadObject", json!({ "Bucket": "copies", "Key": "db/night" })).await.unwrap();
    assert_eq!(copy["SSEKMSKeyId"], keys[1]);
    cloud.call_in("us-east-1", "kms", "DisableKey", json!({ "KeyId": keys[0] })).await.unwrap();
    let there = cloud.embedded.region.sibling("eu-west-1").unwrap();
    let root = nightproof_core::Caller::root(ACCOUNT);
    let input = json!({ "Bucket": "copies", "Key": "db/night" });
    let read = there.call_with_body(&root, "s3", "GetObject", input, nightproof_core::service::empty_body()).await;
    assert!(read.is_ok(), "the copy is read without the key of its source");
    cloud.embedded.stop().await;
}
