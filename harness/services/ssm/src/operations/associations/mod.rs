//! Operations on associations of documents with nodes.
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-associations.html>

pub(crate) mod agent;
pub(crate) mod change;
pub(crate) mod executions;
pub(crate) mod query;
