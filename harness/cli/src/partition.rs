//! Which drills of a suite run here, as nextest names it: `hash:1/4`.

use std::fmt;
use std::str::FromStr;

/// One of several parts of a suite. A drill is in the same part wherever it is asked, whatever other drills there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partition {
    part: u64,
    of: u64,
}

impl Partition {
    /// Whether a drill of this name is in the part.
    pub(crate) fn has(self, name: &str) -> bool {
        hash(name) % self.of == self.part - 1
    }
}

/// FNV-1a, which is the same in each version of Rust and on each machine: <http://www.isthe.com/chongo/tech/comp/fnv/>. Its high bits are folded in,
/// as the lowest bit of it alone is the parity of the name's bytes.
fn hash(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    fnv ^ (fnv >> 32)
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("hash:").and_then(|parts| parts.split_once('/'));
        let numbers = parts.and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if part >= 1 && part <= of => Ok(Self { part, of }),
            _ => Err("expected hash:PART/OF, such as hash:1/4".to_owned()),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.part, self.of)
    }
}
