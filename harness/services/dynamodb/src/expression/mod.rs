//! The language of expressions: conditions, filters, projections, updates and conditions on keys, parsed and evaluated over items.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

mod condition;
mod key_condition;
mod lexer;
mod operand;
mod parser;
mod path;
mod placeholders;
mod projection;
mod reserved;
mod update;

pub(crate) use condition::Condition;
pub(crate) use key_condition::{KeyCondition, SortCondition};
pub(crate) use path::Path;
pub(crate) use placeholders::Placeholders;
pub(crate) use projection::Projection;
pub(crate) use update::Update;
