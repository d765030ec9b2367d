//! Kinds of scalars.

/// The number that stands for a scalar's type in the data file.
pub(crate) const TEXT: u64 = 1;
pub(crate) const INTEGER: u64 = 2;
pub(crate) const NUMBER: u64 = 3;
pub(crate) const BOOLEAN: u64 = 4;

/// What kind of scalar a property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// A text, any or one of a list.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}
