//! The resource types of CloudFormation that this service has.
#![expect(clippy::indexing_slicing, reason = "members of JSON objects that were just made are assigned by name")]

mod bucket;
mod bucket_policy;
mod bucket_property;
mod property_form;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&bucket::Bucket, &bucket_policy::BucketPolicy]
}
