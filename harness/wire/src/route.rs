//! Which operation a request asks for.

use http::request::Parts;

use crate::AwsError;
use crate::codec::Codec;
use crate::form;
use crate::operation::Operation;
use crate::path::{match_template, s3_address};
use crate::protocol::{Protocol, rpc_path, target};
use crate::route_table::{Route, Routes};

impl<'m> Codec<'m> {
    /// Which operation a request asks for. `body` is read by the Query protocols only.
    pub fn route(self, parts: &Parts, body: &[u8]) -> Result<&'m Operation, AwsError> {
        match self.protocol() {
            Protocol::Json => self.route_target(parts),
            Protocol::Cbor => self.route_rpc(parts),
            Protocol::Query | Protocol::Ec2Query => self.route_action(parts, body),
            Protocol::RestJson | Protocol::RestXml => self.route_path(parts),
        }
    }

    fn route_target(self, parts: &Parts) -> Result<&'m Operation, AwsError> {
        let sent = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        self.named(target(parts), sent)
    }

    fn route_rpc(self, parts: &Parts) -> Result<&'m Operation, AwsError> {
        self.named(rpc_path(parts.uri.path()), parts.uri.path())
    }

    fn named(self, found: Option<(&str, &str)>, sent: &str) -> Result<&'m Operation, AwsError> {
        let operation = match found {
            Some((service, name)) if Some(service) == self.model().target_prefix.as_deref() => self.model().operation(name),
            _ => None,
        };
        operation.ok_or_else(|| AwsError::new("UnknownOperationException", 400, format!("The operation {sent} is not known")))
    }

    fn route_action(self, parts: &Parts, body: &[u8]) -> Result<&'m Operation, AwsError> {
        let parameters = parameters(parts, body)?;
        let value = |name: &str| parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let Some(action) = value("Action").filter(|action| !action.is_empty()) else {
            return Err(AwsError::new("MissingAction", 400, "The request must contain the parameter Action"));
        };
        let unknown = || {
            let message = if self.protocol() == Protocol::Ec2Query {
                format!("The action {action} is not valid for this web service.")
            } else {
                format!("Could not find operation {action} for version {}", value("Version").unwrap_or("NO_VERSION_SPECIFIED"))
            };
            AwsError::new("InvalidAction", 400, message)
        };
        self.model().operation(action).ok_or_else(unknown)
    }

    fn route_path(self, parts: &Parts) -> Result<&'m Operation, AwsError> {
        let routes = self.model().routes.get_or_init(|| Routes::new(self.model().operations()));
        let s3 = self.model().signing_name() == "s3";
        let query = form::parse_query(&parts.uri);
        let path = if s3 {
            let address = s3_address(parts)?;
            match (address.bucket, address.key) {
                (None, _) => "/",
                (Some(_), None) => "/{Bucket}",
                (Some(_), Some(_)) => "/{Bucket}/{Key+}",
            }
        } else {
            parts.uri.path()
        };
        let carries = |(name, value): &(String, Option<String>)| {
            query.iter().any(|(found, text)| found == name && value.as_ref().is_none_or(|value| value == text))
        };
        let mut best: Option<(usize, &Route, &Operation)> = None;
        for route in routes.routes.iter().filter(|route| route.method == parts.method.as_str()) {
            let Some(operation) = self.model().operation(&route.operation) else { continue };
            let here = if s3 { route.path == path } else { match_template(&route.path, path).is_some() };
            let needs = &operation.needs;
            if !here
                || !route.literals.iter().all(carries)
                || !needs.query.iter().all(|name| query.iter().any(|(found, _)| found == name))
                || !needs.headers.iter().all(|name| parts.headers.contains_key(name))
            {
                continue;
            }
            // The most particular one: `?uploads` before none, CopyObject's header before PutObject. A path that is spelled out
            // goes before one with labels.
            let labels = route.path.matches('{').count();
            let score = (route.literals.len() + needs.query.len() + needs.headers.len()) * 8 + 7_usize.saturating_sub(labels);
            if best.is_none_or(|(other, _, _)| score > other) {
                best = Some((score, route, operation));
            }
        }
        match best {
            // A subresource which no route of this method has: never the bucket or object itself (`DELETE ?acl` deletes nothing).
            Some((_, route, _))
                if s3
                    && query.iter().any(|(name, _)| {
                        routes.subresources.contains(name) && !route.literals.iter().any(|(literal, _)| literal == name)
                    }) =>
            {
                Err(self.method_not_allowed(parts))
            }
            // `x-id` is what newer SDKs add to tell apart operations of one route.
            Some((_, _, operation)) => {
                let named = query.iter().find(|(name, _)| name == "x-id").and_then(|(_, name)| self.model().operation(name));
                let elsewhere = named.filter(|named| s3 && named.uri == operation.uri && named.method == operation.method);
                Ok(elsewhere.filter(|named| named.needs.headers.is_empty() && named.needs.query.is_empty()).unwrap_or(operation))
            }
            None if s3 => Err(self.method_not_allowed(parts)),
            None => Err(AwsError::new("UnknownOperationException", 404, "The requested operation is not known")),
        }
    }

    fn method_not_allowed(self, parts: &Parts) -> AwsError {
        AwsError::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
            .with("Method", parts.method.as_str())
    }
}

