//! What a sandbox sees of the host.

use std::path::PathBuf;

/// What a machine sees of the host: outside and inside path.
pub(super) type Binds = Vec<(PathBuf, String)>;
