//! Cross-origin resource sharing: which pages of other origins may read a bucket.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

use nightproof_core::service::CrossOrigin;
use nightproof_wire::AwsError;
use serde::Deserialize;

use crate::error::{invalid_request, malformed_xml};

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/// A bucket's configuration, as it is put.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Cors {
    #[serde(rename = "CORSRules", default)]
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    #[expect(dead_code, reason = "a name for who configures it")]
    #[serde(rename = "ID")]
    id: Option<String>,
    #[serde(default)]
    allowed_headers: Vec<String>,
    #[serde(default)]
    allowed_methods: Vec<String>,
    #[serde(default)]
    allowed_origins: Vec<String>,
    #[serde(default)]
    expose_headers: Vec<String>,
    max_age_seconds: Option<i64>,
}

impl Cors {
    /// Refuses rules that S3 does not take.
    pub(crate) fn check(&self) -> Result<(), AwsError> {
        if self.rules.is_empty() || self.rules.len() > 100 {
            return Err(malformed_xml());
        }
        for rule in &self.rules {
            if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
                return Err(malformed_xml());
            }
            if let Some(method) = rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
                return Err(invalid_request(format!(
                    "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )));
            }
            if let Some(origin) = rule.allowed_origins.iter().find(|origin| origin.matches('*').count() > 1) {
                return Err(invalid_request(format!("AllowedOrigin \"{origin}\" can not have more than one wildcard.")));
            }
            if let Some(header) = rule.allowed_headers.iter().find(|header| header.matches('*').count() > 1) {
                return Err(invalid_request(format!("AllowedHeader \"{header}\" can not have more than one wildcard.")));
            }
        }
        Ok(())
    }

    /// The headers of an answer to a page of another origin; `None` if no rule lets it read.
    pub(crate) fn headers(&self, asked: &CrossOrigin<'_>) -> Option<Vec<(&'static str, String)>> {
        let method = asked.method?;
        let wanted: Vec<String> = asked
            .headers
            .unwrap_or_default()
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        let (rule, origin) = self.rules.iter().find_map(|rule| {
            let origin = rule.allowed_origins.iter().find(|origin| like(origin, asked.origin))?;
            let method = rule.allowed_methods.iter().any(|allowed| allowed == method);
            let header = |name: &String| rule.allowed_headers.iter().any(|allowed| like(&allowed.to_ascii_lowercase(), name));
            (method && wanted.iter().all(header)).then_some((rule, origin))
        })?;
        let anybody = origin == "*";
        let mut out = vec![("access-control-allow-origin", if anybody { "*".to_owned() } else { asked.origin.to_owned() })];
        if !wanted.is_empty() {
            out.push(("access-control-allow-headers", wanted.join(", ")));
        }
        out.push(("access-control-allow-methods", rule.allowed_methods.join(", ")));
        if !rule.expose_headers.is_empty() {
            out.push(("access-control-expose-headers", rule.expose_headers.join(", ")));
        }
        if let Some(age) = rule.max_age_seconds {
            out.push(("access-control-max-age", age.to_string()));
        }
        if !anybody {
            out.push(("access-control-allow-credentials", "true".to_owned()));
        }
        out.push(("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method".to_owned()));
        Some(out)
    }
}

/// Whether a text is what a pattern with at most one `*` means.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after),
    }
}

/// The refusal of a preflight.
pub(crate) fn forbidden(why: &str, method: Option<&str>, resource: &str) -> AwsError {
    AwsError::new("AccessForbidden", 403, format!("CORSResponse: {why}"))
        .with("Method", method.unwrap_or("OPTIONS"))
        .with("ResourceType", resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cors(rule: serde_json::Value) -> Cors {
        serde_json::from_value(json!({"CORSRules": [rule]})).expect("rules")
    }

    fn asked<'a>(origin: &'a str, method: &'a str, headers: Option<&'a str>) -> CrossOrigin<'a> {
        CrossOrigin { origin, method: Some(method), headers, key: None, preflight: true }
    }

    #[test]
    fn a_rule_lets_an_origin_use_methods_and_headers() {
        let cors = cors(
            json!({"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET"], "AllowedHeaders": ["X-Amz-*"], "MaxAgeSeconds": 5}),
        );
        let headers = cors.headers(&asked("https://a.example.com", "GET", Some("x-amz-date,X-AMZ-acl"))).expect("allowed");
        let header = |name: &str| headers.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str());
        assert_eq!(header("access-control-allow-origin"), Some("https://a.example.com"));
        assert_eq!(header("access-control-allow-headers"), Some("x-amz-date, x-amz-acl"));
        assert_eq!((header("access-control-max-age"), header("access-control-allow-credentials")), (Some("5"), Some("true")));
        for refused in [
            asked("https://example.org", "GET", None),
            asked("https://a.example.com", "PUT", None),
            asked("https://a.example.com", "GET", Some("content-type")),
        ] {
            assert!(cors.headers(&refused).is_none(), "{refused:?}");
        }
    }

    #[test]
    fn an_origin_that_is_anybody_gets_no_credentials() {
        let headers =
            cors(json!({"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]})).headers(&asked("x", "GET", None)).expect("allowed");
        assert_eq!(headers[0].1, "*");
        assert!(headers.iter().all(|(name, _)| *name != "access-control-allow-credentials"));
    }

    #[test]
    fn rules_without_sense_are_refused() {
        let code = |rule| cors(rule).check().expect_err("refused").code;
        assert_eq!(code(json!({"AllowedOrigins": ["*"], "AllowedMethods": ["MYMETHOD"]})), "InvalidRequest");
        assert_eq!(code(json!({"AllowedOrigins": ["*"]})), "MalformedXML");
        assert_eq!(code(json!({"AllowedOrigins": ["a*b*"], "AllowedMethods": ["GET"]})), "InvalidRequest");
    }
}
