//! An object of the last night's archives that is attacked, and how it is put back.

use std::path::{Path, PathBuf};

use nightproof_wire::AwsError;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::FailurePoint;
use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::Object;
use crate::attack::bucket_settings::BucketSettings;
use crate::chain::failure::{HopFailure, at};
use crate::restore::checksum::Digests;

/// What is written in the place of an archive.
const OVERWRITTEN: &[u8] = b"nightproof --attack wrote this in the place of an archive\n";

/// An object of an archive.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The instance that it is of.
    pub(crate) instance: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The version that is attacked, in a versioned bucket.
    pub(crate) version: Option<String>,
    pub(crate) encryption: String,
    /// ARN of its KMS key.
    pub(crate) key_id: Option<String>,
    pub(crate) settings: BucketSettings,
    /// How it is retained, and until when.
    pub(crate) retention: Option<(String, String)>,
    /// Whether a legal hold is on.
    pub(crate) is_held: bool,
    sha256: [u8; 32],
    /// How many those are.
    pub(crate) bytes: u64,
    /// A copy of its bytes.
    copy: PathBuf,
    /// Another content.
    other: PathBuf,
}

/// What an operator finds of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Who asks for the object gets it.
    Intact,
    /// It is there by its version alone.
    ByVersion,
    /// It is there, and KMS does not decrypt it.
    Unreadable,
    /// It is gone.
    Gone,
}

impl Target {
    /// An object of an archive of `instance`, with a copy of it in `folder`.
    pub(crate) async fn new(client: &DynamicClient, instance: &str, object: Object, folder: &Path) -> Result<Self, HopFailure> {
        let copy = folder.join(format!("attacked-{}-{instance}", object.bucket));
        let broken = |error: std::io::Error| HopFailure::at(FailurePoint::Drill, format!("`{}`: {error}", copy.display()));
        let mut answer = client.download(&object.input()).await.map_err(at(FailurePoint::Drill, "GetObject"))?;
        let text = |name: &str| answer.head.get(name).and_then(Value::as_str).map(str::to_owned);
        let (encryption, key_id) = (text("ServerSideEncryption").unwrap_or_default(), text("SSEKMSKeyId"));
        let retention = text("ObjectLockMode").zip(text("ObjectLockRetainUntilDate"));
        let is_held = text("ObjectLockLegalHoldStatus").as_deref() == Some("ON");
        let mut file = tokio::fs::File::create(&copy).await.map_err(broken)?;
        let mut digests = Digests::new([]);
        while let Some(chunk) = answer.next().await.map_err(|error| broken(std::io::Error::other(error)))? {
            digests.update(chunk.as_ref());
            file.write_all(chunk.as_ref()).await.map_err(broken)?;
        }
        file.flush().await.map_err(broken)?;
        let other = folder.join("attacked-with");
        tokio::fs::write(&other, OVERWRITTEN).await.map_err(broken)?;
        let settings = BucketSettings::read(client, &object.bucket).await?;
        Ok(Self {
            instance: instance.to_owned(),
            bucket: object.bucket,
            key: object.key,
            version: object.version,
            encryption,
            key_id,
            settings,
            retention,
            is_held,
            sha256: digests.finish().0,
            bytes: object.bytes,
            copy,
            other,
        })
    }

    /// Whether another object, elsewhere, has the same bytes of the same machine.
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        self.instance == other.instance && self.sha256 == other.sha256 && (&self.bucket, &self.key) != (&other.bucket, &other.key)
    }

    /// `s3://bucket/key`
    pub(crate) fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// Looks for it, as the operator.
    pub(crate) async fn find(&self, client: &DynamicClient) -> Found {
        let current = self.read(client, None).await;
        match (current, &self.version) {
            (Found::Intact, _) => Found::Intact,
            (found, None) => found,
            (current, Some(version)) => match self.read(client, Some(version)).await {
                // Whoever cannot read this version cannot read it as the current one either.
                Found::Intact if current == Found::Unreadable => Found::Unreadable,
                Found::Intact => Found::ByVersion,
                found => found,
            },
        }
    }

    async fn read(&self, client: &DynamicClient, version: Option<&str>) -> Found {
        let input = json!({ "Bucket": self.bucket, "Key": self.key, "VersionId": version });
        let mut answer = match client.download(&input).await {
            Ok(answer) => answer,
            Err(error) if matches!(error.code.as_str(), "NoSuchKey" | "NoSuchVersion" | "MethodNotAllowed") => {
                return Found::Gone;
            }
            Err(_) => return Found::Unreadable,
        };
        let mut digests = Digests::new([]);
        loop {
            match answer.next().await {
                Ok(Some(chunk)) => digests.update(chunk.as_ref()),
                Ok(None) => break,
                Err(_) => return Found::Unreadable,
            }
        }
        if digests.finish().0 == self.sha256 { Found::Intact } else { Found::Gone }
    }

    /// Writes its bytes again, which is then the version that is attacked. Works whatever became of the one before, locked or deleted.
    pub(crate) async fn put_back(&mut self, client: &DynamicClient) -> Result<(), HopFailure> {
        let mut input = self.encrypted();
        let (mode, until) = self.retention.clone().unzip();
        if let Some(members) = input.as_object_mut() {
            members.insert("ObjectLockMode".to_owned(), mode.into());
            members.insert("ObjectLockRetainUntilDate".to_owned(), until.into());
            members.insert("ObjectLockLegalHoldStatus".to_owned(), self.is_held.then_some("ON").into());
        }
        let answer = client.upload(&input, &self.copy).await.map_err(at(FailurePoint::Drill, "PutObject"))?;
        if self.version.is_some() {
            self.version = answer.get("VersionId").and_then(Value::as_str).filter(|id| *id != "null").map(str::to_owned);
        }
        Ok(())
    }

    /// Writes another content in its place, encrypted as it is itself or as the bucket does by default.
    ///
    /// # Errors
    /// S3's own.
    pub(crate) async fn overwrite(&self, client: &DynamicClient, encrypted_alike: bool) -> Result<(), AwsError> {
        let input = if encrypted_alike { self.encrypted() } else { json!({ "Bucket": self.bucket, "Key": self.key }) };
        client.upload(&input, &self.other).await.map(drop)
    }

    /// What names it, and how it is encrypted.
    fn encrypted(&self) -> Value {
        json!({ "Bucket": self.bucket, "Key": self.key, "ServerSideEncryption": self.encryption, "SSEKMSKeyId": self.key_id })
    }
}
