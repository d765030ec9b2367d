//! Which service a request is for, by what clients write into its head: one without a signature, or one of an API that is signed for another.

use std::sync::OnceLock;

use http::request::Parts;
use serde::Deserialize;

use crate::form;
use crate::model::{SERVICES, TEXTS};
use crate::protocol::{Protocol, rpc_path, target};

/// The part of a model that tells its service from others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Heading {
    protocols: Vec<Protocol>,
    api_version: String,
    target_prefix: Option<String>,
    signs_as: Option<String>,
}

fn headings() -> impl Iterator<Item = (&'static str, &'static Heading)> {
    static HEADINGS: OnceLock<Vec<(&str, Heading)>> = OnceLock::new();
    let all = HEADINGS.get_or_init(|| {
        let models = SERVICES.iter().zip(TEXTS);
        models.filter_map(|(name, text)| Some((*name, serde_json::from_str(text).ok()?))).collect()
    });
    all.iter().map(|(name, heading)| (*name, heading))
}

/// The service that a request signed for `scope` is for: an API that is signed for another one has a target prefix of its own.
pub fn service_of_scope<'a>(parts: &Parts, scope: &'a str) -> &'a str {
    let second = |prefix: &str| {
        let of_scope = headings().filter(|(_, heading)| heading.signs_as.as_deref() == Some(scope));
        of_scope.into_iter().find(|(_, heading)| heading.target_prefix.as_deref() == Some(prefix)).map(|(name, _)| name)
    };
    target(parts).and_then(|(prefix, _)| second(prefix)).unwrap_or(scope)
}

/// The signing name of the service whose operation a request names by its JSON target, its path of RPC or the version of its form; `None`
/// without any of them. A target that no model has stands for its service itself. A form that gives no version in its URI is STS's: its body
/// is not read, and any service of the protocol says in the same words that the signature is missing.
pub fn service_of_unsigned(parts: &Parts) -> Option<&str> {
    let prefix = match Protocol::from_head(parts)? {
        Protocol::Cbor => rpc_path(parts.uri.path())?.0,
        Protocol::Json => target(parts)?.0,
        _ if parts.uri.path() != "/" => return None,
        _ => {
            let version = form::parse_query(&parts.uri).into_iter().find(|(name, _)| name == "Version");
            let of_form =
                |heading: &Heading| heading.protocols.iter().any(|one| matches!(one, Protocol::Query | Protocol::Ec2Query));
            let found = version.and_then(|(_, version)| {
                headings().find(|(_, heading)| heading.api_version == version && of_form(heading)).map(|(name, _)| name)
            });
            return Some(found.unwrap_or("sts"));
        }
    };
    Some(headings().find(|(_, heading)| heading.target_prefix.as_deref() == Some(prefix)).map_or(prefix, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_that_is_signed_for_another_is_told_by_its_target() {
        let place = |scope: &str, target: &str| {
            let request = http::Request::builder().method("POST").uri("/").header("x-amz-target", target).body(()).unwrap();
            service_of_scope(&request.into_parts().0, scope).to_owned()
        };
        assert_eq!(place("dynamodb", "DynamoDBStreams_20120810.GetRecords"), "dynamodbstreams");
        assert_eq!(place("dynamodb", "DynamoDB_20120810.GetItem"), "dynamodb");
        assert_eq!(place("ssm", "DynamoDBStreams_20120810.GetRecords"), "ssm");
    }

    #[test]
    fn heads_name_services_by_their_models() {
        let place = |method: &str, uri: &str, header: (&str, &str)| {
            let request = http::Request::builder().method(method).uri(uri).header(header.0, header.1).body(()).unwrap();
            service_of_unsigned(&request.into_parts().0).map(str::to_owned)
        };
        let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        for (target, name) in [
            ("AmazonSSM.ListCommands", "ssm"),
            ("GraniteServiceVersion20100801.ListMetrics", "monitoring"),
            ("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", "cloudtrail"),
            ("DynamoDBStreams_20120810.ListStreams", "dynamodbstreams"),
            ("Nobody_20120810.ListTables", "Nobody_20120810"),
        ] {
            assert_eq!(place("POST", "/", ("x-amz-target", target)).as_deref(), Some(name));
        }
        let rpc = "/service/ResourceGroupsTaggingAPI_20170126/operation/GetResources";
        assert_eq!(place("POST", rpc, ("smithy-protocol", "rpc-v2-cbor")).as_deref(), Some("tagging"));
        assert_eq!(place("POST", "/", form).as_deref(), Some("sts"));
        assert_eq!(place("POST", "/?Action=DescribeVpcs&Version=2016-11-15", form).as_deref(), Some("ec2"));
        assert_eq!(place("GET", "/?Action=ListRoles&Version=2010-05-08", ("a", "b")).as_deref(), Some("iam"));
        assert_eq!(place("POST", "/bucket", form), None);
        assert_eq!(place("GET", "/", form), None);
    }
}
