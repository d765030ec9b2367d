//! What a plain scalar of YAML 1.1 is: CloudFormation's version, without its timestamps.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>, <https://yaml.org/type/>

use serde_json::Value;

/// The value of a scalar that is neither quoted nor tagged. A fraction stays as it is spelt, since `1.10` is a version as often as a number.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => integer(text).map_or_else(|| Value::from(text), Value::from),
    }
}

/// <https://yaml.org/type/int.html>
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, text),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let plain = digits.replace('_', "");
    let value = if let Some(binary) = plain.strip_prefix("0b") {
        i64::from_str_radix(binary, 2).ok()?
    } else if let Some(hexadecimal) = plain.strip_prefix("0x") {
        i64::from_str_radix(hexadecimal, 16).ok()?
    } else if let Some((first, rest)) = digits.split_once(':') {
        sexagesimal(first, rest)?
    } else if let Some(octal) = plain.strip_prefix('0').filter(|octal| !octal.is_empty()) {
        i64::from_str_radix(octal, 8).ok()?
    } else {
        plain.parse().ok()?
    };
    Some(sign * value)
}

/// `190:20:30`: each place but the first has one or two digits, at most 59.
fn sexagesimal(first: &str, rest: &str) -> Option<i64> {
    if first.starts_with('0') {
        return None;
    }
    let mut value: i64 = first.replace('_', "").parse().ok()?;
    for place in rest.split(':') {
        let is_place = matches!(place.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        value = value.checked_mul(60)?.checked_add(place.parse().ok().filter(|_| is_place)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_those_of_yaml_1_1() {
        for (text, value) in [
            ("yes", Value::Bool(true)),
            ("Off", Value::Bool(false)),
            ("y", "y".into()),
            ("~", Value::Null),
            ("7", 7.into()),
            ("-7", (-7).into()),
            ("+7", 7.into()),
            ("0", 0.into()),
            ("1_000", 1000.into()),
            ("017", 15.into()),
            ("018", "018".into()),
            ("012345678901", "012345678901".into()),
            ("0x1F", 31.into()),
            ("0b101", 5.into()),
            ("1:30", 90.into()),
            ("22:65", "22:65".into()),
            ("0:30", "0:30".into()),
            ("1.10", "1.10".into()),
            ("2012-10-17", "2012-10-17".into()),
            ("99999999999999999999", "99999999999999999999".into()),
            ("-", "-".into()),
            ("0x", "0x".into()),
            ("<<", "<<".into()),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}
