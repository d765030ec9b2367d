use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use nightproof_machine::Channel;
use serde_json::{Value, json};
use tokio::net::UnixStream;

use super::bed::{ACCOUNT, Bed};

/// One request over a connection of its own, as a program in the instance makes it.
async fn ask(bed: &Bed, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let connections = bed.recorder.launches.lock().last().unwrap().connections.clone();
    let (near, far) = UnixStream::pair().unwrap();
    connections.connected(Channel::Imds, far);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::builder().method(method).uri(path).header("host", "169.254.169.254");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn token(bed: &Bed, seconds: &str) -> String {
    let (status, token) = ask(bed, "PUT", "/latest/api/token", &[("X-aws-ec2-metadata-token-ttl-seconds", seconds)]).await;
    assert_eq!(status, StatusCode::OK);
    token
}

async fn read(bed: &Bed, token: &str, path: &str) -> (StatusCode, String) {
    ask(bed, "GET", path, &[("X-aws-ec2-metadata-token", token)]).await
}

async fn launched(more: Value) -> (Bed, String) {
    let bed = Bed::new();
    bed.profile().await;
    let id = bed.run(more).await;
    bed.becomes(&id, "running").await;
    (bed, id)
}

#[tokio::test]
async fn metadata_is_read_with_a_token() {
    let tags = json!([{ "ResourceType": "instance", "Tags": [{ "Key": "Backup", "Value": "Enabled" }] }]);
    let more = json!({
        "UserData": "IyEvYmluL3NoCg==", "TagSpecifications": tags, "MetadataOptions": { "InstanceMetadataTags": "enabled" },
        "IamInstanceProfile": { "Name": "web" },
    });
    let (bed, id) = launched(more).await;
    let token = token(&bed, "60").await;
    for (path, expected) in [
        ("/latest/meta-data/instance-id", id.as_str()),
        ("/latest/meta-data/placement/region", "us-east-1"),
        ("/latest/meta-data/placement/availability-zone-id", "use1-az4"),
        ("/latest/meta-data/services/domain", "amazonaws.com"),
        ("/latest/meta-data/tags/instance/Backup", "Enabled"),
        ("/latest/meta-data/tags/instance/", "Backup"),
        ("/latest/meta-data/iam/", "info\nsecurity-credentials/"),
        ("/latest/meta-data/iam/security-credentials/", "web"),
        ("/latest/user-data", "#!/bin/sh\n"),
        ("/latest/", "dynamic\nmeta-data\nuser-data"),
    ] {
        assert_eq!(read(&bed, &token, path).await, (StatusCode::OK, expected.to_owned()), "{path}");
    }
    let (_, listing) = read(&bed, &token, "/latest/meta-data/").await;
    assert!(listing.contains("ami-id\n") && listing.contains("placement/\n") && listing.contains("iam/\n"), "{listing}");
    let (_, document) = read(&bed, &token, "/latest/dynamic/instance-identity/document").await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((&document["instanceId"], &document["accountId"]), (&json!(id), &json!(ACCOUNT)));
    for absent in ["/latest/dynamic/instance-identity/pkcs7", "/latest/meta-data/none", "/next/meta-data/"] {
        let (status, page) = read(&bed, &token, absent).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{absent}");
        assert!(page.contains("<title>404 - Not Found</title>"));
    }
}

#[tokio::test]
async fn requests_without_a_valid_token_are_refused_when_tokens_are_required() {
    let (bed, _) = launched(json!({})).await;
    let path = "/latest/meta-data/instance-id";
    assert_eq!(ask(&bed, "GET", path, &[]).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(read(&bed, "forged", path).await.0, StatusCode::UNAUTHORIZED);
    let token = token(&bed, "60").await;
    assert_eq!(read(&bed, &token, path).await.0, StatusCode::OK);
    let later = bed.region.clock().now() + SignedDuration::from_secs(61);
    bed.region.clock().advance_to(later);
    assert_eq!(read(&bed, &token, path).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn tokens_are_asked_for_with_put_directly_and_for_six_hours_at_most() {
    let (bed, _) = launched(json!({})).await;
    let path = "/latest/api/token";
    let ttl = "X-aws-ec2-metadata-token-ttl-seconds";
    assert_eq!(ask(&bed, "PUT", path, &[]).await.0, StatusCode::BAD_REQUEST);
    for seconds in ["0", "21601", "long"] {
        assert_eq!(ask(&bed, "PUT", path, &[(ttl, seconds)]).await.0, StatusCode::BAD_REQUEST, "{seconds}");
    }
    assert_eq!(ask(&bed, "PUT", path, &[(ttl, "60"), ("X-Forwarded-For", "10.0.0.1")]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&bed, "GET", path, &[]).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&bed, "POST", "/latest/meta-data/", &[]).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn version_1_is_answered_only_where_tokens_are_optional_and_nothing_where_the_endpoint_is_off() {
    let (bed, id) = launched(json!({ "MetadataOptions": { "HttpTokens": "optional" } })).await;
    let path = "/latest/meta-data/instance-id";
    assert_eq!(ask(&bed, "GET", path, &[]).await, (StatusCode::OK, id.clone()));
    assert_eq!(read(&bed, "forged", path).await.0, StatusCode::UNAUTHORIZED);
    bed.ok("ModifyInstanceMetadataOptions", json!({ "InstanceId": id, "HttpEndpoint": "disabled" })).await;
    assert_eq!(ask(&bed, "GET", path, &[]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&bed, "PUT", "/latest/api/token", &[]).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn role_credentials_last_and_then_rotate() {
    let (bed, id) = launched(json!({ "IamInstanceProfile": { "Name": "web" } })).await;
    let path = "/latest/meta-data/iam/security-credentials/web";
    let first = read(&bed, &token(&bed, "21600").await, path).await.1;
    let document: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&document["Code"], &document["Type"]), (&json!("Success"), &json!("AWS-HMAC")));
    let credential = bed.region.credentials().find(document["AccessKeyId"].as_str().unwrap()).expect("issued");
    assert_eq!(credential.caller.arn(), format!("arn:aws:sts::{ACCOUNT}:assumed-role/web/{id}"));
    assert_eq!(read(&bed, &token(&bed, "21600").await, path).await.1, first);
    bed.region.clock().advance_to(bed.region.clock().now() + SignedDuration::from_mins(5 * 60 + 1));
    let second = read(&bed, &token(&bed, "21600").await, path).await.1;
    assert_ne!(second, first);
    let other = read(&bed, &token(&bed, "60").await, "/latest/meta-data/iam/security-credentials/other").await;
    assert_eq!(other.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_instance_without_a_profile_has_no_role() {
    let (bed, _) = launched(json!({})).await;
    let token = token(&bed, "60").await;
    for path in ["/latest/meta-data/iam/info", "/latest/meta-data/iam/security-credentials/"] {
        assert_eq!(read(&bed, &token, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let identity = read(&bed, &token, "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance").await.1;
    assert!(identity.contains("AWS-HMAC"));
}

#[tokio::test]
async fn an_identity_document_stands_for_its_instance_if_the_service_has_signed_it() {
    let (bed, id) = launched(json!({})).await;
    let token = token(&bed, "60").await;
    let get = async |name: &str| read(&bed, &token, &format!("/latest/dynamic/instance-identity/{name}")).await.1;
    let (document, signature) = (get("document").await, get("signature").await);
    let identify =
        async |document: &str, signature: &str| crate::imds::identify(&bed.ec2, &bed.region, document, signature).await;
    let (instance, caller) = identify(document.trim_end(), &signature).await.unwrap();
    assert_eq!((instance.0.as_str(), caller.instance()), (id.as_str(), Some(id.as_str())));
    assert!(caller.arn().contains("assumed-role/aws:ec2-instance/"), "{}", caller.arn());
    assert_eq!(identify(&document.replace(&id, "i-00000000000000000"), &signature).await, None);
    assert_eq!(identify(&document, "eA==").await, None);
    bed.ok("TerminateInstances", json!({"InstanceIds": [id]})).await;
    bed.becomes(&id, "terminated").await;
    assert_eq!(identify(&document, &signature).await, None, "it is gone");
}
