//! What clients send, read back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod captured;
mod hostile;
mod signed;
