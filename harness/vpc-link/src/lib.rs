//! What instances and functions in a VPC reach of AWS: EC2 decides it by its records, and whoever carries their connections follows it.

mod uplink_stream;

use nightproof_core::per_instance::PerInstance;
use nightproof_machine_protocol::link::Link;

pub use uplink_stream::{UplinkStream, carry};

/// The link of each instance, by its id, and of each network interface of functions, by that of the interface. What nobody has decided about is open.
pub type Links = PerInstance<Link>;

/// Links of which none is decided about.
pub fn open() -> Links {
    Links::new(Link::OPEN)
}
