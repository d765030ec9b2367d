//! Verification of Signature Version 4, by header and presigned, and of S3's chunked bodies; and presigned addresses. Pure: secret and time are arguments.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>

mod canonical;
mod chunked;
mod claim;
mod presign;
mod verify;
mod version2;

pub use chunked::ChunkedDecoder;
pub(crate) use claim::form_claim;
pub use claim::{Claim, Payload, Version, claim};
pub use presign::Presigned;
pub use verify::{Seed, hmac, sha256_hex, verify, verify_form};
