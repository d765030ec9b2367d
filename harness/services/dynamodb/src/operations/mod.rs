//! The operations, by what they are about.

pub(crate) mod backups;
pub(crate) mod batches;
pub(crate) mod continuous_backups;
pub(crate) mod items;
pub(crate) mod limits;
pub(crate) mod queries;
pub(crate) mod restores;
pub(crate) mod streams;
pub(crate) mod table_update;
pub(crate) mod tables;
pub(crate) mod tags;
pub(crate) mod time_to_live;
pub(crate) mod transactions;
