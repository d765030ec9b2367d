//! What a machine stands for.

/// What a machine stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An EC2 instance.
    Instance,
    /// A Lambda execution environment.
    Function,
}
