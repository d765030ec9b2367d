//! User data. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightproof_core::service::AwsError;

use crate::error::invalid_parameter;

/// User data is base64 of at most 16 KB. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, AwsError> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let decoded = STANDARD.decode(compact).map_err(|_| invalid_parameter("Invalid BASE64 encoding of user data."))?;
    if decoded.len() > 16 * 1024 {
        return Err(invalid_parameter("User data is limited to 16384 bytes"));
    }
    Ok(decoded)
}
