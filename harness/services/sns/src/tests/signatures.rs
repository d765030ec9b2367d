//! Messages are signed, and the certificate says by whom.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use nightproof_core::Caller;
use nightproof_core::service::Call;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::{Pkcs1v15Sign, PublicKey};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::{ACCOUNT, TOPIC, World};

impl World {
    /// What is served at a URL of the service.
    pub(super) async fn served(&self, url: &str) -> (u16, String) {
        let (head, ()) = http::Request::get(url).body(()).unwrap().into_parts();
        let (_, service) = self.region.services().find(|(_, one)| one.serves(&self.region, "sns", head.uri.path())).unwrap();
        let call = Call {
            region: self.region.clone(),
            caller: Caller::anonymous(ACCOUNT),
            request_id: String::new(),
            now: self.region.clock().now(),
            source_ip: String::new(),
            user_agent: String::new(),
            tls: true,
            http: Some(Arc::new(head)),
        };
        let response = service.serve(&call, bytes::Bytes::new()).await;
        let status = response.status().as_u16();
        (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    /// The key in the certificate of a message.
    pub(super) async fn key_of(&self, url: &Value) -> PublicKey {
        let (status, pem) = self.served(url.as_str().unwrap()).await;
        assert_eq!(status, 200);
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(base64).unwrap();
        // A sequence of 290 bytes, in which the algorithm is rsaEncryption.
        let head = [0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
        let at = der.windows(head.len()).position(|window| window == head).unwrap();
        PublicKey::from_public_key_der(&der[at..at + 294]).unwrap()
    }

    async fn received_body(&self) -> Value {
        serde_json::from_str(self.received().await[0]["Body"].as_str().unwrap()).unwrap()
    }
}

/// What is signed of a notification.
fn text(body: &Value) -> String {
    let names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    names.iter().filter_map(|name| Some(format!("{name}\n{}\n", body[name].as_str()?))).collect()
}

#[tokio::test]
async fn a_queues_message_verifies_with_the_certificate_that_it_names() {
    let world = World::new().await;
    world.open_queue().await;
    world.subscribe(json!({})).await;
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "it failed", "Subject": "backup" })).await;
    let body = world.received_body().await;
    assert_eq!(body["SignatureVersion"], "1");
    let key = world.key_of(&body["SigningCertURL"]).await;
    let signature = STANDARD.decode(body["Signature"].as_str().unwrap()).unwrap();
    key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(text(&body)), &signature).unwrap();
    let mut forged = body.clone();
    forged["Message"] = "all is well".into();
    key.verify(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(text(&forged)), &signature).unwrap_err();

    let set = json!({ "TopicArn": TOPIC, "AttributeName": "SignatureVersion", "AttributeValue": "2" });
    world.ok("sns", "SetTopicAttributes", set).await;
    let shown = world.ok("sns", "GetTopicAttributes", json!({ "TopicArn": TOPIC })).await;
    assert_eq!(shown["Attributes"]["SignatureVersion"], "2");
    world.ok("sns", "Publish", json!({ "TopicArn": TOPIC, "Message": "no subject" })).await;
    let body = world.received_body().await;
    assert_eq!(body["SignatureVersion"], "2");
    let signature = STANDARD.decode(body["Signature"].as_str().unwrap()).unwrap();
    key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text(&body)), &signature).unwrap();
}

#[tokio::test]
async fn no_other_certificate_is_served_and_no_other_version_is_taken() {
    let world = World::new().await;
    let set = json!({ "TopicArn": TOPIC, "AttributeName": "SignatureVersion", "AttributeValue": "3" });
    assert_eq!(world.refused("SetTopicAttributes", set).await, "InvalidParameterException: Invalid parameter: SignatureVersion");
    let url = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
    assert_eq!(world.served(url).await, (404, String::new()));
}
