//! Stacks in a region without machines: instances boot nothing.

mod change_set;
mod create;
mod delete;
mod tags;
mod update;
mod update_rollback;
mod world;
