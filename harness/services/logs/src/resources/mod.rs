//! The resource types of CloudFormation that this service has.

mod log_group;
mod log_stream;
mod metric_filter;
mod resource_policy;

use nightproof_resource::ResourceProvider;

/// All of them.
pub fn resource_types() -> &'static [&'static dyn ResourceProvider] {
    &[&log_group::LogGroup, &log_stream::LogStream, &metric_filter::MetricFilter, &resource_policy::ResourcePolicy]
}
