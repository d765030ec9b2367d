//! The instance metadata service, as a program in the instance finds it at 169.254.169.254.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

mod access;
mod credentials;
mod identify;
mod identity;
mod page;
mod server;
mod session;
mod tree;

pub(crate) use identify::identify;
pub(crate) use server::serve;
pub(crate) use session::Sessions;
