//! Calls that AWS allows whatever policies say.

use crate::request::{PrincipalKind, Request};

/// `sts:GetCallerIdentity` and `sts:GetSessionToken` need no permission and cannot be denied to a caller with credentials, and the root
/// user of the account that owns a bucket can always read, replace and delete its policy.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>
pub(crate) fn is_exempt(request: &Request<'_>, owner: &str) -> bool {
    let is = |action: &str| request.action.eq_ignore_ascii_case(action);
    match request.principal.kind {
        PrincipalKind::Anonymous | PrincipalKind::Service => false,
        PrincipalKind::Root
            if request.principal.account == owner
                && ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"].into_iter().any(is) =>
        {
            true
        }
        _ => is("sts:GetCallerIdentity") || is("sts:GetSessionToken"),
    }
}
