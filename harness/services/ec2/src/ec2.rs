//! The service's state: an account's records, and the machines of its instances.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use nightproof_core::Region;
use nightproof_core::credentials::random_string;
use nightproof_core::service::AwsError;
use nightproof_vpc_link::Links;
use parking_lot::{Mutex, MutexGuard};

use crate::boot::{Booter, Running};
use crate::default_vpc;
use crate::imds::Sessions;
use crate::instance_timers::InstanceTimers;
use crate::records::{Instance, Records};

/// The service.
pub struct Ec2 {
    pub(crate) this: Weak<Self>,
    pub(crate) booter: Arc<dyn Booter>,
    pub(crate) accounts: Mutex<HashMap<String, Records>>,
    machines: Mutex<HashMap<String, Arc<dyn Running>>>,
    /// What machines that are gone had written to their consoles.
    consoles: Mutex<HashMap<String, Vec<u8>>>,
    pub(crate) metadata: Sessions,
    /// What identity documents are signed with.
    pub(crate) identity_key: String,
    /// What each instance, and each interface of functions, reaches of AWS.
    pub(crate) links: Arc<Links>,
    /// What instances start by their own clocks.
    pub(crate) timers: Arc<InstanceTimers>,
}

impl Ec2 {
    /// A service whose instances `booter` boots.
    pub fn new(booter: Arc<dyn Booter>) -> Arc<Self> {
        Self::with_shared(booter, Arc::default(), Arc::new(nightproof_vpc_link::open()))
    }

    /// As [`Ec2::new`], with the places where others ask what instances start by their own clocks, and what functions reach by a VPC.
    pub fn with_shared(booter: Arc<dyn Booter>, timers: Arc<InstanceTimers>, links: Arc<Links>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            booter,
            accounts: Mutex::default(),
            machines: Mutex::default(),
            consoles: Mutex::default(),
            metadata: Sessions::default(),
            identity_key: random_string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 64),
            links,
            timers,
        })
    }

    /// The service itself, for tasks that outlive a call.
    ///
    /// # Errors
    /// The region is going down.
    pub(crate) fn handle(&self) -> Result<Arc<Self>, AwsError> {
        self.this.upgrade().ok_or_else(|| AwsError::internal("the service is going down"))
    }

    /// Runs `work` on the records of an account, which come with a default VPC.
    pub(crate) fn with_records<T>(&self, region: &Region, account: &str, work: impl FnOnce(&mut Records) -> T) -> T {
        let mut accounts = self.accounts.lock();
        let records = accounts.entry(account.to_owned()).or_insert_with(|| {
            let mut records = Records::new(region.name(), account);
            records.unlisted_images = self.booter.unlisted_images();
            records.most_vcpus = self.booter.most_vcpus();
            default_vpc::add(&mut records);
            records
        });
        work(records)
    }

    pub(crate) fn with_instance<T>(
        &self,
        region: &Region,
        account: &str,
        id: &str,
        work: impl FnOnce(&mut Instance) -> T,
    ) -> Option<T> {
        self.with_records(region, account, |records| records.instances.get_mut(id).map(work))
    }

    pub(crate) fn machines(&self) -> MutexGuard<'_, HashMap<String, Arc<dyn Running>>> {
        self.machines.lock()
    }

    pub(crate) fn consoles(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.consoles.lock()
    }

    /// The address that calls of an instance come from: its public one where it has one.
    pub(crate) fn source_ip(&self, account: &str, id: &str) -> String {
        let accounts = self.accounts.lock();
        let instance = accounts.get(account).and_then(|records| records.instances.get(id));
        instance.map_or_else(String::new, |instance| instance.public_ip.unwrap_or(instance.private_ip).to_string())
    }

    /// How many hops the answer to an instance's request for a metadata token may take; one for an instance that is gone.
    pub(crate) fn metadata_hops(&self, account: &str, id: &str) -> u8 {
        let accounts = self.accounts.lock();
        let instance = accounts.get(account).and_then(|records| records.instances.get(id));
        instance.map_or(1, |instance| instance.metadata.hop_limit)
    }
}
