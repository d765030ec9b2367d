//! Instances that prove who they are by their identity document.

/// Is among the extensions of a request that an instance sent with its identity document: the instance's id.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceIdentity(pub String);
