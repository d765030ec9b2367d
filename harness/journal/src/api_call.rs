//! An API call in the form of a CloudTrail record.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call, allowed or refused. Parameters and answers must have gone through [`crate::redact()`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiCall {
    /// Version of CloudTrail's record format.
    pub event_version: String,
    /// Who called.
    pub user_identity: UserIdentity,
    /// Region time of the call.
    pub event_time: Timestamp,
    /// `ssm.amazonaws.com`.
    pub event_source: String,
    /// The operation.
    pub event_name: String,
    /// `us-east-1`.
    pub aws_region: String,
    /// IP address of the client, or the service that called on somebody's behalf.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// What the client says it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// The error code that the client got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The message beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Input, by member names.
    pub request_parameters: Option<Value>,
    /// Output of a call that changes something; absent for reads, as in CloudTrail.
    pub response_elements: Option<Value>,
    /// Request id that the client got.
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// Id of this record.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Whether the operation only reads.
    pub read_only: bool,
    /// `AwsApiCall`.
    pub event_type: String,
    /// Account whose resources were meant.
    pub recipient_account_id: String,
    /// Absent for calls inside the region and over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_details: Option<TlsDetails>,
    /// Why the call was allowed or refused: not in CloudTrail, which keeps this to itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
}

impl ApiCall {
    /// CloudTrail's current record version.
    pub const EVENT_VERSION: &str = "1.11";
    /// The event type of a call by API.
    pub const EVENT_TYPE: &str = "AwsApiCall";

    /// Whether CloudTrail counts an operation of this name as a read.
    pub fn reads(operation: &str) -> bool {
        ["Get", "List", "Describe", "Head", "Lookup", "Filter", "Query", "Scan", "BatchGet", "Select"]
            .iter()
            .any(|verb| operation.starts_with(verb))
    }
}

/// Who called.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    /// `Root`, `IAMUser`, `AssumedRole`, `AWSService` or `Unknown`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `AIDA…`, `AROA…:session`, or the account for its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// As `sts:GetCallerIdentity` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// 12 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The key that signed: an id, no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// Name of an IAM user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The service that called, for `AWSService`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
}

/// The connection that a call came over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsDetails {
    /// `TLSv1.3`.
    pub tls_version: String,
    /// `TLS_AES_128_GCM_SHA256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cipher_suite: Option<String>,
    /// The `Host` that the client asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_provided_host_header: Option<String>,
}

/// The decision on a call and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// Whether the call went through.
    pub allowed: bool,
    /// Statements that decided, named as policy and statement id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// What could not be evaluated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}
