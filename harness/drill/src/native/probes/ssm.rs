//! Systems Manager.

use crate::native::probe::{Probe, once, probe};

const PARAMETER: &[&str] = &["AWS::SSM::Parameter"];
const DOCUMENT: &[&str] = &["AWS::SSM::Document"];

const GET_PARAMETER: (&str, &str, &str) = ("ssm", "GetParameter", r#"{"Name":"$id"}"#);
const PARAMETERS: (&str, &str, &str) =
    ("ssm", "DescribeParameters", r#"{"ParameterFilters":[{"Key":"Name","Option":"Equals","Values":["$id"]}]}"#);
const GET_DOCUMENT: (&str, &str, &str) = ("ssm", "GetDocument", r#"{"Name":"$id"}"#);

pub(super) const ASPECTS: &[Probe] = &[
    probe(PARAMETER, &["Type"], GET_PARAMETER, "Parameter/Type"),
    probe(PARAMETER, &["Value"], GET_PARAMETER, "Parameter/Value"),
    probe(PARAMETER, &["DataType"], GET_PARAMETER, "Parameter/DataType"),
    probe(PARAMETER, &["Description"], PARAMETERS, "Parameters/0/Description"),
    probe(PARAMETER, &["AllowedPattern"], PARAMETERS, "Parameters/0/AllowedPattern"),
    probe(PARAMETER, &["Tier"], PARAMETERS, "Parameters/0/Tier"),
    probe(PARAMETER, &["Tags"], ("ssm", "ListTagsForResource", r#"{"ResourceType":"Parameter","ResourceId":"$id"}"#), "TagList")
        .mended(&[once("ssm", "AddTagsToResource", r#"{"ResourceType":"Parameter","ResourceId":"$id","Tags":"$want"}"#)]),
    probe(DOCUMENT, &["Content"], GET_DOCUMENT, "Content"),
    probe(DOCUMENT, &["DocumentFormat"], GET_DOCUMENT, "DocumentFormat"),
    probe(DOCUMENT, &["DocumentType"], GET_DOCUMENT, "DocumentType"),
    probe(DOCUMENT, &["Tags"], ("ssm", "ListTagsForResource", r#"{"ResourceType":"Document","ResourceId":"$id"}"#), "TagList")
        .mended(&[once("ssm", "AddTagsToResource", r#"{"ResourceType":"Document","ResourceId":"$id","Tags":"$want"}"#)]),
];
