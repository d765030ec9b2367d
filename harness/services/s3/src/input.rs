//! Inputs of operations, which are made of parts that several of them have.

use nightproof_core::operation;
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The input of an operation.
pub(crate) trait Input: Sized {
    /// Reads a document, which has been validated against the model. Beside the input are the paths of the members that each part lacks.
    ///
    /// # Errors
    /// The document does not fit.
    fn from_document(document: &Value) -> Result<(Self, Vec<Vec<String>>), serde_json::Error>;
}

/// Defines the inputs of operations: parts, behind a bar those that need no action, and behind the semicolon an operation's own members.
macro_rules! inputs {
    ($($(#[$meta:meta])* $name:ident {
        $($part:ident: $kind:ty),* $(| $($ignored:ty),+)?;
        $($(#[$attribute:meta])* $field:ident: $type:ty),* $(,)?
    })+) => {$(
        $(#[$meta])*
        #[derive(Debug)]
        pub(crate) struct $name {
            $(pub(crate) $part: $kind,)*
            $(pub(crate) $field: $type,)*
        }

        impl $crate::input::Input for $name {
            fn from_document(
                document: &serde_json::Value,
            ) -> Result<(Self, Vec<Vec<String>>), serde_json::Error> {
                #[derive(Debug, Default, serde::Deserialize)]
                #[serde(rename_all = "PascalCase", default)]
                struct Own {
                    $($(#[$attribute])* $field: $type,)*
                }
                let mut unread = Vec::new();
                $($($crate::input::read_part::<$ignored>(document, &mut unread)?;)+)?
                let Own { $($field),* } = $crate::input::read_part(document, &mut unread)?;
                let input = Self { $($part: $crate::input::read_part(document, &mut unread)?,)* $($field,)* };
                Ok((input, unread))
            }
        }
    )+};
}

/// Reads a part of a document, and adds the paths of the members that it lacks.
pub(crate) fn read_part<T: DeserializeOwned>(document: &Value, unread: &mut Vec<Vec<String>>) -> Result<T, serde_json::Error> {
    let (part, lacking) = operation::split(document)?;
    unread.push(lacking);
    Ok(part)
}

/// Reads a part of a document, whatever else is in it.
///
/// # Errors
/// `SerializationException` if it does not fit.
pub(crate) fn part<T: DeserializeOwned>(document: &Value) -> Result<T, AwsError> {
    operation::split(document).map(|(part, _)| part).map_err(|error| mismatch(&error))
}

/// Reads an operation's input.
///
/// # Errors
/// [`AwsError::not_implemented`] with the paths of all members that no part has.
pub(crate) fn read<T: Input>(operation: &str, document: &Value) -> Result<T, AwsError> {
    let (input, unread) = T::from_document(document).map_err(|error| mismatch(&error))?;
    let unread = by_none(&unread);
    if unread.is_empty() {
        return Ok(input);
    }
    Err(AwsError::not_implemented("s3", &format!("{operation} with {}", unread.join(", "))))
}

/// The paths of the members that no part of an input has, for [`operation::unread_members`].
///
/// # Errors
/// The document does not fit.
pub(crate) fn unread<T: Input>(document: Value) -> Result<Vec<String>, serde_json::Error> {
    T::from_document(&document).map(|(_, unread)| by_none(&unread))
}

/// The paths that each part lacks: by themselves, or with what they are in.
fn by_none(parts: &[Vec<String>]) -> Vec<String> {
    let lacks = |part: &Vec<String>, path: &str| {
        part.iter()
            .any(|lacking| path.strip_prefix(lacking.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    let mut unread: Vec<String> =
        parts.iter().flatten().filter(|path| parts.iter().all(|part| lacks(part, path))).cloned().collect();
    unread.sort();
    unread.dedup();
    unread
}

fn mismatch(error: &serde_json::Error) -> AwsError {
    AwsError::new("SerializationException", 400, error.to_string())
}

/// A string, where an empty one is as good as none: so S3 reads most headers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text(Option<String>);

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl Text {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    /// Whether it is there, be it empty.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn or_empty(&self) -> &str {
        self.get().unwrap_or_default()
    }

    pub(crate) fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

/// The bucket of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OnBucket {
    /// Its name.
    #[serde(default)]
    pub(crate) bucket: String,
    /// The account that the client takes for its owner.
    pub(crate) expected_bucket_owner: Option<String>,
    #[expect(dead_code, reason = "who pays is decided on before each operation")]
    request_payer: Option<String>,
}

impl OnBucket {
    pub(crate) fn new(bucket: &str, expected_bucket_owner: Option<String>) -> Self {
        Self { bucket: bucket.to_owned(), expected_bucket_owner, request_payer: None }
    }
}

/// How a document is digested on its way.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DocumentDigest {
    #[expect(dead_code, reason = "the signature covers the document, and what was read of it is whole")]
    #[serde(rename = "ContentMD5")]
    content_md5: Option<String>,
    #[expect(dead_code, reason = "as above")]
    checksum_algorithm: Option<String>,
}

/// The device of who deletes, or changes how versions are kept.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct NoMfa {
    #[expect(dead_code, reason = "no bucket has MFA delete, without which S3 does not look at it")]
    #[serde(rename = "MFA")]
    device: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    pub(crate) struct Inner {
        known: Option<String>,
    }

    inputs! {
        /// An operation of the tests.
        Example {
        on: OnBucket;
            inner: Option<Inner>,
        }
    }

    #[test]
    fn a_member_that_no_part_has_is_refused_by_its_path() {
        let document = json!({"Bucket": "b", "Inner": {"Known": "k", "Other": 1}, "More": 2});
        let error = read::<Example>("Example", &document).expect_err("refused");
        assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
        assert!(error.message.contains("Example with Inner.Other, More"), "{error}");
        let read: Example = read("Example", &json!({"Bucket": "b", "Inner": {"Known": "k"}})).expect("read");
        assert_eq!((read.on.bucket.as_str(), read.inner.and_then(|inner| inner.known).as_deref()), ("b", Some("k")));
    }
}
