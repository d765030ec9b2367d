//! Numbers: 38 decimal digits, between 1E-130 and 9.99…E+125 in magnitude.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number>

use std::cmp::Ordering;
use std::fmt;

use nightproof_core::service::AwsError;

/// Significant digits of a number.
const DIGITS: u32 = 38;
/// Exponents of the first digit of the smallest and of the largest number.
const SMALLEST: i32 = -130;
const LARGEST: i32 = 125;

/// A number: `digits` times ten to the power of `exponent`. It has one form: `digits` does not end in a zero, and zero has neither sign nor
/// exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Zero.
    const ZERO: Self = Self { negative: false, digits: 0, exponent: 0 };

    /// Reads a number as it is sent.
    ///
    /// # Errors
    /// It is none, or not one that DynamoDB keeps.
    pub(crate) fn parse(text: &str) -> Result<Self, AwsError> {
        let not_numeric = || AwsError::validation(format!("The parameter cannot be converted to a numeric value: {text}"));
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..)),
            Some(b'+') => (false, text.get(1..)),
            _ => (false, Some(text)),
        };
        let (mantissa, power) = match rest.unwrap_or_default().split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().map_err(|_| not_numeric())?),
            None => (rest.unwrap_or_default(), 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: String = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_numeric());
        }
        let significant = all.trim_start_matches('0');
        let kept = significant.trim_end_matches('0');
        if kept.is_empty() {
            return Ok(Self::ZERO);
        }
        if kept.len() > DIGITS as usize {
            return Err(too_precise());
        }
        let dropped = i32::try_from(significant.len() - kept.len()).unwrap_or(i32::MAX);
        let after = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        let exponent = power.saturating_sub(after).saturating_add(dropped);
        Self { negative, digits: kept.parse().map_err(|_| not_numeric())?, exponent }.checked()
    }

    /// The number, if its magnitude is one that DynamoDB keeps.
    fn checked(self) -> Result<Self, AwsError> {
        match self.leading() {
            leading if leading > LARGEST => Err(AwsError::validation(
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            )),
            leading if leading < SMALLEST => Err(AwsError::validation(
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            )),
            _ => Ok(self),
        }
    }

    /// How many digits there are.
    fn length(self) -> u32 {
        self.digits.checked_ilog10().map_or(1, |log| log + 1)
    }

    /// The exponent of the first digit.
    fn leading(self) -> i32 {
        self.exponent.saturating_add(i32::try_from(self.length()).unwrap_or(0) - 1)
    }

    /// The number with the other sign.
    fn negated(self) -> Self {
        Self { negative: !self.negative && self.digits != 0, ..self }
    }

    /// The sum.
    ///
    /// # Errors
    /// It has more than 38 digits, or too large a magnitude.
    pub(crate) fn plus(self, other: Self) -> Result<Self, AwsError> {
        if self.digits == 0 {
            return Ok(other);
        }
        if other.digits == 0 {
            return Ok(self);
        }
        let exponent = self.exponent.min(other.exponent);
        let aligned = |one: Self| {
            let shift = u32::try_from(one.exponent - exponent).ok()?;
            10_u128.checked_pow(shift)?.checked_mul(one.digits)
        };
        let (Some(left), Some(right)) = (aligned(self), aligned(other)) else { return Err(too_precise()) };
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, left.checked_add(right).ok_or_else(too_precise)?)
        } else if left >= right {
            (self.negative, left - right)
        } else {
            (other.negative, right - left)
        };
        Self::normal(negative, digits, exponent)
    }

    /// The difference.
    ///
    /// # Errors
    /// As of [`Decimal::plus`].
    pub(crate) fn minus(self, other: Self) -> Result<Self, AwsError> {
        self.plus(other.negated())
    }

    fn normal(negative: bool, mut digits: u128, mut exponent: i32) -> Result<Self, AwsError> {
        if digits == 0 {
            return Ok(Self::ZERO);
        }
        while digits.is_multiple_of(10) {
            digits /= 10;
            exponent += 1;
        }
        let sum = Self { negative, digits, exponent };
        if sum.length() > DIGITS { Err(too_precise()) } else { sum.checked() }
    }

    /// Bytes that the number counts for: one, and one for each two digits.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub(crate) fn size(self) -> usize {
        1 + usize::try_from(self.length().div_ceil(2)).unwrap_or_default()
    }

    /// The number as a whole one, cut where it has a fraction; `None` beyond what fits.
    pub(crate) fn whole(self) -> Option<i64> {
        let shift = 10_u128.checked_pow(self.exponent.unsigned_abs());
        let digits = if self.exponent < 0 { shift.map_or(0, |by| self.digits / by) } else { self.digits.checked_mul(shift?)? };
        let whole = i64::try_from(digits).ok()?;
        Some(if self.negative { -whole } else { whole })
    }
}

