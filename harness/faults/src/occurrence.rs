//! Which of the calls that match a rule are struck.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Which of the calls that match a rule are struck, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Occurrence {
    /// All of them.
    #[default]
    Always,
    /// This one alone.
    Nth(u64),
    /// The first so many.
    First(u64),
    /// All after the first so many.
    After(u64),
    /// Those of the first so many seconds since the first one: what AWS does not know yet everywhere.
    For(f64),
    /// Every so-manieth.
    Every(u64),
    /// Each by chance; the same seed strikes the same ones.
    Random {
        /// From 0 to 1.
        probability: f64,
        /// Any number.
        seed: u64,
    },
}

impl Occurrence {
    /// Whether the call with this number strikes, so long after the first one.
    pub(super) fn strikes(&self, number: u64, since: Duration) -> bool {
        match *self {
            Self::Always => true,
            Self::Nth(wanted) => number == wanted,
            Self::First(last) => number <= last,
            Self::After(last) => number > last,
            Self::For(seconds) => since.as_secs_f64() < seconds,
            Self::Every(step) => step > 0 && number.is_multiple_of(step),
            Self::Random { probability, seed } => chance(seed, number) < probability,
        }
    }
}

/// A number from 0 to 1 that depends on both arguments and nothing else.
fn chance(seed: u64, number: u64) -> f64 {
    let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(number.to_be_bytes()).finalize();
    let bits = digest.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(occurrence: &Occurrence) -> Vec<u64> {
        (1..=6).filter(|number| occurrence.strikes(*number, Duration::from_secs(*number))).collect()
    }

    #[test]
    fn each_form_strikes_its_calls() {
        assert_eq!(struck(&Occurrence::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(struck(&Occurrence::Nth(2)), [2]);
        assert_eq!(struck(&Occurrence::First(2)), [1, 2]);
        assert_eq!(struck(&Occurrence::After(4)), [5, 6]);
        assert_eq!(struck(&Occurrence::For(2.5)), [1, 2]);
        assert_eq!(struck(&Occurrence::Every(3)), [3, 6]);
        assert!(struck(&Occurrence::Every(0)).is_empty());
    }

    #[test]
    fn chance_is_as_likely_as_it_says_and_the_same_for_a_seed() {
        let all = |seed| {
            (1..=10_000).filter(move |number| Occurrence::Random { probability: 0.3, seed }.strikes(*number, Duration::ZERO))
        };
        assert!((2800..3200).contains(&all(7).count()), "{}", all(7).count());
        assert!(all(7).eq(all(7)) && !all(7).eq(all(8)));
    }
}
