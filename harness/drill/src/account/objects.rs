//! Objects whose content need not fit into memory: sent from a file, and read as it comes.

use std::path::Path;

use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use http::header::CONTENT_LENGTH;
use nightproof_wire::{AwsError, Operation, ServiceModel};
use serde_json::Value;

use crate::account::dynamic_client::{DynamicClient, Refusal, S3, read, refused, sendable};
use crate::account::http as connection;

/// An object that is being read.
#[derive(Debug)]
pub(crate) struct Download {
    /// What the answer says beside the content, as `GetObject`'s output.
    pub(crate) head: Value,
    content: ByteStream,
}

impl Download {
    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// Why no more came.
    pub(crate) async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, String> {
        self.content.try_next().await.map_err(|error| error.to_string())
    }

    /// All of a content that is known to be small.
    ///
    /// # Errors
    /// Why not all came.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, String> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next().await? {
            whole.extend_from_slice(bytes.as_ref());
        }
        Ok(whole)
    }
}

impl DynamicClient {
    /// `GetObject`.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) async fn download(&self, input: &Value) -> Result<Download, AwsError> {
        let (model, operation) = known("GetObject")?;
        let request = self.request(model, operation, input)?;
        let prepared = self.prepared(model, operation, input).serializer(|request: http::Request<Vec<u8>>| sendable(request));
        let asked = prepared.deserializer_impl::<Download, Refusal>(Reader { model, operation }).build();
        asked.invoke(request).await.map_err(refused)
    }

    /// `PutObject` of what is in `file`.
    ///
    /// # Errors
    /// As [`Self::ask`]; `ClientError` if the file cannot be read.
    pub(crate) async fn upload(&self, input: &Value, file: &Path) -> Result<Value, AwsError> {
        let (model, operation) = known("PutObject")?;
        let unreadable = |error: &dyn std::fmt::Display| {
            AwsError::new("ClientError", 400, format!("`{}` cannot be read: {error}", file.display()))
        };
        let length = tokio::fs::metadata(file).await.map_err(|error| unreadable(&error))?.len();
        let content = ByteStream::from_path(file).await.map_err(|error| unreadable(&error))?.into_inner();
        let mut request = self.request(model, operation, input)?.map(|_| content);
        request.headers_mut().insert(CONTENT_LENGTH, length.into());
        let prepared = self.prepared(model, operation, input).serializer(|request: http::Request<SdkBody>| sendable(request));
        let asked = prepared.deserializer(move |response| read(model, operation, response)).build();
        asked.invoke(request).await.map_err(refused)
    }
}

/// The model of one of S3's operations.
///
/// # Errors
/// There is none.
pub(super) fn known(operation: &str) -> Result<(&'static ServiceModel, &'static Operation), AwsError> {
    let unknown = || AwsError::new("InvalidAction", 400, format!("there is no model of {S3}:{operation}"));
    let model = nightproof_wire::service(S3).ok_or_else(unknown)?;
    Ok((model, model.operation(operation).ok_or_else(unknown)?))
}

/// Takes the content out of an answer before it is read; an error is read whole.
#[derive(Debug)]
struct Reader {
    model: &'static ServiceModel,
    operation: &'static Operation,
}

impl DeserializeResponse for Reader {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        if !response.status().is_success() {
            return None;
        }
        let content = std::mem::replace(response.body_mut(), SdkBody::taken());
        let head = connection::head(response)?;
        let head = self.model.codec().decode_answer(self.operation, &head, &[]);
        Some(match head {
            Ok(head) => Ok(Output::erase(Download { head, content: ByteStream::new(content) })),
            Err(error) => Err(OrchestratorError::operation(Error::erase(Refusal::from(error)))),
        })
    }

    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        // Only an error comes here.
        match read(self.model, self.operation, response) {
            Ok(_) => Err(OrchestratorError::other("the answer has no content")),
            Err(error) => Err(error.map_operation_error(Error::erase)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::account::served::{client, endpoint};

    #[tokio::test]
    async fn a_file_is_sent_as_it_is_and_again_if_nobody_took_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("content");
        std::fs::write(&file, "all of it").unwrap();
        let (url, served) = endpoint(&[(503, ""), (200, "")]);
        client(Some(url)).upload(&json!({ "Bucket": "b", "Key": "x/y z" }), &file).await.unwrap();
        for request in served.join().unwrap() {
            assert!(request.starts_with("PUT /b/x/y%20z HTTP/1.1\r\n") && request.ends_with("\r\n\r\nall of it"), "{request}");
            assert!(request.contains("x-amz-content-sha256: UNSIGNED-PAYLOAD"), "{request}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_named() {
        let error = client(None).upload(&json!({ "Bucket": "b", "Key": "k" }), Path::new("/no/such/file")).await.unwrap_err();
        assert!(error.message.starts_with("`/no/such/file` cannot be read: "), "{error}");
    }

    #[tokio::test]
    async fn content_is_read_as_it_comes_and_a_refusal_is_read_whole() {
        const MISSING: &str = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
        let (url, served) = endpoint(&[(200, "all of it"), (404, MISSING)]);
        let client = client(Some(url));
        let input = json!({ "Bucket": "b", "Key": "k", "VersionId": "v", "Range": "bytes=0-9" });
        let found = client.download(&input).await.unwrap();
        assert_eq!(found.head["ContentLength"], 9);
        assert_eq!(found.whole().await.unwrap(), b"all of it");
        assert_eq!(client.download(&input).await.unwrap_err().code, "NoSuchKey");
        let request = served.join().unwrap().remove(0);
        assert!(request.starts_with("GET /b/k?versionId=v HTTP/1.1\r\n") && request.contains("range: bytes=0-9"), "{request}");
    }

    #[test]
    fn at_aws_a_bucket_stands_in_the_name_of_the_host_unless_it_has_dots() {
        let at = |bucket: &str| {
            let (model, operation) = known("GetObject").unwrap();
            let (client, input) = (client(None), json!({ "Bucket": bucket, "Key": "a/b" }));
            format!("{}{}", client.address(model, &input), client.request(model, operation, &input).unwrap().uri())
        };
        assert_eq!(at("backups"), "https://backups.s3.eu-west-1.amazonaws.com/a/b");
        assert_eq!(at("my.backups"), "https://s3.eu-west-1.amazonaws.com/my.backups/a/b");
    }

    #[tokio::test]
    async fn a_call_that_changes_settings_has_a_digest() {
        let (url, served) = endpoint(&[(200, "")]);
        let tagging = json!({ "Bucket": "b", "Tagging": { "TagSet": [{ "Key": "k", "Value": "v" }] } });
        client(Some(url)).ask(S3, "PutBucketTagging", &tagging).await.unwrap();
        let request = served.join().unwrap().remove(0);
        assert!(request.starts_with("PUT /b?tagging HTTP/1.1\r\n") && request.contains("content-md5: "), "{request}");
    }
}
