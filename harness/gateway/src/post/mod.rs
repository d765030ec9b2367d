//! S3's POST of an object by a browser form: the form becomes the PutObject that it stands for.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

mod answer;
mod form;
mod policy;
mod size;

pub(crate) use answer::PostAnswer;
pub(crate) use form::{Form, is_form};
pub(crate) use policy::Policy;
pub(crate) use size::within;