/// Parameters of a Query request: the form's, and those of the URI.
pub(crate) fn parameters(parts: &Parts, body: &[u8]) -> Result<Vec<(String, String)>, AwsError> {
    let mut found = form::parse_query(&parts.uri);
    let form =
        form::parse(body).ok_or_else(|| AwsError::new("MalformedQueryString", 400, "The request has too many parameters"))?;
    found.extend(form);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    /// A request made of an operation's route: labels filled in, and what it needs beside.
    fn made(operation: &Operation, virtual_host: bool) -> Parts {
        let bucket = "my.bucket";
        let mut uri = operation.uri.replace("{Key+}", "a/b%20c");
        uri = if virtual_host { uri.replacen("/{Bucket}", "", 1) } else { uri.replace("{Bucket}", bucket) };
        if !uri.starts_with('/') {
            uri.insert(0, '/');
        }
        for name in &operation.needs.query {
            uri = format!("{uri}{}{name}=1", if uri.contains('?') { '&' } else { '?' });
        }
        let host =
            if virtual_host { format!("{bucket}.s3.us-east-1.amazonaws.com") } else { "s3.us-east-1.amazonaws.com".to_owned() };
        let mut headers = vec![("host", host.as_str())];
        headers.extend(operation.needs.headers.iter().map(|name| (name.as_str(), "x")));
        request(&operation.method, &uri, &headers)
    }

    #[test]
    fn every_operation_of_s3_is_found_by_its_route() {
        let s3 = service("s3").unwrap().codec();
        for operation in s3.model().operations() {
            // One route with ListBuckets, but for the host; and one without bucket.
            if matches!(operation.name(), "ListDirectoryBuckets" | "WriteGetObjectResponse") {
                continue;
            }
            let virtual_hosts: &[bool] = if operation.uri.contains("{Bucket}") { &[false, true] } else { &[false] };
            for virtual_host in virtual_hosts {
                let parts = made(operation, *virtual_host);
                assert_eq!(s3.route(&parts, b"").map(Operation::name), Ok(operation.name()), "{} {}", parts.method, parts.uri);
            }
        }
    }

    #[test]
    fn every_operation_of_lambda_is_found_by_its_route() {
        let lambda = service("lambda").unwrap().codec();
        for operation in lambda.model().operations() {
            let mut uri = operation.uri.clone();
            while let (Some(from), Some(to)) = (uri.find('{'), uri.find('}')) {
                uri.replace_range(from..=to, "x%3Ay");
            }
            let parts = request(&operation.method, &uri, &[]);
            assert_eq!(lambda.route(&parts, b"").map(Operation::name), Ok(operation.name()), "{} {}", parts.method, parts.uri);
        }
    }

    #[test]
    fn an_unknown_subresource_never_reaches_the_bucket_itself() {
        let s3 = service("s3").unwrap().codec();
        for (method, uri) in [
            ("DELETE", "/bucket?acl"),
            ("DELETE", "/bucket/key?acl"),
            ("PUT", "/bucket/key?policy"),
            ("PATCH", "/bucket"),
            ("PUT", "/"),
        ] {
            let parts = request(method, uri, &[("host", "127.0.0.1")]);
            assert_eq!(s3.route(&parts, b"").map(Operation::name).unwrap_err().code, "MethodNotAllowed", "{method} {uri}");
        }
        for (uri, name) in [
            ("/bucket?x-id=ListObjects&unknown=1", "ListObjects"),
            ("/bucket/key?x-id=GetObject&versionId=v", "GetObject"),
            ("/bucket/", "ListObjects"),
            ("/?x-id=ListBuckets", "ListBuckets"),
        ] {
            let parts = request("GET", uri, &[("host", "127.0.0.1")]);
            assert_eq!(s3.route(&parts, b"").map(Operation::name), Ok(name), "{uri}");
        }
    }

    #[test]
    fn unknown_operations_are_awss_errors_and_unserved_ones_are_named() {
        let target = |target: &str| request("POST", "/", &[("x-amz-target", target)]);
        let ssm = service("ssm").unwrap().codec();
        for unknown in ["AmazonSSM.Nonsense", "Other.SendCommand", "SendCommand", ""] {
            assert_eq!(ssm.route(&target(unknown), b"").map(Operation::name).unwrap_err().code, "UnknownOperationException");
        }
        let parts = target("AmazonSSM.CreateOpsItem");
        let error = ssm.decode(ssm.route(&parts, b"").unwrap(), &parts, b"").unwrap_err();
        assert_eq!(error.code, "NotImplemented");
        assert!(error.message.contains("CreateOpsItem"), "{error}");
        let ec2 = service("ec2").unwrap().codec();
        let parts = request("POST", "/", &[]);
        for (body, code) in
            [(&b"Action=Nonsense"[..], "InvalidAction"), (b"", "MissingAction"), (b"\xff\xfe=%zz&&&==", "MissingAction")]
        {
            assert_eq!(ec2.route(&parts, body).map(Operation::name).unwrap_err().code, code);
        }
        let body = b"Action=DescribeInstances&Nonsense.1.Name=x";
        let error = ec2.decode(ec2.route(&parts, body).unwrap(), &parts, body).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("UnknownParameter", "The parameter Nonsense.1.Name is not recognized")
        );
        let lambda = service("lambda").unwrap().codec();
        assert_eq!(lambda.route(&request("GET", "/nowhere", &[]), b"").map(Operation::name).unwrap_err().status, 404);
    }
}
