//! Who is shown what a stack would make and what becomes of it.

use async_trait::async_trait;

/// One resource that a change set would touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`.
    pub action: String,
    /// Its id in the template.
    pub logical_id: String,
    /// `AWS::S3::Bucket`
    pub kind: String,
}

/// Shows somebody what a stack would make, and says whether it may.
#[async_trait]
pub trait Review: Send + Sync + std::fmt::Debug {
    /// Whether `changes` may be made.
    async fn approve(&self, stack: &str, changes: &[Change]) -> bool;
    /// Notification of each event of the stack as it comes.
    fn follow(&self, event: &ResourceEvent);
}

/// What became of a resource of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceEvent {
    /// The event's own id.
    pub id: String,
    /// The resource's id in the template.
    pub logical_id: String,
    /// `AWS::S3::Bucket`
    pub kind: String,
    /// `CREATE_COMPLETE`
    pub status: String,
    /// Why, if AWS says so.
    pub reason: Option<String>,
}
