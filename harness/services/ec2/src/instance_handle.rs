//! An instance as its connections know it.

use std::sync::Arc;

use nightproof_core::Region;

use crate::ec2::Ec2;

/// One instance, with the account, service and region that it belongs to.
pub(crate) struct InstanceHandle {
    pub(crate) region: Region,
    pub(crate) ec2: Arc<Ec2>,
    pub(crate) account: String,
    /// `i-…`
    pub(crate) id: String,
}
