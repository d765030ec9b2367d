//! What clients send, read back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod captured;
mod signed;
