//! Any datagram gets a reply that is one, or none.
#![no_main]
#![allow(dead_code, reason = "a module of another crate, of which this uses a part")]

// The guest's own module, which no other crate sees.
#[path = "../../guest/src/name_service.rs"]
mod name_service;

use hickory_proto::op::{Message, MessageType};
use libfuzzer_sys::fuzz_target;

/// What the module takes from its crate.
mod network {
    pub(crate) const ENDPOINTS: std::net::Ipv4Addr = std::net::Ipv4Addr::new(198, 18, 0, 1);
}

fuzz_target!(|query: &[u8]| {
    let Some(reply) = name_service::answer(query) else { return };
    let reply = Message::from_vec(&reply).expect("a message");
    assert_eq!(reply.metadata.message_type, MessageType::Response);
    assert!(reply.answers.len() <= 1);
});
