//! URLs and ARNs of queues.

use nightproof_core::service::{AwsError, Call};

/// Account and name in `https://sqs.<region>.amazonaws.com/<account>/<name>`; the host may be any that the region is reached by.
pub(crate) fn address(url: &str) -> Result<(&str, &str), AwsError> {
    let mut parts = url.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(name), Some(account))
            if !name.is_empty() && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Ok((account, name))
        }
        _ => Err(AwsError::new("InvalidAddress", 404, format!("The address {url} is not valid for this endpoint."))),
    }
}

/// Whether a `QueueUrl` is no URL but a queue's name.
pub(crate) fn is_name(url: &str) -> bool {
    !url.is_empty() && !url.contains(['/', ':'])
}

pub(crate) fn url(call: &Call, account: &str, name: &str) -> String {
    format!("https://sqs.{}.amazonaws.com/{account}/{name}", call.region.name())
}

pub(crate) fn arn(call: &Call, name: &str) -> String {
    call.arn("sqs", name)
}

/// Account and name in a queue's ARN.
pub(crate) fn owner_and_name(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(4);
    Some((parts.next()?, parts.next()?))
}
