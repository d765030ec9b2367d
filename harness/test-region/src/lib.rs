//! The region of a unit test: one handle and its gateway, without policies, faults or machines. Services are installed by the test.

mod resource;

use std::path::PathBuf;
use std::sync::Arc;

use nightproof_core::{Region, Settings};
use nightproof_faults::Faults;
use nightproof_gateway::LayerStack;

pub use resource::resource_context;

/// A region in us-east-1 of `account`, with its files in `folder`.
pub fn region(account: &str, folder: impl Into<PathBuf>) -> Region {
    with_faults(account, folder, &Arc::default())
}

/// The same, in which `faults` strike.
pub fn with_faults(account: &str, folder: impl Into<PathBuf>, faults: &Arc<Faults>) -> Region {
    let settings = Settings { region: "us-east-1".to_owned(), account: account.to_owned(), folder: folder.into() };
    let region = Region::new(settings);
    region.set_gateway(LayerStack::new(None, Arc::clone(faults)));
    region
}
