//! Shard iterators: where a reader stands, sealed, so that nobody makes one up.
//! <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use nightproof_core::service::AwsError;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::error::invalid_argument;
use crate::sequence_number::SequenceNumber;
use crate::shard::Position;
use crate::stream_name::StreamName;

/// How long one can be used, milliseconds.
const VALID: i64 = 300_000;
const NONCE: usize = 12;

/// A reader's position in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShardIterator {
    pub(crate) stream: StreamName,
    pub(crate) shard: String,
    pub(crate) position: Position,
    /// Region time.
    pub(crate) made: Timestamp,
}

/// The key that iterators are sealed with: each region its own.
pub(crate) struct Seal([u8; 16]);

impl Default for Seal {
    fn default() -> Self {
        Self(rand::random())
    }
}

impl Seal {
    fn key(&self) -> Result<LessSafeKey, AwsError> {
        let key = UnboundKey::new(&AES_128_GCM, &self.0).map_err(|_| AwsError::internal("no key for iterators"))?;
        Ok(LessSafeKey::new(key))
    }

    /// The text of an iterator, another one each time.
    pub(crate) fn close(&self, iterator: &ShardIterator) -> Result<String, AwsError> {
        let ShardIterator { stream, shard, position, made } = iterator;
        let kind = if position.inclusive { "at" } else { "after" };
        let StreamName { account, name } = stream;
        let text = format!("{account}/{name}/{shard}/{kind}/{}/{}", position.sequence_number, made.as_millisecond());
        let mut sealed = text.into_bytes();
        let nonce: [u8; NONCE] = rand::random();
        self.key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| AwsError::internal("an iterator could not be sealed"))?;
        Ok(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The iterator of a text. AWS ignores quotation marks around it.
    ///
    /// # Errors
    /// `InvalidArgumentException`
    pub(crate) fn open(&self, text: &str) -> Result<ShardIterator, AwsError> {
        self.opened(text.trim_matches('"')).ok_or_else(|| invalid_argument("Invalid ShardIterator."))
    }

    fn opened(&self, text: &str) -> Option<ShardIterator> {
        let mut bytes = STANDARD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.key().ok()?.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        let mut parts = std::str::from_utf8(opened).ok()?.split('/').map(str::to_owned);
        let stream = StreamName { account: parts.next()?, name: parts.next()? };
        let (shard, inclusive) = (parts.next()?, parts.next()? == "at");
        let position = Position { sequence_number: SequenceNumber::given(&parts.next()?), inclusive };
        let made = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        Some(ShardIterator { stream, shard, position, made })
    }
}

impl ShardIterator {
    /// # Errors
    /// `ExpiredIteratorException` five minutes after it was made.
    pub(crate) fn check_age(&self, now: Timestamp) -> Result<(), AwsError> {
        if now.as_millisecond() - self.made.as_millisecond() <= VALID {
            return Ok(());
        }
        let shown = |time: Timestamp| time.strftime("%a %b %d %H:%M:%S UTC %Y").to_string();
        let message = format!(
            "Iterator expired. The iterator was created at time {} while right now it is {} which is further in the future than the \
             tolerated delay of {VALID} milliseconds.",
            shown(self.made),
            shown(now)
        );
        Err(AwsError::new("ExpiredIteratorException", 400, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iterator() -> ShardIterator {
        let made = "2026-11-30T18:00:00Z".parse().unwrap();
        let position = Position { sequence_number: SequenceNumber::first(made, 0), inclusive: false };
        let stream = StreamName { account: "111122223333".to_owned(), name: "s".repeat(128) };
        ShardIterator { stream, shard: "shardId-000000000000".to_owned(), position, made }
    }

    #[test]
    fn an_iterator_goes_round_and_is_another_text_each_time() {
        let seal = Seal::default();
        let (one, other) = (seal.close(&iterator()).unwrap(), seal.close(&iterator()).unwrap());
        assert_ne!(one, other);
        assert!(one.len() <= 512, "{}", one.len());
        assert_eq!(seal.open(&one).unwrap(), iterator());
        assert_eq!(seal.open(&format!("\"{other}\"")).unwrap(), iterator());
    }

    #[test]
    fn what_was_made_up_is_no_iterator() {
        let seal = Seal::default();
        let other = Seal::default().close(&iterator()).unwrap();
        for text in ["", "AAAA", "no base64", &other] {
            assert_eq!(seal.open(text).unwrap_err().message, "Invalid ShardIterator.", "{text}");
        }
    }
}
