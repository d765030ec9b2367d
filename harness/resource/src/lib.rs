//! CloudFormation's resource types: the trait that a service implements for each of its types, and what the implementations stand on. The
//! engine knows types by this trait alone.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

mod context;
mod document;
mod facts;
mod made;
mod provider;
mod reading;
mod tags;

pub use context::{Context, Deployment, ResourceRecord, ResourceSignal, reason};
pub use document::{changed, pick, policy, text, texts};
pub use facts::ResourceFacts;
pub use made::MadeResource;
pub use provider::{ResourceProvider, TemplateValue};
pub use reading::{Reading, Unread, capitalized, document, items, members};
pub use tags::{TagChange, tag_list, tag_map, tag_pairs};

/// The error is the reason of the resource's status, as `ResourceStatusReason` has it.
pub type Result<T> = std::result::Result<T, String>;
