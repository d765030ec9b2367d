//! Addresses that carry their own signature.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use jiff::Timestamp;

use super::canonical::encode;
use super::verify::{hmac, sha256_hex, signing_key};

/// A request that anyone may send who has its address.
#[derive(Debug, Clone, Copy)]
pub struct Presigned<'a> {
    /// `PUT`
    pub method: &'a str,
    /// The host that it is sent to, without a port.
    pub host: &'a str,
    /// The path, not encoded yet.
    pub path: &'a str,
    /// `us-east-1`
    pub region: &'a str,
    /// `s3`
    pub service: &'a str,
    /// The key of the signer.
    pub access_key_id: &'a str,
    /// When it is signed.
    pub now: Timestamp,
    /// For how long it holds, in seconds.
    pub expires: i64,
}

impl Presigned<'_> {
    /// The address of the request, signed with the signer's secret. Its payload is not signed.
    pub fn address(&self, secret_access_key: &str) -> String {
        let Self { method, host, region, service, .. } = self;
        let (timestamp, date) = (self.now.strftime("%Y%m%dT%H%M%SZ").to_string(), self.now.strftime("%Y%m%d").to_string());
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let path = encode(self.path.as_bytes(), true);
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={timestamp}&X-Amz-Expires={}&X-Amz-SignedHeaders=host",
            encode(format!("{}/{scope}", self.access_key_id).as_bytes(), false),
            self.expires,
        );
        let canonical = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let to_sign = format!("AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
        let signature = hmac(&signing_key(secret_access_key, &date, region, service), to_sign.as_bytes());
        format!("https://{host}{path}?{query}&X-Amz-Signature={}", hex::encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_signed_as_in_the_example_of_aws() {
        // <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html#query-string-auth-v4-signing-example>
        let request = Presigned {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            region: "us-east-1",
            service: "s3",
            access_key_id: "AKIAIOSFODNN7EXAMPLE",
            now: "2013-05-24T00:00:00Z".parse().unwrap(),
            expires: 86_400,
        };
        let address = request.address("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(address.ends_with(&format!("&X-Amz-Signature={signature}")), "{address}");
        assert!(
            address.contains("X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"),
            "{address}"
        );
    }
}
