//! Fixtures of [rstest](https://docs.rs/rstest): what a test takes as an argument, made for it alone. docs/library.md shows them.

#![expect(clippy::expect_used, reason = "a fixture cannot return an error to the test")]

use nightproof::{Drill, Region};
use rstest::fixture;

/// A running region: `#[future(awt)] region: Region`.
///
/// # Panics
/// This machine lacks something that a region needs, which is printed with its remedy.
#[fixture]
pub async fn region() -> Region {
    Region::start().await.expect("a local region")
}

/// A drill of the stack that comes with nightproof, to be changed and run.
#[fixture]
pub fn bundled() -> Drill {
    Drill::bundled()
}
