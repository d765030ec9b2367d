//! A filter pattern of any kind.

use std::collections::BTreeMap;

use nightproof_core::service::AwsError;
use serde_json::Value;

use super::fields::Fields;
use super::json::Json;
use super::selector::Selector;
use super::terms::Terms;
use crate::error::invalid;

/// A pattern. The empty one matches everything.
#[derive(Debug, Clone)]
pub(crate) enum FilterPattern {
    Terms(TermPattern),
    Json(JsonPattern),
    Fields(FieldPattern),
}

/// Terms that stand anywhere in an event.
#[derive(Debug, Clone)]
pub(crate) struct TermPattern(Terms);

/// Conditions on the members of an event in JSON.
#[derive(Debug, Clone)]
pub(crate) struct JsonPattern(Json);

/// Conditions on the fields of an event.
#[derive(Debug, Clone)]
pub(crate) struct FieldPattern(Fields);

impl FilterPattern {
    pub(crate) fn parse(pattern: &str) -> Result<Self, AwsError> {
        let pattern = pattern.trim();
        let inside = |open: char, close: char| {
            let unbalanced = || invalid("Invalid filter pattern: unbalanced brackets");
            pattern.strip_prefix(open).map(|inner| inner.strip_suffix(close).ok_or_else(unbalanced)).transpose()
        };
        if let Some(inner) = inside('{', '}')? {
            return Json::parse(inner).map(|json| Self::Json(JsonPattern(json)));
        }
        if let Some(inner) = inside('[', ']')? {
            return Fields::parse(inner).map(|fields| Self::Fields(FieldPattern(fields)));
        }
        Terms::parse(pattern).map(|terms| Self::Terms(TermPattern(terms)))
    }

    /// Whether an event's message satisfies the pattern, by case.
    pub(crate) fn matches(&self, message: &str) -> bool {
        self.extract(message).is_some()
    }

    /// The values that the pattern names, of an event that satisfies it.
    pub(crate) fn extract(&self, message: &str) -> Option<BTreeMap<String, String>> {
        match self {
            Self::Terms(TermPattern(terms)) => terms.matches(message).then(BTreeMap::new),
            Self::Fields(FieldPattern(fields)) => fields.extract(message),
            Self::Json(JsonPattern(json)) => {
                let event: Value = serde_json::from_str(message).ok()?;
                let mut values = BTreeMap::new();
                json.matches(&event).then(|| json.extract(&event, &mut values)).map(|()| values)
            }
        }
    }

    /// The value of `$.member` or `$field` in an event that satisfies the pattern.
    pub(crate) fn value(&self, message: &str, reference: &str) -> Option<String> {
        match self {
            Self::Json(_) => Selector::read(reference).ok()?.text(&serde_json::from_str(message).ok()?),
            Self::Fields(_) => self.extract(message)?.remove(reference),
            Self::Terms(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "status": 404, "latency": 1.5, "ok": true,
        "gone": null, "list": ["a", "b"], "objects": [{"name": "x"}, {"name": "y"}], "a.b": "dotted", "text": "200"}"#;

    #[test]
    fn patterns_for_json_match_as_documented() {
        for (pattern, expected) in [
            (r#"{ $.eventType = "UpdateTrail" }"#, true),
            (r#"{ $.eventType = UpdateTrail }"#, true),
            (r#"{$.eventType="Update*"}"#, true),
            (r#"{ $.eventType != "UpdateTrail" }"#, false),
            (r#"{ $.sourceIPAddress != 123.123.* }"#, true),
            (r#"{ $.sourceIPAddress = 111.* }"#, true),
            ("{ $.status = 404 }", true),
            ("{ $.status = 4* }", true),
            ("{ $.status >= 4.04e2 && $.latency < 2 }", true),
            ("{ $.status > 404 || $.latency > 2 }", false),
            ("{ $.ok IS TRUE }", true),
            ("{ $.ok IS FALSE }", false),
            ("{ $.gone IS NULL }", true),
            ("{ $.none NOT EXISTS }", true),
            ("{ $.gone NOT EXISTS }", false),
            ("{ $.status = * }", true),
            ("{ $.none = * }", false),
            ("{ $.list[0] = \"a\" }", true),
            ("{ $.list[*] = \"b\" }", true),
            ("{ $.objects[1].name = y }", true),
            ("{ $.['a.b'] = dotted }", true),
            ("{ ($.status = 1 || $.status = 404) && ($.ok IS TRUE) }", true),
            ("{ $.status = 404 && $.ok IS FALSE || $.eventType = %Trail$% }", true),
            ("{ $.text > 100 }", false),
        ] {
            let parsed = FilterPattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(parsed.matches(EVENT), expected, "{pattern}");
            assert!(!parsed.matches("no JSON"));
        }
    }

    #[test]
    fn patterns_of_fields_match_as_documented_and_name_their_values() {
        let line = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
        for (pattern, expected) in [
            ("[ip, server, username, timestamp, request, status_code, bytes]", true),
            ("[ip, server, username, timestamp, request, status_code = 404, bytes > 1000]", true),
            ("[ip, server, username, timestamp, request =*html*, status_code = 4*, bytes]", true),
            ("[..., status_code = 4* || status_code = 5*, bytes]", true),
            ("[ip, ..., bytes >= 2000]", false),
            ("[ip != 127.0.0.1, ...]", false),
            ("[ip, server]", false),
            ("[]", true),
            ("[..., size > 1000 && size < 2000]", true),
        ] {
            let parsed = FilterPattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(parsed.matches(line), expected, "{pattern}");
        }
        let all = FilterPattern::parse("[ip, server, username, timestamp, request, status_code, bytes]").unwrap();
        let values = all.extract(line).unwrap();
        assert_eq!(
            (values["$request"].as_str(), values["$timestamp"].as_str()),
            ("GET /index.html HTTP/1.0", "10/Oct/2000:13:25:15 -0700")
        );
        assert_eq!(all.value(line, "$bytes").as_deref(), Some("1534"));
        let json = FilterPattern::parse("{ $.status = 4* }").unwrap();
        assert_eq!(json.extract(EVENT).unwrap(), BTreeMap::from([("$.status".to_owned(), "404".to_owned())]));
        assert_eq!(json.value(EVENT, "$.latency").as_deref(), Some("1.5"));
    }

    #[test]
    fn patterns_that_cannot_be_read_are_refused() {
        for pattern in [
            "{ $.a = 1",
            "{ a = 1 }",
            "{ $.a == 1 }",
            "{ $.a }",
            "{ $.a IS 1 }",
            "{ ($.a = 1 }",
            "{ $.a < b }",
            "[a, b",
            "[..., ...]",
            "[a = 1 && b = 2]",
        ] {
            let error = FilterPattern::parse(pattern).expect_err(pattern);
            assert_eq!(error.code, "InvalidParameterException", "{pattern}");
        }
        assert!(FilterPattern::parse(&format!("{{{}}}", "(".repeat(10_000))).is_err());
    }
}
