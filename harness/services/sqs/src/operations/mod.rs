//! The operations, by what they are about.

pub(crate) mod batches;
pub(crate) mod messages;
pub(crate) mod move_tasks;
pub(crate) mod permissions;
pub(crate) mod queues;
pub(crate) mod receive;
pub(crate) mod send;
