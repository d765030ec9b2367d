//! Telephone numbers.
//! <https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html>

use nightproof_core::service::AwsError;

use crate::error::invalid;

/// Whether it is a number of E.164: at most 15 digits, the country's first. The plus sign may be missing.
pub(crate) fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a subscription takes it. Digits may be apart by a space, a point, a hyphen or parentheses, one of them at a time.
pub(crate) fn is_endpoint(number: &str) -> bool {
    let mut separated = true;
    let body = number.strip_prefix('+').unwrap_or(number);
    let well_separated = body.chars().all(|letter| {
        let is_digit = letter.is_ascii_digit();
        let good = is_digit || (!separated && matches!(letter, '-' | '.' | ' ' | '/' | '(' | ')'));
        separated = !is_digit;
        good
    });
    let digits: String = body.chars().filter(char::is_ascii_digit).collect();
    well_separated && !separated && is_e164(&digits)
}

/// Refuses what no text message can be sent to.
pub(crate) fn check_recipient(number: &str) -> Result<(), AwsError> {
    let reason = format!("PhoneNumber Reason: {number} is not valid to publish to");
    if is_e164(number) { Ok(()) } else { Err(invalid(&reason)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_digits_of_a_country_and_single_separators_between_them() {
        for good in ["+123123123", "15551234567", "+1555-123-4567", "+1555.123.4567"] {
            assert!(is_endpoint(good), "{good}");
        }
        for bad in ["invalid-number", "+15--551234567", "NAA+15551234567", "+15551234567.", "/+15551234567", "", "+", "+0155"] {
            assert!(!is_endpoint(bad), "{bad}");
        }
        assert!(is_e164("+4411111111") && !is_e164("+1a234") && !is_e164("+1-555") && !is_e164("invalid"));
    }
}
