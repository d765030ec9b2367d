//! What a machine of either kind is, once it was started.

use std::pin::Pin;

use tokio::io::AsyncRead;

/// A machine that was started, whatever it is made of.
pub(super) struct Started {
    /// Standard output and standard error of all that runs in it.
    pub(super) output: Vec<Box<dyn AsyncRead + Send + Unpin>>,
    /// Resolves when nothing of it is left, with the exit code of its first process; ends the machine when the token that it was started
    /// with is cancelled.
    pub(super) ended: Pin<Box<dyn Future<Output = i32> + Send>>,
}
