//! Amazon Resource Names, see <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

use std::fmt;
use std::str::FromStr;

/// A resource's name in full: `arn:aws:iam::000000000000:role/backup`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    /// `aws`.
    pub partition: String,
    /// `iam`.
    pub service: String,
    /// Empty for global services and S3.
    pub region: String,
    /// Empty for S3's buckets.
    pub account: String,
    /// The rest; may contain colons and slashes.
    pub resource: String,
}

/// A text that is no ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN")]
pub struct NotAnArn(String);

impl Arn {
    /// An ARN of the partition `aws`.
    pub fn new(service: &str, region: &str, account: &str, resource: impl Into<String>) -> Self {
        Self {
            partition: "aws".to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource: resource.into(),
        }
    }

    /// What stands before the resource's first slash or colon: `role`, `function`; `None` for resources without a type.
    pub fn resource_type(&self) -> Option<&str> {
        self.resource.split_once(['/', ':']).map(|(kind, _)| kind)
    }

    /// What stands behind it: `backup`, `path/backup`; the whole resource when it has no type.
    pub fn resource_id(&self) -> &str {
        self.resource.split_once(['/', ':']).map_or(&self.resource, |(_, id)| id)
    }
}

/// The root of an account, as policies name the account: `arn:aws:iam::000000000000:root`.
pub fn root_of(account: &str) -> String {
    Arn::new("iam", "", account, "root").to_string()
}

/// The service in the text of an ARN; empty where the text is none.
pub fn service_of(arn: &str) -> &str {
    part(arn, 2)
}

/// The region in the text of an ARN; empty for global services, and where the text is no ARN.
pub fn region_of(arn: &str) -> &str {
    part(arn, 3)
}

/// The account in the text of an ARN; empty where it names none, and where the text is no ARN.
pub fn account_of(arn: &str) -> &str {
    part(arn, 4)
}

/// The resource in the text of an ARN, with its colons and slashes; empty where the text is no ARN.
pub fn resource_of(arn: &str) -> &str {
    part(arn, 5)
}

fn part(arn: &str, index: usize) -> &str {
    arn.splitn(6, ':').nth(index).filter(|_| arn.starts_with("arn:")).unwrap_or_default()
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        let mut parts = text.splitn(6, ':').map(str::to_owned);
        let mut next = || parts.next().ok_or_else(|| NotAnArn(text.to_owned()));
        let prefix = next()?;
        let found = Self { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? };
        let whole = prefix == "arn" && !found.partition.is_empty() && !found.service.is_empty() && !found.resource.is_empty();
        if whole { Ok(found) } else { Err(NotAnArn(text.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_go_round() {
        for (text, kind, id) in [
            ("arn:aws:iam::000000000000:role/service-role/backup", Some("role"), "service-role/backup"),
            ("arn:aws:lambda:us-east-1:000000000000:function:f:1", Some("function"), "f:1"),
            ("arn:aws:s3:::bucket", None, "bucket"),
            ("arn:aws:sqs:us-east-1:000000000000:queue", None, "queue"),
        ] {
            let arn: Arn = text.parse().unwrap();
            assert_eq!((arn.to_string().as_str(), arn.resource_type(), arn.resource_id()), (text, kind, id));
        }
    }

    #[test]
    fn the_parts_of_a_text_are_those_of_the_arn() {
        let text = "arn:aws:lambda:us-east-1:000000000000:function:f:1";
        let parts = [service_of(text), region_of(text), account_of(text), resource_of(text)];
        assert_eq!(parts, ["lambda", "us-east-1", "000000000000", "function:f:1"]);
        assert_eq!([account_of("arn:aws:s3:::b"), account_of("a:b:c:d:e:f"), resource_of("name")], ["", "", ""]);
    }

    #[test]
    fn other_texts_are_no_arns() {
        for text in ["", "arn", "arn:aws:s3:::", "arn::s3:::b", "urn:aws:s3:::b", "arn:aws:s3::b"] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
