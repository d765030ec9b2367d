//! What the API has of the region.

use std::sync::Arc;

use nightproof_core::{Caller, Region};
use nightproof_faults::Faults;
use nightproof_machine::Machines;
use nightproof_region::embedded::{Embedded, Trigger};
use tokio::sync::watch;

/// Handles of a running region.
pub(crate) struct Handles {
    pub(crate) region: Region,
    pub(crate) faults: Arc<Faults>,
    pub(crate) trigger: Trigger,
    pub(crate) machines: Machines,
    /// As whom calls of AWS's API are made.
    pub(crate) operator: Caller,
    /// Where any AWS client finds the region.
    pub(crate) endpoint_url: String,
    /// How many records the journal has had since they were taken.
    pub(crate) recorded: watch::Receiver<u64>,
}

impl Handles {
    /// Those of `embedded`.
    pub(crate) fn of(embedded: &Embedded, operator: Caller) -> Self {
        let (counter, recorded) = watch::channel(0);
        embedded.region.journal().subscribe(move |record| {
            counter.send_replace(record.sequence + 1);
        });
        Self {
            region: embedded.region.clone(),
            faults: Arc::clone(&embedded.faults),
            trigger: embedded.trigger(),
            machines: embedded.machines.clone(),
            operator,
            endpoint_url: embedded.endpoint_url.clone(),
            recorded,
        }
    }
}
