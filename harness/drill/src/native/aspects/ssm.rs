//! Systems Manager.

use crate::native::aspect::{Aspect, of, once};

const PARAMETER: &[&str] = &["AWS::SSM::Parameter"];
const DOCUMENT: &[&str] = &["AWS::SSM::Document"];

const GET_PARAMETER: (&str, &str, &str) = ("ssm", "GetParameter", r#"{"Name":"$id"}"#);
const PARAMETERS: (&str, &str, &str) =
    ("ssm", "DescribeParameters", r#"{"ParameterFilters":[{"Key":"Name","Option":"Equals","Values":["$id"]}]}"#);
const GET_DOCUMENT: (&str, &str, &str) = ("ssm", "GetDocument", r#"{"Name":"$id"}"#);

pub(super) const ASPECTS: &[Aspect] = &[
    of(PARAMETER, &["Type"], GET_PARAMETER, "Parameter/Type"),
    of(PARAMETER, &["Value"], GET_PARAMETER, "Parameter/Value"),
    of(PARAMETER, &["DataType"], GET_PARAMETER, "Parameter/DataType"),
    of(PARAMETER, &["Description"], PARAMETERS, "Parameters/0/Description"),
    of(PARAMETER, &["AllowedPattern"], PARAMETERS, "Parameters/0/AllowedPattern"),
    of(PARAMETER, &["Tier"], PARAMETERS, "Parameters/0/Tier"),
    of(PARAMETER, &["Tags"], ("ssm", "ListTagsForResource", r#"{"ResourceType":"Parameter","ResourceId":"$id"}"#), "TagList")
        .mended(&[once("ssm", "AddTagsToResource", r#"{"ResourceType":"Parameter","ResourceId":"$id","Tags":"$want"}"#)]),
    of(DOCUMENT, &["Content"], GET_DOCUMENT, "Content"),
    of(DOCUMENT, &["DocumentFormat"], GET_DOCUMENT, "DocumentFormat"),
    of(DOCUMENT, &["DocumentType"], GET_DOCUMENT, "DocumentType"),
    of(DOCUMENT, &["Tags"], ("ssm", "ListTagsForResource", r#"{"ResourceType":"Document","ResourceId":"$id"}"#), "TagList")
        .mended(&[once("ssm", "AddTagsToResource", r#"{"ResourceType":"Document","ResourceId":"$id","Tags":"$want"}"#)]),
];
