//! Copies: the source's key must open, and the copy gets one of its own.

use nightproof_core::service::{AwsError, Call, Reply, empty_body};
use serde_json::{Map, Value, json};

use crate::document::{set, text, without_nulls};
use crate::input::part;
use crate::operations::copy::{Source, of_source};
use crate::operations::put::kept_headers;
use crate::remote::{RemoteS3, data_key};

impl RemoteS3 {
    /// What the store says of a copy's source, whose key the caller can open.
    pub(super) async fn open_copy_source(&self, call: &Call, source: &Source) -> Result<Value, AwsError> {
        let asked = without_nulls(json!({"Bucket": source.bucket, "Key": source.key, "VersionId": source.version}));
        let mut found = self.ask(call, "HeadObject", &asked, empty_body()).await.map_err(of_source)?.output;
        let encryption = data_key::kept(&mut found);
        data_key::open(call, encryption.as_ref(), &found).await?;
        Ok(found)
    }

    pub(super) async fn copy_object(&self, call: &Call, mut input: Value) -> Result<Reply, AwsError> {
        let from = Source::parse(text(&input, "CopySource").unwrap_or_default())?;
        let source = self.open_copy_source(call, &from).await?;
        let replaces = text(&input, "MetadataDirective") == Some("REPLACE");
        let same = text(&input, "Bucket") == Some(from.bucket.as_str()) && text(&input, "Key") == Some(from.key.as_str());
        let changes = ["StorageClass", "ServerSideEncryption", "SSEKMSKeyId", "WebsiteRedirectLocation"];
        // The store's own refusal of a copy onto itself goes by the directive, which is set below.
        let illegal = same && from.version.is_none() && !replaces && changes.iter().all(|member| text(&input, member).is_none());
        if illegal {
            return self.ask(call, "CopyObject", &input, empty_body()).await;
        }
        let headers = kept_headers(&part(if replaces { &input } else { &source })?)?;
        let encryption = {
            let mut wanted = Value::Object(Map::new());
            for member in ["Bucket", "Key", "ServerSideEncryption", "SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled"]
            {
                if let Some(value) = input.get(member) {
                    set(&mut wanted, member, value.clone());
                }
            }
            self.encrypt(call, &mut wanted).await?
        };
        set(&mut input, "MetadataDirective", json!("REPLACE"));
        if let Value::Object(members) = &mut input {
            members.extend(headers);
        }
        data_key::keep(&encryption, &mut input);
        let mut reply = self.ask(call, "CopyObject", &input, empty_body()).await?;
        encryption.describe_write(&mut reply.output);
        Ok(reply)
    }
}
