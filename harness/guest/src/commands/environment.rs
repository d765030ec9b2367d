//! What a command finds in its machine.

use std::ffi::OsString;

use nightproof_machine_image::Platform;

/// What this machine stands in for.
pub(crate) fn platform() -> Option<&'static Platform> {
    crate::task::read().ok()?.platform.and_then(|platform| Platform::by_key(&platform.key))
}

/// What every program of a machine has in its environment, whatever else it is stripped of: where the region's certificate is.
pub(super) fn certificates() -> impl Iterator<Item = (OsString, OsString)> {
    const NAMES: [&str; 3] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"];
    std::env::vars_os().filter(|(name, _)| NAMES.iter().any(|kept| name == kept))
}
