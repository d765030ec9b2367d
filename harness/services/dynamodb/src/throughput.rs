//! Billing modes, and how much may be read and written.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html>

use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::invalid_parameters;

/// What a table on demand can do at once when it is new.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html>
const WARM_ON_DEMAND: WarmThroughput =
    WarmThroughput { read_units_per_second: Some(12_000), write_units_per_second: Some(4_000) };

/// How a table is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Billing {
    Provisioned,
    PayPerRequest,
}

/// `ProvisionedThroughput`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProvisionedThroughput {
    pub(crate) read_capacity_units: i64,
    pub(crate) write_capacity_units: i64,
}

/// `OnDemandThroughput`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OnDemandThroughput {
    max_read_request_units: Option<i64>,
    max_write_request_units: Option<i64>,
}

/// `WarmThroughput`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WarmThroughput {
    read_units_per_second: Option<i64>,
    write_units_per_second: Option<i64>,
}

impl ProvisionedThroughput {
    pub(crate) fn show(self) -> Value {
        json!({ "ReadCapacityUnits": self.read_capacity_units, "WriteCapacityUnits": self.write_capacity_units })
    }

    /// `ProvisionedThroughputDescription`; zeros on demand.
    pub(crate) fn describe(given: Option<Self>) -> Value {
        let given = given.unwrap_or(Self { read_capacity_units: 0, write_capacity_units: 0 });
        json!({
            "NumberOfDecreasesToday": 0,
            "ReadCapacityUnits": given.read_capacity_units,
            "WriteCapacityUnits": given.write_capacity_units,
        })
    }
}

impl OnDemandThroughput {
    pub(crate) fn show(self) -> Value {
        json!({ "MaxReadRequestUnits": self.max_read_request_units, "MaxWriteRequestUnits": self.max_write_request_units })
    }
}

impl Billing {
    /// Reads a request's `BillingMode`; provisioned if none is given.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn read(given: Option<&str>) -> Result<Self, AwsError> {
        let mode = given.unwrap_or("PROVISIONED");
        AwsError::check_enumerated("billingMode", mode, &["PROVISIONED", "PAY_PER_REQUEST"])?;
        Ok(if mode == "PROVISIONED" { Self::Provisioned } else { Self::PayPerRequest })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "PROVISIONED",
            Self::PayPerRequest => "PAY_PER_REQUEST",
        }
    }

    /// The throughput of a table, or of the index `index`, if it goes with the mode.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn checked(
        self,
        given: Option<ProvisionedThroughput>,
        index: Option<&str>,
    ) -> Result<Option<ProvisionedThroughput>, AwsError> {
        match (self, given, index) {
            (Self::Provisioned, None, None) => Err(invalid_parameters(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
            )),
            (Self::Provisioned, None, Some(index)) => {
                Err(invalid_parameters(format!("ProvisionedThroughput must be specified for index: {index}")))
            }
            (Self::PayPerRequest, Some(_), None) => Err(invalid_parameters(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            )),
            (Self::PayPerRequest, Some(_), Some(index)) => Err(invalid_parameters(format!(
                "ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST"
            ))),
            (_, given, _) => Ok(given),
        }
    }

    /// The description of what a table or an index can do at once.
    pub(crate) fn warm(self, provisioned: Option<ProvisionedThroughput>, given: Option<WarmThroughput>, settling: bool) -> Value {
        let own = match (self, provisioned) {
            (Self::Provisioned, Some(provisioned)) => WarmThroughput {
                read_units_per_second: Some(provisioned.read_capacity_units),
                write_units_per_second: Some(provisioned.write_capacity_units),
            },
            _ => WARM_ON_DEMAND,
        };
        let given = given.unwrap_or(own);
        json!({
            "ReadUnitsPerSecond": given.read_units_per_second.or(own.read_units_per_second),
            "WriteUnitsPerSecond": given.write_units_per_second.or(own.write_units_per_second),
            "Status": if settling { "UPDATING" } else { "ACTIVE" },
        })
    }
}
