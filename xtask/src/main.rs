//! CI steps.
fn main() {}
