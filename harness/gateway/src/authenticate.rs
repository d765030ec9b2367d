//! Who signs a request, by Signature Version 4.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use http::request::Parts;
use jiff::Timestamp;
use nightproof_core::credentials::{Credential, Credentials};
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Clock, Principal};
use nightproof_wire::sigv4::{self, Claim, Seed};

/// An authenticated request.
pub(super) struct Authenticated {
    /// Who it is.
    pub caller: Caller,
    /// What chunk signatures of a streamed payload continue from; `None` for anonymous requests.
    pub seed: Option<Seed>,
}

/// Resolves the claim of a request to a caller. `body_sha256` is the hash of a body that was read whole; a streamed one is
/// checked while it flows. Expiry is a matter of region time, the signature's age one of real time.
pub(super) fn authenticate(
    parts: &Parts,
    claim: Option<&Claim>,
    body_sha256: Option<&str>,
    credentials: &Credentials,
    account: &str,
    region_time: Timestamp,
) -> Result<Authenticated, AwsError> {
    let Some(claim) = claim else { return Ok(Authenticated { caller: anonymous(account), seed: None }) };
    let credential = credentials.find(&claim.access_key_id).ok_or_else(unknown_key)?;
    let seed = sigv4::verify(parts, claim, body_sha256, &credential.secret_access_key, Clock::real_now())?;
    check_session(&credential, claim, region_time)?;
    Ok(Authenticated { caller: credential.caller, seed: Some(seed) })
}

/// Who sends a request without a signature, or with one that cannot be resolved.
pub(super) fn anonymous(account: &str) -> Caller {
    Caller { account: account.to_owned(), principal: Principal::Anonymous, access_key_id: None, source_arn: None, via: None }
}

fn check_session(credential: &Credential, claim: &Claim, region_time: Timestamp) -> Result<(), AwsError> {
    if credential.session_token != claim.session_token {
        return Err(unknown_key());
    }
    match credential.expires {
        Some(expires) if expires <= region_time => {
            Err(AwsError::new("ExpiredToken", 400, "The security token included in the request is expired"))
        }
        _ => Ok(()),
    }
}

/// The codec renames it to what each protocol's services answer (`InvalidAccessKeyId`, `UnrecognizedClientException`).
fn unknown_key() -> AwsError {
    AwsError::new("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
}
