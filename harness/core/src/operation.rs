//! Operations with typed inputs: a member that a service's struct does not have is refused by its name.
//!
//! An operation is a method of its service with a struct beside it, which has a field for each input member that is acted upon. A member
//! that AWS's model has and the struct lacks is refused as [`AwsError::not_implemented`], so that nothing is ignored in silence. (The compiler
//! checks that a field is acted upon: a field that nobody reads is dead code.) `serde(deny_unknown_fields)` would do the first
//! half for each struct that carries it; reading through `serde_ignored` does it at any depth, and with the member's path.

use nightproof_wire::{AwsError, service};
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde_ignored::Path;
use serde_json::Value;

/// An operation by its name in the model, and [`unread`] of its struct.
pub type Input = (&'static str, fn(Value) -> Result<Vec<String>, serde_json::Error>);

/// Reads an operation's input, which has been validated against the model.
///
/// # Errors
/// [`AwsError::not_implemented`] with the paths of all members that `T` does not have (`Entries.0.MessageGroupId`);
/// `SerializationException` if a member has another type than its field: the wire's documents have the model's types, but a document made
/// inside of the region may not. That `T` itself has the model's types is for [`unread_members`] to see, in tests.
pub fn read<T: DeserializeOwned>(service: &str, operation: &str, input: Value) -> Result<T, AwsError> {
    refusal(service, operation, split(input))
}

/// What was read, unless something was left over.
fn refusal<T>(service: &str, operation: &str, split: Result<(T, Vec<String>), serde_json::Error>) -> Result<T, AwsError> {
    match split {
        Ok((input, unread)) if unread.is_empty() => Ok(input),
        Ok((_, unread)) => Err(AwsError::not_implemented(service, &format!("{operation} with {}", unread.join(", ")))),
        Err(error) => Err(AwsError::new("SerializationException", 400, format!("{operation}: {error}"))),
    }
}

/// The paths of a document's members that `T` does not have.
///
/// # Errors
/// `T` does not fit the document.
pub fn unread<T: DeserializeOwned>(input: Value) -> Result<Vec<String>, serde_json::Error> {
    split::<T>(input).map(|(_, unread)| unread)
}

/// What `T` has of a document, and the paths of the rest.
///
/// # Errors
/// `T` does not fit the document.
pub fn split<'d, T: DeserializeOwned>(
    input: impl Deserializer<'d, Error = serde_json::Error>,
) -> Result<(T, Vec<String>), serde_json::Error> {
    let mut unread = Vec::new();
    // An optional member's path has a step of its own, `?`.
    let mut note = |path: Path<'_>| unread.push(path.to_string().replace(".?", ""));
    // By a type that is the same for all `T`: what reads a struct is then compiled once, and not again for each struct around it.
    let mut note: &mut dyn FnMut(Path<'_>) = &mut note;
    let read = T::deserialize(serde_ignored::Deserializer::new(input, &mut note))?;
    Ok((read, unread))
}

/// Refuses what the structs of `inputs` do not have, for a service that hands documents on: a store elsewhere may ignore it.
///
/// # Errors
/// As [`read`], and for an operation that is not among `inputs`.
pub fn check(service: &str, inputs: &[Input], operation: &str, input: &Value) -> Result<(), AwsError> {
    let Some((_, unread)) = inputs.iter().find(|(known, _)| *known == operation) else {
        return Err(AwsError::not_implemented(service, operation));
    };
    refusal(service, operation, unread(input.clone()).map(|unread| ((), unread)))
}

/// Lists a service's operations, each with its method and the permissions that it requires:
/// `CreateQueue => create_queue: ["= {QueueName}"]`, `.await` behind an asynchronous method. What stands in parentheses behind a method are
/// its further arguments: `CreateVpc => change(vpcs::create): ["="]` for a function of the records. The struct of an operation's input
/// has the operation's name; [`Service::permissions`](crate::service::Service::permissions) has the notation of permissions. Makes
/// `dispatch`, and the constants `PERMISSIONS`, for that method, and `INPUTS`, for [`unread_members`].
#[macro_export]
macro_rules! operations {
    (
        $signing_name:literal, $service:ty:
        $($operation:ident => $method:ident $(($($argument:expr),+))? $(.$await:tt)?: [$($permission:literal),+ $(,)?]),+ $(,)?
    ) => {
        impl $service {
            /// The operations that are written.
            pub const INPUTS: &'static [$crate::operation::Input] = &[
                $((stringify!($operation), $crate::operation::unread::<$operation>)),+
            ];

            /// The permissions that each operation requires, a line for each.
            pub const PERMISSIONS: &'static str =
                concat!($($(stringify!($operation), " ", $permission, "\n"),+),+);

            /// Calls the method of the operation of this name.
            async fn dispatch(
                &self,
                call: &$crate::service::Call,
                operation: &str,
                input: serde_json::Value,
            ) -> Result<serde_json::Value, $crate::service::AwsError> {
                match operation {
                    $(stringify!($operation) => {
                        let input: $operation = $crate::operation::read($signing_name, stringify!($operation), input)?;
                        self.$method(call, input $($(, $argument)+)?)$(.$await)?
                    })+
                    other => Err($crate::service::AwsError::not_implemented($signing_name, other)),
                }
            }
        }
    };
}

