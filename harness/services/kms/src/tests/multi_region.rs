//! Multi-Region keys in two regions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use nightproof_core::{Caller, Region};
use serde_json::{Value, json};

use crate::records::Kms;

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// Two regions, and a primary in the first one with a replica in the second.
struct Pair {
    regions: [Region; 2],
    key: String,
}

impl Pair {
    async fn new() -> Self {
        let first = nightproof_test_region::region("111122223333", "/nonexistent");
        let second = first.add_region(REGIONS[1], "/nonexistent".into());
        let kms = Kms::new();
        for region in [&first, &second] {
            region.install(vec![("kms", kms.clone())]);
        }
        let mut pair = Self { regions: [first, second], key: String::new() };
        let made = pair.ok(0, "CreateKey", json!({"MultiRegion": true})).await;
        pair.key = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        pair
    }

    async fn replicated() -> Self {
        let pair = Self::new().await;
        pair.ok(0, "ReplicateKey", json!({"KeyId": pair.key, "ReplicaRegion": REGIONS[1]})).await;
        pair
    }

    async fn call(&self, at: usize, operation: &str, input: Value) -> Result<Value, String> {
        let answer = self.regions[at].call(&Caller::root("111122223333"), "kms", operation, input).await;
        answer.map_err(|error| format!("{}: {}", error.code, error.message))
    }

    async fn ok(&self, at: usize, operation: &str, input: Value) -> Value {
        self.call(at, operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn metadata(&self, at: usize) -> Value {
        self.ok(at, "DescribeKey", json!({"KeyId": self.key})).await["KeyMetadata"].clone()
    }
}

#[tokio::test]
async fn a_replica_has_the_id_and_the_material_of_its_primary_and_a_policy_of_its_own() {
    let pair = Pair::new().await;
    let input = json!({"KeyId": pair.key, "ReplicaRegion": REGIONS[1], "Description": "copy", "Tags": [{"TagKey": "a", "TagValue": "b"}]});
    let made = pair.ok(0, "ReplicateKey", input).await;
    let replica = &made["ReplicaKeyMetadata"];
    assert_eq!((&replica["KeyState"], &replica["Enabled"]), (&json!("Creating"), &json!(false)));
    assert_eq!(made["ReplicaTags"], json!([{"TagKey": "a", "TagValue": "b"}]));
    let (primary, replica) = (pair.metadata(0).await, pair.metadata(1).await);
    assert_eq!((&replica["KeyId"], &replica["KeyState"]), (&primary["KeyId"], &json!("Enabled")));
    assert_eq!(replica["CurrentKeyMaterialId"], primary["CurrentKeyMaterialId"]);
    let related = &replica["MultiRegionConfiguration"];
    assert_eq!(related["MultiRegionKeyType"], "REPLICA");
    assert_eq!(
        (&related["PrimaryKey"]["Region"], &related["ReplicaKeys"][0]["Region"]),
        (&json!(REGIONS[0]), &json!(REGIONS[1]))
    );
    let again = pair.call(0, "ReplicateKey", json!({"KeyId": pair.key, "ReplicaRegion": REGIONS[1]})).await.unwrap_err();
    assert!(again.starts_with("AlreadyExistsException"), "{again}");
}

#[tokio::test]
async fn what_one_key_encrypted_its_relatives_decrypt_after_a_rotation_too() {
    let pair = Pair::replicated().await;
    for rotated in [false, true] {
        if rotated {
            pair.ok(0, "RotateKeyOnDemand", json!({"KeyId": pair.key})).await;
        }
        for (from, to) in [(0, 1), (1, 0)] {
            let sealed = pair.ok(from, "Encrypt", json!({"KeyId": pair.key, "Plaintext": STANDARD.encode("secret")})).await;
            let opened = pair.ok(to, "Decrypt", json!({"CiphertextBlob": sealed["CiphertextBlob"]})).await;
            assert_eq!(opened["Plaintext"], STANDARD.encode("secret"));
            assert!(opened["KeyId"].as_str().unwrap().contains(REGIONS[to]), "{opened}");
        }
    }
    let refused = pair.call(1, "RotateKeyOnDemand", json!({"KeyId": pair.key})).await.unwrap_err();
    assert!(refused.contains("is not a multi-region primary key."), "{refused}");
}

#[tokio::test]
async fn a_key_of_one_region_decrypts_nothing_in_another() {
    let pair = Pair::new().await;
    let single = pair.ok(0, "CreateKey", json!({})).await["KeyMetadata"].clone();
    let sealed = pair.ok(0, "Encrypt", json!({"KeyId": single["Arn"], "Plaintext": STANDARD.encode("secret")})).await;
    let refused = pair.call(1, "Decrypt", json!({"CiphertextBlob": sealed["CiphertextBlob"]})).await.unwrap_err();
    assert!(refused.contains("does not exist in this region"), "{refused}");
    let refused = pair.call(1, "DescribeKey", json!({"KeyId": single["Arn"]})).await.unwrap_err();
    assert_eq!(refused, "NotFoundException: Invalid arn us-east-1");
    let input = json!({"KeyId": single["KeyId"], "ReplicaRegion": REGIONS[1]});
    let refused = pair.call(0, "ReplicateKey", input).await.unwrap_err();
    assert!(refused.starts_with("UnsupportedOperationException") && refused.ends_with("is not a multi-region primary key."));
    let elsewhere = json!({"KeyId": pair.key, "ReplicaRegion": "eu-central-1"});
    let refused = pair.call(0, "ReplicateKey", elsewhere).await.unwrap_err();
    assert!(refused.starts_with("NotImplemented") && refused.contains("the region eu-central-1"), "{refused}");
}

#[tokio::test]
async fn a_replica_becomes_the_primary() {
    let pair = Pair::replicated().await;
    pair.ok(0, "UpdatePrimaryRegion", json!({"KeyId": pair.key, "PrimaryRegion": REGIONS[1]})).await;
    for (at, kind) in [(0, "REPLICA"), (1, "PRIMARY")] {
        assert_eq!(pair.metadata(at).await["MultiRegionConfiguration"]["MultiRegionKeyType"], kind);
    }
    let refused = pair.call(0, "UpdatePrimaryRegion", json!({"KeyId": pair.key, "PrimaryRegion": REGIONS[0]})).await.unwrap_err();
    assert!(refused.starts_with("UnsupportedOperationException"), "{refused}");
}

#[tokio::test]
async fn a_primary_is_deleted_after_its_last_replica() {
    let pair = Pair::replicated().await;
    let deletion = json!({"KeyId": pair.key, "PendingWindowInDays": 7});
    let scheduled = pair.ok(0, "ScheduleKeyDeletion", deletion.clone()).await;
    assert_eq!((&scheduled["KeyState"], scheduled.get("DeletionDate")), (&json!("PendingReplicaDeletion"), None));
    pair.ok(1, "ScheduleKeyDeletion", deletion).await;
    let clock = pair.regions[0].clock().clone();
    let pass = |days: i64| clock.advance_to(clock.now() + SignedDuration::from_hours(24 * days));
    pass(8);
    assert_eq!(pair.metadata(0).await["KeyState"], "PendingDeletion");
    assert!(pair.call(1, "DescribeKey", json!({"KeyId": pair.key})).await.is_err());
    pass(8);
    assert!(pair.call(0, "DescribeKey", json!({"KeyId": pair.key})).await.is_err());
}
