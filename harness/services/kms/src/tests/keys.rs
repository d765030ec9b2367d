//! Keys of other specifications than the symmetric one: what each is for, and what it refuses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Lab;

#[tokio::test]
async fn a_key_has_one_usage_that_its_specification_allows() {
    let lab = Lab::new();
    let message = lab.refusal("CreateKey", json!({"KeySpec": "HMAC_256"})).await;
    assert_eq!(message, "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
    let message = lab.refusal("CreateKey", json!({"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"})).await;
    assert_eq!(message, "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048");
    let key = lab.key_of("ECC_NIST_P384", "SIGN_VERIFY").await;
    assert_eq!(key["SigningAlgorithms"], json!(["ECDSA_SHA_384"]));
    assert!(key.get("EncryptionAlgorithms").is_none() && key.get("CurrentKeyMaterialId").is_none(), "{key}");
    let mac = json!({"KeyId": key["KeyId"], "Message": STANDARD.encode("m"), "MacAlgorithm": "HMAC_SHA_256"});
    let expected = format!("{} key usage is SIGN_VERIFY which is not valid for GenerateMac.", key["Arn"].as_str().unwrap());
    assert_eq!(lab.refusal("GenerateMac", mac).await, expected);
    let rotation = json!({"KeyId": key["KeyId"]});
    assert_eq!(lab.code("EnableKeyRotation", rotation.clone()).await, "UnsupportedOperationException");
    assert_eq!(lab.code("RotateKeyOnDemand", rotation).await, "UnsupportedOperationException");
}

#[tokio::test]
async fn a_signature_verifies_for_its_message_and_no_other() {
    let lab = Lab::new();
    for (spec, algorithm) in [
        ("RSA_2048", "RSASSA_PSS_SHA_256"),
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512"),
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_P384", "ECDSA_SHA_384"),
        ("ECC_NIST_P521", "ECDSA_SHA_512"),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ] {
        let key = lab.key_of(spec, "SIGN_VERIFY").await["KeyId"].clone();
        let message = STANDARD.encode("message");
        let sign = json!({"KeyId": key, "Message": message, "SigningAlgorithm": algorithm});
        let signature = lab.ok("Sign", sign.clone()).await["Signature"].clone();
        let mut verify = sign.clone();
        verify["Signature"] = signature;
        assert_eq!(lab.ok("Verify", verify.clone()).await["SignatureValid"], true, "{spec}");
        verify["Message"] = json!(STANDARD.encode("another"));
        assert_eq!(lab.code("Verify", verify).await, "KMSInvalidSignatureException", "{spec}");
        let mut digest = sign;
        digest["MessageType"] = json!("DIGEST");
        assert_eq!(lab.refusal("Sign", digest).await, format!("Digest is invalid length for algorithm {algorithm}."));
        let public = lab.ok("GetPublicKey", json!({"KeyId": key})).await;
        assert_eq!((&public["KeySpec"], &public["KeyUsage"]), (&json!(spec), &json!("SIGN_VERIFY")));
    }
}

#[tokio::test]
async fn an_rsa_key_encrypts_as_much_as_its_padding_leaves_room_for() {
    let lab = Lab::new();
    let key = lab.key_of("RSA_2048", "ENCRYPT_DECRYPT").await["KeyId"].clone();
    for (algorithm, most) in [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)] {
        let input = |length: usize| json!({"KeyId": key, "Plaintext": STANDARD.encode(vec![7; length]), "EncryptionAlgorithm": algorithm});
        let sealed = lab.ok("Encrypt", input(most)).await["CiphertextBlob"].clone();
        let open = json!({"KeyId": key, "CiphertextBlob": sealed, "EncryptionAlgorithm": algorithm});
        assert_eq!(lab.ok("Decrypt", open).await["Plaintext"], STANDARD.encode(vec![7; most]));
        let message = format!("Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes.");
        assert_eq!(lab.refusal("Encrypt", input(most + 1)).await, message);
    }
    let other = json!({"KeyId": key, "Plaintext": STANDARD.encode("m")});
    assert_eq!(lab.code("Encrypt", other).await, "InvalidKeyUsageException");
}

