//! Settings of text messages. Nobody answers a message that is not sent, so nobody has opted out.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attributes::Attributes;
use crate::error::invalid;
use crate::phone_number;
use crate::records::Sns;

/// `SetSMSAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html>
#[derive(Debug, Deserialize)]
pub(crate) struct SetSMSAttributes {
    attributes: Attributes,
}

/// `GetSMSAttributes`. <https://docs.aws.amazon.com/sns/latest/api/API_GetSMSAttributes.html>
#[derive(Debug, Deserialize)]
pub(crate) struct GetSMSAttributes {
    #[serde(default)]
    attributes: Vec<String>,
}

/// `CheckIfPhoneNumberIsOptedOut`. <https://docs.aws.amazon.com/sns/latest/api/API_CheckIfPhoneNumberIsOptedOut.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckIfPhoneNumberIsOptedOut {
    phone_number: String,
}

/// `OptInPhoneNumber`. <https://docs.aws.amazon.com/sns/latest/api/API_OptInPhoneNumber.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OptInPhoneNumber {
    phone_number: String,
}

/// `ListPhoneNumbersOptedOut`. <https://docs.aws.amazon.com/sns/latest/api/API_ListPhoneNumbersOptedOut.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListPhoneNumbersOptedOut {
    #[expect(dead_code, reason = "the list is empty")]
    next_token: Option<String>,
}

const KNOWN: [&str; 6] = [
    "DefaultSMSType",
    "DefaultSenderID",
    "DeliveryStatusIAMRole",
    "DeliveryStatusSuccessSamplingRate",
    "MonthlySpendLimit",
    "UsageReportS3Bucket",
];

/// An account spends a dollar a month at most until it asks for more.
/// <https://docs.aws.amazon.com/sns/latest/dg/sms_preferences.html>
const SPEND_LIMIT: &str = "1";

fn check(name: &str, value: &str) -> Result<(), AwsError> {
    let refused = |message: String| Err(AwsError::new("InvalidParameterException", 400, message));
    match name {
        "DefaultSMSType" if !["Promotional", "Transactional"].contains(&value) => refused("DefaultSMSType is invalid".to_owned()),
        "DefaultSenderID" if !is_sender(value) => refused("DefaultSenderID is not a valid attribute".to_owned()),
        known if KNOWN.contains(&known) => Ok(()),
        other => refused(format!("{other} is not a valid attribute")),
    }
}

/// 1 to 11 letters and digits, with a letter among them.
fn is_sender(id: &str) -> bool {
    (1..=11).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && id.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn check_number(number: &str) -> Result<(), AwsError> {
    if phone_number::is_e164(number) { Ok(()) } else { Err(invalid("PhoneNumber Reason: input incorrectly formatted")) }
}

impl Sns {
    pub(crate) fn set_sms_attributes(&self, call: &Call, input: SetSMSAttributes) -> Result<Value, AwsError> {
        input.attributes.iter().try_for_each(|(name, value)| check(name, value))?;
        self.mobile.with(call.account(), |mobile| mobile.messages.extend(input.attributes));
        Ok(json!({}))
    }

    pub(crate) fn get_sms_attributes(&self, call: &Call, input: GetSMSAttributes) -> Result<Value, AwsError> {
        let mut all = self.mobile.with(call.account(), |mobile| mobile.messages.clone());
        all.entry("MonthlySpendLimit".to_owned()).or_insert_with(|| SPEND_LIMIT.to_owned());
        all.retain(|name, _| input.attributes.is_empty() || input.attributes.contains(name));
        Ok(json!({ "attributes": all }))
    }

    pub(crate) fn check_if_phone_number_is_opted_out(
        &self,
        _call: &Call,
        input: CheckIfPhoneNumberIsOptedOut,
    ) -> Result<Value, AwsError> {
        check_number(&input.phone_number)?;
        Ok(json!({ "isOptedOut": false }))
    }

    pub(crate) fn opt_in_phone_number(&self, _call: &Call, input: OptInPhoneNumber) -> Result<Value, AwsError> {
        check_number(&input.phone_number)?;
        Ok(json!({}))
    }

    pub(crate) fn list_phone_numbers_opted_out(&self, _call: &Call, _input: ListPhoneNumbersOptedOut) -> Result<Value, AwsError> {
        Ok(json!({ "phoneNumbers": [] }))
    }
}
