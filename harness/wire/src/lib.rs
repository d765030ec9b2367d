//! AWS's wire protocols, driven by AWS's own service models. Pure: no clock, files, environment or network.
//!
//! A request becomes a document (a JSON object keyed by the model's member names) by [`Codec::route`] and [`Codec::decode`], in the protocol
//! that the request is written in ([`ServiceModel::codec_for`]); an answer is made of one by [`Codec::encode`]. A client's half is
//! [`Codec::encode_request`] and [`Codec::decode_answer`]. Timestamps in documents are RFC 3339 strings, blobs base64 strings. Streamed payloads are never in a
//! document.

mod answer;
pub mod arn;
#[cfg(test)]
mod botocore_cases;
mod capitals;
mod cbor;
mod client;
mod codec;
mod coerce;
mod compression;
mod error;
mod error_answer;
mod form;
mod header_list;
mod identity_claim;
mod json;
mod model;
mod operation;
mod output_check;
mod path;
mod pattern;
mod post_form;
mod protocol;
mod query;
mod request;
mod route;
mod route_table;
mod sample;
pub mod sigv4;
mod timestamp;
mod unsigned;
mod validate;
mod xml;
mod xml_body;

pub use codec::Codec;
pub use error::AwsError;
pub use error_answer::unserved;
pub use form::parse_query as query_pairs;
pub use identity_claim::{IdentityClaim, identity_claim};
pub use model::{SERVICES, ServiceModel, service};
pub use operation::Operation;
pub use post_form::{post_claim, post_lacks, post_response, post_tags};
pub use protocol::{Protocol, operation_of_head};
pub use sample::Sample;
pub use unsigned::{service_of_scope, service_of_unsigned};

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> http::request::Parts {
        let mut builder = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap().into_parts().0
    }

    fn body(response: &http::Response<Vec<u8>>) -> String {
        String::from_utf8(response.body().clone()).unwrap()
    }

    #[test]
    fn json_goes_round() {
        let ssm = service("ssm").unwrap().codec();
        let parts = request("POST", "/", &[("x-amz-target", "AmazonSSM.SendCommand")]);
        let sent =
            br#"{"DocumentName":"AWS-RunShellScript","InstanceIds":["i-0123456789abcdef0"],"Parameters":{"commands":["a","b"]},"Later":1}"#;
        let operation = ssm.route(&parts, sent).unwrap();
        assert_eq!(operation.name(), "SendCommand");
        let input = ssm.decode(operation, &parts, sent).unwrap();
        assert_eq!(input["Parameters"], json!({"commands": ["a", "b"]}));
        assert!(input.get("Later").is_none());
        let answer = ssm.encode(
            operation,
            &json!({"Command": {"CommandId": "c", "RequestedDateTime": "2026-11-23T03:00:00Z", "Comment": null}}),
            "id",
        );
        assert_eq!(body(&answer), r#"{"Command":{"CommandId":"c","RequestedDateTime":1795402800}}"#);
        assert_eq!(answer.headers()["x-amzn-requestid"], "id");
    }

    #[test]
    fn query_goes_round() {
        let iam = service("iam").unwrap().codec();
        let parts = request("POST", "/", &[]);
        let sent = b"Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a+b&Tags.member.1.Value=c";
        let operation = iam.route(&parts, sent).unwrap();
        assert_eq!(
            iam.decode(operation, &parts, sent).unwrap(),
            json!({"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "a b", "Value": "c"}]})
        );
        let answer =
            iam.encode(operation, &json!({"Role": {"RoleName": "r", "CreateDate": "2026-11-23T03:00:00Z", "Tags": []}}), "id");
        assert_eq!(
            body(&answer),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateRoleResult><Role><RoleName>r</RoleName><CreateDate>2026-11-23T03:00:00Z</CreateDate><Tags></Tags></Role></CreateRoleResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></CreateRoleResponse>"
        );
    }

    #[test]
    fn ec2_goes_round() {
        let ec2 = service("ec2").unwrap().codec();
        let parts = request("POST", "/", &[]);
        let sent = b"Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3ABackup&Filter.1.Value.1=Enabled&InstanceId.1=i-1&InstanceId.10=i-10&InstanceId.2=i-2";
        let operation = ec2.route(&parts, sent).unwrap();
        assert_eq!(
            ec2.decode(operation, &parts, sent).unwrap(),
            json!({"InstanceIds": ["i-1", "i-2", "i-10"], "Filters": [{"Name": "tag:Backup", "Values": ["Enabled"]}]})
        );
        let answer = ec2.encode(
            operation,
            &json!({"Reservations": [{"Instances": [{"InstanceId": "i-1", "Tags": [{"Key": "k", "Value": "v"}]}]}]}),
            "id",
        );
        assert!(body(&answer).ends_with("<requestId>id</requestId><reservationSet><item><instancesSet><item><tagSet><item><key>k</key><value>v</value></item></tagSet><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"), "{}", body(&answer));
    }

    #[test]
    fn rest_json_goes_round() {
        let lambda = service("lambda").unwrap().codec();
        let parts = request("POST", "/2015-03-31/functions/f/invocations?Qualifier=1", &[("x-amz-invocation-type", "Event")]);
        let operation = lambda.route(&parts, b"").unwrap();
        assert_eq!(operation.name(), "Invoke");
        assert_eq!(
            lambda.decode(operation, &parts, b"{}").unwrap(),
            json!({"FunctionName": "f", "Qualifier": "1", "InvocationType": "Event", "Payload": "e30="})
        );
        let answer = lambda.encode(operation, &json!({"StatusCode": 202, "Payload": "e30=", "FunctionError": "Unhandled"}), "id");
        assert_eq!((answer.status().as_u16(), body(&answer).as_str()), (202, "{}"));
        assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    }

    #[test]
    fn rest_xml_goes_round() {
        let s3 = service("s3").unwrap().codec();
        let parts = request("PUT", "/?tagging", &[("host", "my.bucket.s3.amazonaws.com")]);
        let operation = s3.route(&parts, b"").unwrap();
        assert_eq!(operation.name(), "PutBucketTagging");
        let sent = b"<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>";
        assert_eq!(
            s3.decode(operation, &parts, sent).unwrap(),
            json!({"Bucket": "my.bucket", "Tagging": {"TagSet": [{"Key": "a", "Value": ""}]}})
        );
        let parts = request("GET", "/bucket?list-type=2&prefix=a%2Fb", &[("host", "127.0.0.1:1")]);
        let operation = s3.route(&parts, b"").unwrap();
        assert_eq!(s3.decode(operation, &parts, b"").unwrap(), json!({"Bucket": "bucket", "Prefix": "a/b"}));
        let answer = s3.encode(
            operation,
            &json!({"Name": "bucket", "IsTruncated": false, "Contents": [{"Key": "a", "Size": 1}, {"Key": "b"}]}),
            "id",
        );
        assert_eq!(
            body(&answer),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Key></Contents><Name>bucket</Name></ListBucketResult>"
        );
    }

    #[test]
    fn s3_objects_have_headers() {
        let s3 = service("s3").unwrap().codec();
        let parts = request(
            "PUT",
            "/bucket/a%20b/c+d",
            &[
                ("host", "127.0.0.1"),
                ("content-encoding", "aws-chunked"),
                ("x-amz-decoded-content-length", "5"),
                ("content-length", "90"),
                ("x-amz-meta-sha256", "x"),
            ],
        );
        let operation = s3.route(&parts, b"").unwrap();
        assert_eq!(operation.name(), "PutObject");
        assert_eq!(
            s3.decode(operation, &parts, b"").unwrap(),
            json!({"Bucket": "bucket", "Key": "a b/c+d", "ContentLength": 5, "Metadata": {"sha256": "x"}})
        );
        let get = s3.model().operation("GetObject").unwrap();
        let answer = s3.encode(
            get,
            &json!({"ContentLength": 5, "LastModified": "2026-11-23T03:00:00Z", "Metadata": {"sha256": "x"}, "ETag": "\"e\""}),
            "id",
        );
        assert_eq!(answer.headers()["last-modified"], "Mon, 23 Nov 2026 03:00:00 GMT");
        assert_eq!(answer.headers()["x-amz-meta-sha256"], "x");
        assert_eq!(answer.headers()["content-length"], "5");
    }
}