/// Returns every operation and input member of a service's model that is refused as not implemented: `CreateQueue.tags`, or `AddPermission`
/// for a whole operation. For tests, which compare the list with a reviewed one.
///
/// # Errors
/// A struct that does not fit the model.
pub fn unread_members(signing_name: &str, inputs: &[Input]) -> Result<Vec<String>, String> {
    let model = service(signing_name).ok_or_else(|| format!("no model of {signing_name}"))?;
    if let Some((unknown, _)) = inputs.iter().find(|(name, _)| model.operation(name).is_none_or(|found| !found.served())) {
        return Err(format!("{unknown} is no operation of {signing_name} that the region serves"));
    }
    let mut unread = Vec::new();
    for operation in model.operations().filter(|operation| operation.served()) {
        let name = operation.name();
        let Some((_, read)) = inputs.iter().find(|(known, _)| *known == name) else {
            unread.push(name.to_owned());
            continue;
        };
        for sample in model.samples(operation) {
            match read(sample.document) {
                // Members that are required beside it are lines of their own.
                Ok(paths) if paths.contains(&sample.path) => unread.push(format!("{name}.{}", sample.path)),
                Ok(_) => {}
                Err(error) => return Err(format!("{name}.{}: {error}", sample.path)),
            }
        }
    }
    unread.sort();
    Ok(unread)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Entry {
        id: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct DeleteMessageBatch {
        queue_url: String,
        entries: Vec<Entry>,
        #[serde(default)]
        more: BTreeMap<String, Entry>,
    }

    #[test]
    fn members_that_nobody_reads_are_refused_by_their_paths() {
        let document = json!({"QueueUrl": "u", "Entries": [{"Id": "a"}, {"Id": "b", "ReceiptHandle": "r"}], "More": {"k": {"Id": "c", "X": 1}}});
        let error = read::<DeleteMessageBatch>("sqs", "DeleteMessageBatch", document).expect_err("refused");
        assert_eq!((error.code.as_str(), error.status), ("NotImplemented", 501));
        assert!(error.message.contains("DeleteMessageBatch with Entries.1.ReceiptHandle, More.k.X"), "{error}");
    }

    #[test]
    fn an_input_that_is_read_whole_is_taken() {
        let read: DeleteMessageBatch =
            read("sqs", "DeleteMessageBatch", json!({"QueueUrl": "u", "Entries": [{"Id": "a"}]})).expect("taken");
        assert_eq!((read.queue_url.as_str(), read.entries.first().map(|entry| entry.id.as_str())), ("u", Some("a")));
        assert!(read.more.is_empty());
    }

    #[test]
    fn a_struct_that_does_not_fit_the_model_is_found() {
        let inputs: &[Input] = &[("DeleteMessageBatch", super::unread::<DeleteMessageBatch>)];
        let unread = unread_members("sqs", inputs).expect("it fits");
        assert!(unread.contains(&"DeleteMessageBatch.Entries.0.ReceiptHandle".to_owned()), "{unread:?}");
        assert!(unread.contains(&"CreateQueue".to_owned()) && !unread.contains(&"DeleteMessageBatch.QueueUrl".to_owned()));
        let wrong: &[Input] = &[("SendMessage", super::unread::<DeleteMessageBatch>)];
        unread_members("sqs", wrong).expect_err("SendMessage has no entries");
    }
}
