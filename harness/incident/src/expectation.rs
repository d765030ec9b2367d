//! What an incident's file expects to show. An expectation that any drill would meet, or none, is refused where it stands in the file.

use nightproof_drill::{DrillResult, FailurePoint, Hop};
use nightproof_drill_file::member::Text;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, IntoDeserializer as _};
use serde::{Deserialize, Deserializer};

/// What shows.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Members")]
pub(crate) struct Expectation {
    pub(crate) result: ExpectedResult,
    /// The hop at which the chain breaks.
    pub(crate) hop: Option<Hop>,
    /// Texts of the failure, or of what happened in nights that passed.
    pub(crate) says: Vec<Text>,
    /// Id of a finding. No other finding counts.
    pub(crate) finding: Option<Text>,
    /// Archives that instances finished uploading, in all nights.
    pub(crate) uploads: Option<usize>,
    /// Commands that the function sent, in all nights.
    pub(crate) commands: Option<usize>,
    /// Texts that each stand in a message to a topic; an empty list means that no topic gets a message.
    pub(crate) notifications: Option<Vec<Text>>,
}

/// The members of [`Expectation`] as they stand in the file.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Expectation")]
#[serde(deny_unknown_fields)]
pub(crate) struct Members {
    /// What the drill comes to. A failure names its `hop`, a text of it (`says`), or both.
    result: ExpectedResult,
    /// The hop at which the chain breaks.
    #[serde(default, deserialize_with = "hop")]
    #[schemars(schema_with = "hops")]
    hop: Option<Hop>,
    /// Texts of the failure, or of what happened in nights that passed.
    #[serde(default)]
    says: Vec<Text>,
    /// Id of a finding. No other finding counts.
    finding: Option<Text>,
    /// Archives that instances finished uploading, in all nights.
    uploads: Option<usize>,
    /// Commands that the function sent, in all nights.
    commands: Option<usize>,
    /// Texts that each stand in a message to a topic; an empty list means that no topic gets a message.
    notifications: Option<Vec<Text>>,
}

impl TryFrom<Members> for Expectation {
    type Error = &'static str;

    fn try_from(members: Members) -> Result<Self, Self::Error> {
        let Members { result, hop, says, finding, uploads, commands, notifications } = members;
        match result {
            ExpectedResult::Failed if hop.is_none() && says.is_empty() => {
                Err("any failure would meet `result: failed`: name the hop that breaks (`hop`) or a text of the failure (`says`)")
            }
            ExpectedResult::Passed if hop.is_some() => {
                Err("no hop breaks in a night that passed: leave `hop` out, or expect `result: failed`")
            }
            _ => Ok(Self { result, hop, says, finding, uploads, commands, notifications }),
        }
    }
}

/// The result that a file can expect. A drill that was interrupted, or could not be done here, shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExpectedResult {
    Passed,
    Failed,
}

impl ExpectedResult {
    /// Whether a drill came to it.
    pub(crate) fn is(self, result: DrillResult) -> bool {
        result
            == match self {
                Self::Passed => DrillResult::Passed,
                Self::Failed => DrillResult::Failed,
            }
    }
}

fn hops(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Hop::ALL.map(|hop| hop.to_string()) })
}

/// A hop of the chain; any other point of failure, or an unknown name, is refused with the hops that there are.
fn hop<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Hop>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    if name == FailurePoint::Findings.as_str() {
        return Err(de::Error::custom("a night with a finding passes: expect `result: passed`, and name it by `finding`"));
    }
    Hop::deserialize(name.into_deserializer()).map(Some)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::Incident;

    fn refusal(expect: &str) -> Option<String> {
        Incident::parse(&format!("version: 1\ntitle: t\nsource: s\nnoticed_by: n\nexpect:{expect}\n")).err()
    }

    #[rstest]
    #[case::failed(" {result: failed}", "any failure would meet `result: failed`", "line 5 column 9")]
    #[case::in_lines(
        "\n  result: failed\n  uploads: 0",
        "name the hop that breaks (`hop`) or a text of the failure (`says`)",
        "line 6 column 3"
    )]
    #[case::counts(" {result: failed, commands: 1, uploads: 0, notifications: []}", "any failure would meet", "line 5 column 9")]
    #[case::a_finding_beside_any_failure(" {result: failed, finding: open-port}", "any failure would meet", "line 5 column 9")]
    #[case::no_texts(" {result: failed, says: []}", "any failure would meet", "line 5 column 9")]
    #[case::an_empty_text(" {result: failed, says: [\"\"]}", "a text that is not blank", "line 5 column 33")]
    #[case::a_blank_text(" {result: failed, says: [ok, \" \"]}", "a text that is not blank", "line 5 column 37")]
    #[case::a_blank_message(" {result: passed, notifications: [\"\"]}", "a text that is not blank", "line 5 column 42")]
    #[case::a_blank_finding(" {result: passed, finding: \"\"}", "a text that is not blank", "line 5 column 26")]
    #[case::an_unknown_hop(" {result: failed, hop: skript}", "unknown variant `skript`, expected one of", "line 5 column 26")]
    #[case::the_drill_itself(" {result: failed, hop: drill}", "unknown variant `drill`", "line 5 column 26")]
    #[case::findings(" {result: failed, hop: findings}", "expect `result: passed`, and name it by `finding`", "line 5 column 31")]
    #[case::a_hop_that_did_not_break(" {result: passed, hop: script}", "no hop breaks in a night that passed", "line 5 column 9")]
    #[case::an_interrupted_drill(" {result: interrupted}", "unknown variant `interrupted`", "line 5 column 18")]
    fn an_expectation_that_any_drill_would_meet_or_none_is_refused_with_its_place(
        #[case] expect: &str,
        #[case] why: &str,
        #[case] place: &str,
    ) {
        let refusal = refusal(expect).unwrap_or_else(|| panic!("`{expect}` is taken"));
        assert!(refusal.contains(why) && refusal.contains(place), "{refusal}");
    }

    #[rstest]
    #[case::a_hop(" {result: failed, hop: script}")]
    #[case::a_text(" {result: failed, says: [exit code 2]}")]
    #[case::a_finding_beside_a_hop(" {result: failed, hop: script, finding: notice-refused}")]
    #[case::a_finding(" {result: passed, finding: access-log-missing}")]
    #[case::a_good_night(" {result: passed}")]
    #[case::no_topic_gets_a_message(" {result: failed, hop: object, notifications: []}")]
    fn an_expectation_of_something_is_taken(#[case] expect: &str) {
        assert_eq!(refusal(expect), None);
    }
}
