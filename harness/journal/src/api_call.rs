//! An API call, in the form of a CloudTrail record.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call to a service of the region, refused ones included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiCall {
    /// Version of the record's form: `1.11`.
    pub event_version: String,
    /// Who called.
    pub user_identity: UserIdentity,
    /// Region time, RFC 3339, whole seconds.
    pub event_time: String,
    /// `s3.amazonaws.com`
    pub event_source: String,
    /// The operation: `CreateBucket`; `Unknown` if the request named none.
    pub event_name: String,
    /// `us-east-1`
    pub aws_region: String,
    /// The caller's address, or a service's name.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// The `User-Agent` header, or a service's name.
    pub user_agent: String,
    /// The input document, without secrets.
    pub request_parameters: Value,
    /// The output document of a call that changes something, without secrets.
    pub response_elements: Value,
    /// The error's code, if the call failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_code: Option<String>,
    /// The error's message, if the call failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_message: Option<String>,
    /// The id that the answer carried.
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// The record's own id.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Whether the operation only reads.
    pub read_only: bool,
    /// Always `AwsApiCall`.
    pub event_type: String,
    /// The account that was called.
    pub recipient_account_id: String,
    /// How the connection was encrypted; absent for plain HTTP and for calls inside AWS.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tls_details: Option<TlsDetails>,
}

/// The form of the records: see [`ApiCall::event_version`].
pub const CLOUDTRAIL_VERSION: &str = "1.11";

impl ApiCall {
    /// Whether an operation of this name only reads.
    pub fn reads(operation: &str) -> bool {
        ["Describe", "Get", "List", "Head", "Lookup", "Filter", "Validate"].iter().any(|verb| operation.starts_with(verb))
    }
}

/// Who called.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `Root`, `IAMUser`, `AssumedRole`, `AWSService`, `Unknown`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The principal's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub principal_id: Option<String>,
    /// The principal's ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<String>,
    /// 12-digit account id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<String>,
    /// The access key that signed; its id is no secret.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_key_id: Option<String>,
    /// The service that called, for `AWSService`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub invoked_by: Option<String>,
}

/// How a connection was encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsDetails {
    /// `TLSv1.3`
    pub tls_version: String,
    /// `TLS_AES_128_GCM_SHA256`
    pub cipher_suite: String,
    /// The host name that the client asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_provided_host_header: Option<String>,
}
