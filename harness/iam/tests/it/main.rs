//! The evaluator from outside.

mod stack;