#[tokio::test]
async fn a_message_authentication_code_is_of_the_keys_algorithm() {
    let lab = Lab::new();
    let key = lab.key_of("HMAC_224", "GENERATE_VERIFY_MAC").await["KeyId"].clone();
    let generate = json!({"KeyId": key, "Message": STANDARD.encode("m"), "MacAlgorithm": "HMAC_SHA_224"});
    let made = lab.ok("GenerateMac", generate).await;
    assert_eq!(STANDARD.decode(made["Mac"].as_str().unwrap()).unwrap().len(), 28);
    let verify = |message: &str, algorithm: &str| json!({"KeyId": key, "Message": STANDARD.encode(message), "MacAlgorithm": algorithm, "Mac": made["Mac"]});
    assert_eq!(lab.ok("VerifyMac", verify("m", "HMAC_SHA_224")).await["MacValid"], true);
    assert_eq!(lab.code("VerifyMac", verify("n", "HMAC_SHA_224")).await, "KMSInvalidMacException");
    let message = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.";
    assert_eq!(lab.refusal("VerifyMac", verify("m", "HMAC_SHA_256")).await, message);
}

#[tokio::test]
async fn two_keys_agree_on_one_secret() {
    let lab = Lab::new();
    let (one, two) = (lab.key_of("ECC_NIST_P256", "KEY_AGREEMENT").await, lab.key_of("ECC_NIST_P256", "KEY_AGREEMENT").await);
    let mut secrets = Vec::new();
    for (own, other) in [(&one, &two), (&two, &one)] {
        let public = lab.ok("GetPublicKey", json!({"KeyId": other["KeyId"]})).await["PublicKey"].clone();
        let input = json!({"KeyId": own["KeyId"], "KeyAgreementAlgorithm": "ECDH", "PublicKey": public});
        secrets.push(lab.ok("DeriveSharedSecret", input).await["SharedSecret"].clone());
    }
    assert_eq!(secrets[0], secrets[1]);
    let nonsense = json!({"KeyId": one["KeyId"], "KeyAgreementAlgorithm": "ECDH", "PublicKey": STANDARD.encode("nonsense")});
    assert_eq!(lab.code("DeriveSharedSecret", nonsense).await, "ValidationException");
}

#[tokio::test]
async fn the_private_key_of_a_data_key_pair_opens_by_the_key() {
    let lab = Lab::new();
    let key = lab.key().await;
    let pair = lab.ok("GenerateDataKeyPair", json!({"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"})).await;
    let opened = lab.ok("Decrypt", json!({"CiphertextBlob": pair["PrivateKeyCiphertextBlob"]})).await;
    assert_eq!(opened["Plaintext"], pair["PrivateKeyPlaintext"]);
    let input = json!({"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"});
    assert!(lab.ok("GenerateDataKeyPairWithoutPlaintext", input).await.get("PrivateKeyPlaintext").is_none());
}

#[tokio::test]
async fn what_was_encrypted_before_a_rotation_still_opens() {
    let lab = Lab::new();
    let key = lab.key().await;
    let sealed = lab.ok("Encrypt", json!({"KeyId": key, "Plaintext": STANDARD.encode("secret")})).await;
    let before = lab.ok("DescribeKey", json!({"KeyId": key})).await["KeyMetadata"]["CurrentKeyMaterialId"].clone();
    for _ in 0..25 {
        lab.ok("RotateKeyOnDemand", json!({"KeyId": key})).await;
    }
    assert_eq!(lab.code("RotateKeyOnDemand", json!({"KeyId": key})).await, "LimitExceededException");
    assert_ne!(lab.ok("DescribeKey", json!({"KeyId": key})).await["KeyMetadata"]["CurrentKeyMaterialId"], before);
    let opened = lab.ok("Decrypt", json!({"CiphertextBlob": sealed["CiphertextBlob"]})).await;
    assert_eq!((&opened["Plaintext"], &opened["KeyMaterialId"]), (&json!(STANDARD.encode("secret")), &before));
    let rotations = lab.ok("ListKeyRotations", json!({"KeyId": key})).await;
    assert_eq!(rotations["Rotations"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn names_that_are_no_key_ids_and_no_aliases_are_refused_in_awss_words() {
    let lab = Lab::new();
    assert_eq!(lab.refusal("DescribeKey", json!({"KeyId": "fake"})).await, "Invalid keyId 'fake'");
    let alias = json!({"AliasName": "k", "TargetKeyId": lab.key().await});
    assert_eq!(lab.code("CreateAlias", alias).await, "ValidationException");
    let tags = json!({"Tags": [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}]});
    assert_eq!(lab.refusal("CreateKey", tags).await, "Duplicate tag keys");
    let reserved = json!({"Tags": [{"TagKey": "AWS:a", "TagValue": "1"}]});
    assert_eq!(lab.refusal("CreateKey", reserved).await, "Tags beginning with aws: are reserved");
    let many = lab.ok("CreateKey", json!({"MultiRegion": true})).await["KeyMetadata"].clone();
    assert!(many["KeyId"].as_str().unwrap().starts_with("mrk-"), "{many}");
    assert_eq!(many["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
}
