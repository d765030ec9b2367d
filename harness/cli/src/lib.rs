//! The `firedrill` command.
