//! Tests of the region with real machines and real clients.

mod machine;
