//! Key material that is imported, expires and is deleted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::DecodePublicKey as _;
use serde_json::{Value, json};
use sha2::Sha256;

use super::Lab;

/// The input of an import of these bytes into the key.
async fn import(lab: &Lab, key: &Value, material: &[u8], more: Value) -> Value {
    let wanted = json!({"KeyId": key, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"});
    let parameters = lab.ok("GetParametersForImport", wanted).await;
    let der = STANDARD.decode(parameters["PublicKey"].as_str().unwrap()).unwrap();
    let public = rsa::PublicKey::from_public_key_der(&der).expect("a public key");
    let sealed = public.encrypt(&mut rand::rng(), rsa::Oaep::<Sha256>::new(), material).expect("encrypted");
    let mut input =
        json!({"KeyId": key, "ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": STANDARD.encode(sealed)});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn kept() -> Value {
    json!({"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"})
}

#[tokio::test]
async fn a_key_without_its_material_is_pending_import() {
    let lab = Lab::new();
    let made = lab.ok("CreateKey", json!({"Origin": "EXTERNAL"})).await["KeyMetadata"].clone();
    assert_eq!((&made["KeyState"], &made["Enabled"]), (&json!("PendingImport"), &json!(false)));
    let key = &made["KeyId"];
    let data = json!({"KeyId": key, "Plaintext": STANDARD.encode("m")});
    assert_eq!(lab.refusal("Encrypt", data.clone()).await, format!("{} is pending import.", made["Arn"].as_str().unwrap()));
    let undated = import(&lab, key, &[1; 32], json!({})).await;
    assert_eq!(
        lab.refusal("ImportKeyMaterial", undated).await,
        "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    );
    let short = import(&lab, key, &[1; 16], kept()).await;
    assert_eq!(lab.code("ImportKeyMaterial", short).await, "IncorrectKeyMaterialException");
    lab.ok("ImportKeyMaterial", import(&lab, key, &[1; 32], kept()).await).await;
    let sealed = lab.ok("Encrypt", data.clone()).await["CiphertextBlob"].clone();
    lab.ok("DeleteImportedKeyMaterial", json!({"KeyId": key})).await;
    assert_eq!(lab.code("Encrypt", data).await, "KMSInvalidStateException");
    let other = import(&lab, key, &[2; 32], kept()).await;
    assert_eq!(lab.code("ImportKeyMaterial", other).await, "IncorrectKeyMaterialException");
    lab.ok("ImportKeyMaterial", import(&lab, key, &[1; 32], kept()).await).await;
    assert_eq!(lab.ok("Decrypt", json!({"CiphertextBlob": sealed})).await["Plaintext"], STANDARD.encode("m"));
    let own = json!({"KeyId": lab.key().await, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"});
    assert_eq!(lab.code("GetParametersForImport", own).await, "UnsupportedOperationException");
}

#[tokio::test]
async fn material_is_gone_when_it_expires() {
    let lab = Lab::new();
    let key = lab.ok("CreateKey", json!({"Origin": "EXTERNAL"})).await["KeyMetadata"]["KeyId"].clone();
    let until = lab.region.clock().now() + jiff::SignedDuration::from_hours(2);
    lab.ok("ImportKeyMaterial", import(&lab, &key, &[1; 32], json!({"ValidTo": until})).await).await;
    let described = || lab.ok("DescribeKey", json!({"KeyId": key}));
    assert_eq!(described().await["KeyMetadata"]["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    lab.region.clock().advance_to(until);
    assert_eq!(described().await["KeyMetadata"]["KeyState"], "PendingImport");
}

#[tokio::test]
async fn new_material_waits_for_a_rotation() {
    let lab = Lab::new();
    let key = lab.ok("CreateKey", json!({"Origin": "EXTERNAL"})).await["KeyMetadata"]["KeyId"].clone();
    let new = json!({"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "ImportType": "NEW_KEY_MATERIAL"});
    let first = lab.ok("ImportKeyMaterial", import(&lab, &key, &[1; 32], kept()).await).await;
    assert_eq!(lab.code("RotateKeyOnDemand", json!({"KeyId": key})).await, "KMSInvalidStateException");
    let second = lab.ok("ImportKeyMaterial", import(&lab, &key, &[2; 32], new.clone()).await).await;
    let third = import(&lab, &key, &[3; 32], new).await;
    assert_eq!(lab.code("ImportKeyMaterial", third).await, "KMSInvalidStateException");
    let current = || async { lab.ok("DescribeKey", json!({"KeyId": key})).await["KeyMetadata"]["CurrentKeyMaterialId"].clone() };
    assert_eq!(current().await, first["KeyMaterialId"]);
    lab.ok("RotateKeyOnDemand", json!({"KeyId": key})).await;
    assert_eq!(current().await, second["KeyMaterialId"]);
}
