//! The service `dynamodb`: tables with indexes, items with all of their expressions, transactions, streams, backups on demand and
//! point-in-time recovery. The members of old (`Expected`, `KeyConditions`, …), PartiQL, exports and global tables are not implemented.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html>

mod access;
mod attribute;
mod authorization;
mod backup;
mod capacity;
mod decimal;
mod encryption;
mod error;
mod expression;
mod index;
mod operations;
mod point_in_time;
mod records;
mod resources;
mod schema;
mod service;
mod stream;
mod table;
mod table_name;
#[cfg(test)]
mod tests;
mod throughput;
mod write;

pub use records::{DynamoDb, DynamoDbStreams};
pub use resources::resource_types;
