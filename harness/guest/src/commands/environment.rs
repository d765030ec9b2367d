//! What a command finds in its machine.

use std::ffi::OsString;

use nightproof_machine_image::Platform;

/// What this machine stands in for.
pub(crate) fn platform() -> Option<&'static Platform> {
    crate::task::read().ok()?.platform.and_then(|platform| Platform::by_key(&platform.key))
}

/// Whether the files of this machine are its image's own, and not the host's.
pub(super) fn has_own_files() -> bool {
    crate::task::read().ok().and_then(|task| task.platform).is_some_and(|platform| platform.rootfs)
}

/// What every program of a machine has in its environment, whatever else it is stripped of: where the region's certificate is.
pub(super) fn certificates() -> impl Iterator<Item = (OsString, OsString)> {
    const NAMES: [&str; 3] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"];
    std::env::vars_os().filter(|(name, _)| NAMES.iter().any(|kept| name == kept))
}
