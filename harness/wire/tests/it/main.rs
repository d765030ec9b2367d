//! What clients send, read back.
mod captured;
mod signed;
