//! Revision ids.

pub(crate) fn revision() -> String {
    uuid::Uuid::new_v4().to_string()
}
