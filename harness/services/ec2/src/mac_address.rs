//! Hardware addresses of network interfaces.

use nightproof_core::credentials::random_string;

/// A locally administered address, as interfaces of AWS have.
pub(crate) fn mac_address() -> String {
    let digits = random_string(b"0123456789abcdef", 10);
    let pairs: Vec<&str> = (0..5).filter_map(|index| digits.get(index * 2..index * 2 + 2)).collect();
    format!("0a:{}", pairs.join(":"))
}
