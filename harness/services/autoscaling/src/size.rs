//! The sizes of a group.

use nightproof_core::service::AwsError;

use crate::error::validation;

/// How many instances there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) desired: i64,
}

impl Size {
    /// The sizes, if they fit each other.
    pub(crate) fn checked(self) -> Result<Self, AwsError> {
        let Self { min, max, desired } = self;
        if min < 0 || max < 0 {
            return Err(validation("Min and max bounds must be greater than or equal to 0."));
        }
        if max < min {
            return Err(validation(format!("Max bound, {max}, must be greater than or equal to min bound, {min}")));
        }
        if !(min..=max).contains(&desired) {
            return Err(validation(format!(
                "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
            )));
        }
        Ok(self)
    }
}
