//! What AWS ships in its images and PyPI ships to us: the AWS CLI for instances; boto3 and the Lambda runtime client for functions; the SAM translator
//! for templates.

mod install;
mod python;

pub(crate) use install::to_its_end;
pub use install::{Tools, ToolsError, ensure};
pub(crate) use install::{cache_folder, lock};
pub use python::Python;