fn too_precise() -> AwsError {
    AwsError::validation("Attempting to store more than 38 significant digits in a Number")
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |one: &Self| match (one.digits, one.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        };
        // Digits of the same length: all numbers have at most 38.
        let padded = |one: &Self| one.digits.saturating_mul(10_u128.pow(DIGITS.saturating_sub(one.length())));
        let magnitude = || self.leading().cmp(&other.leading()).then_with(|| padded(self).cmp(&padded(other)));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As DynamoDB answers it: without an exponent.
impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.to_string();
        let sign = if self.negative { "-" } else { "" };
        let Ok(after) = usize::try_from(-self.exponent) else {
            let zeros = usize::try_from(self.exponent).unwrap_or_default();
            return write!(formatter, "{sign}{digits}{}", "0".repeat(zeros));
        };
        match digits.len().checked_sub(after) {
            _ if after == 0 => write!(formatter, "{sign}{digits}"),
            Some(point) if point > 0 => {
                let (whole, fraction) = digits.split_at(point);
                write!(formatter, "{sign}{whole}.{fraction}")
            }
            _ => write!(formatter, "{sign}0.{}{digits}", "0".repeat(after - digits.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn numbers_have_one_form() {
        for (sent, kept) in [
            ("1", "1"),
            ("+007.500", "7.5"),
            ("-0", "0"),
            ("0.00", "0"),
            ("1e3", "1000"),
            ("12E-4", "0.0012"),
            (".5", "0.5"),
            ("-1.0E+2", "-100"),
            ("0.00012345678901234567890123456789012345678", "0.00012345678901234567890123456789012345678"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
            ("1E-130", &format!("0.{}1", "0".repeat(129))),
        ] {
            assert_eq!(number(sent).to_string(), kept, "{sent}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_long_large_or_small_is_refused() {
        let refused = |text: &str| Decimal::parse(text).expect_err(text).message;
        for text in ["", "-", "a", "1.2.3", "1e", "0x1", "1_0", "NaN", "--1", "1e1.5"] {
            assert_eq!(refused(text), format!("The parameter cannot be converted to a numeric value: {text}"));
        }
        assert_eq!(refused(&"9".repeat(39)), "Attempting to store more than 38 significant digits in a Number");
        assert_eq!(number(&format!("1{}", "0".repeat(125))).to_string().len(), 126);
        assert!(refused("1e126").starts_with("Number overflow"));
        assert!(refused("1e99999999999").starts_with("The parameter"));
        assert!(refused("1e-131").starts_with("Number underflow"));
    }

    #[test]
    fn numbers_are_in_order_of_their_values() {
        let ordered = ["-1e125", "-20", "-3", "-2.9", "-0.5", "0", "1e-130", "0.1", "0.11", "9", "10", "1e125"];
        for (at, one) in ordered.iter().enumerate() {
            for (other_at, other) in ordered.iter().enumerate() {
                assert_eq!(number(one).cmp(&number(other)), at.cmp(&other_at), "{one} {other}");
            }
        }
    }

    #[test]
    fn sums_are_exact_to_38_digits() {
        let plus = |one: &str, other: &str| number(one).plus(number(other)).map(|sum| sum.to_string());
        assert_eq!(plus("0.1", "0.2").unwrap(), "0.3");
        assert_eq!(plus("1", "-1").unwrap(), "0");
        assert_eq!(plus("-5", "3").unwrap(), "-2");
        assert_eq!(plus(&"9".repeat(38), "1").unwrap(), format!("1{}", "0".repeat(38)));
        assert_eq!(plus("1e37", "0.1").unwrap_err().message, "Attempting to store more than 38 significant digits in a Number");
        assert!(plus("1e100", "1e-100").is_err());
        assert!(plus("9e125", "9e125").unwrap_err().message.starts_with("Number overflow"));
        assert_eq!(number("3").minus(number("3.5")).unwrap().to_string(), "-0.5");
    }

    #[test]
    fn a_number_is_cut_to_a_whole_one() {
        assert_eq!([number("17.9").whole(), number("-2e3").whole(), number("1e30").whole()], [Some(17), Some(-2000), None]);
        assert_eq!(number("1e-100").whole(), Some(0));
    }
}
