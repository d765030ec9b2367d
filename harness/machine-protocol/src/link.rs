//! What an instance reaches of AWS by its VPC: the region sends it each time that it changes.

use std::collections::BTreeSet;

const NAMES: u8 = 1;
const ENDPOINTS: u8 = 2;

/// How many bytes come first: what is reached, and the length of the rest.
pub const HEAD: usize = 3;

/// What an instance reaches of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The VPC's DNS server.
    pub names: bool,
    /// Endpoints of services.
    pub endpoints: bool,
    /// Services with which it is otherwise, as VPC endpoints lead to them or fail to: `s3`, `ssm`.
    pub others: BTreeSet<String>,
}

impl Link {
    /// All of it.
    pub const OPEN: Self = Self { names: true, endpoints: true, others: BTreeSet::new() };

    /// Whether a service's endpoint is reached.
    pub fn reaches(&self, service: &str) -> bool {
        self.endpoints != self.others.contains(service)
    }

    /// Whether any service's endpoint is reached.
    pub fn carries(&self) -> bool {
        self.endpoints || !self.others.is_empty()
    }

    /// As it is sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bit = |is_there: bool, bit: u8| if is_there { bit } else { 0 };
        let services = self.others.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let length = u16::try_from(services.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![bit(self.names, NAMES) | bit(self.endpoints, ENDPOINTS)];
        bytes.extend(length.to_be_bytes());
        bytes.extend(services.bytes().take(length.into()));
        bytes
    }

    /// How many bytes follow such a head.
    pub fn length(head: [u8; HEAD]) -> usize {
        let [_, high, low] = head;
        u16::from_be_bytes([high, low]).into()
    }

    /// What was sent.
    pub fn from_bytes(head: [u8; HEAD], rest: &[u8]) -> Self {
        let [bits, ..] = head;
        let services = String::from_utf8_lossy(rest);
        let others = services.split(',').filter(|service| !service.is_empty()).map(str::to_owned).collect();
        Self { names: bits & NAMES != 0, endpoints: bits & ENDPOINTS != 0, others }
    }
}

/// The service that a name of AWS's is an endpoint of: `s3` for `bucket.s3.us-east-1.amazonaws.com`. A name of another region than `here` is that of
/// no service here: a VPC endpoint leads to its own region alone.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>
pub fn service_of<'a>(name: &'a str, here: &str) -> &'a str {
    let labels = name.strip_suffix(".amazonaws.com").unwrap_or(name);
    let last = labels.rsplit('.').next().unwrap_or(labels);
    let region = last.strip_prefix("s3-").unwrap_or(last);
    if region != here && is_region(region) {
        return labels;
    }
    if labels.split('.').any(|label| label == "s3" || label.starts_with("s3-")) {
        return "s3";
    }
    labels.split('.').next().unwrap_or(labels)
}

/// Whether a label has the form of a region's name, `us-east-1`.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    match parts.as_slice() {
        [area, .., number] => {
            parts.len() > 2
                && area.len() == 2
                && number.len() == 1
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(link: &Link) -> Link {
        let bytes = link.to_bytes();
        let head: [u8; HEAD] = bytes[..HEAD].try_into().unwrap();
        assert_eq!(Link::length(head), bytes.len() - HEAD);
        Link::from_bytes(head, &bytes[HEAD..])
    }

    #[test]
    fn what_is_sent_is_read_back() {
        let others = BTreeSet::from(["s3".to_owned(), "ssm".to_owned()]);
        for link in [
            Link::OPEN,
            Link { names: false, ..Link::OPEN },
            Link { endpoints: false, ..Link::OPEN },
            Link { endpoints: false, others, ..Link::OPEN },
        ] {
            assert_eq!(sent(&link), link);
        }
    }

    #[test]
    fn others_are_reached_where_the_rest_is_not_and_not_where_it_is() {
        let others = BTreeSet::from(["s3".to_owned()]);
        let closed = Link { endpoints: false, others: others.clone(), ..Link::OPEN };
        assert!(closed.reaches("s3") && !closed.reaches("ssm") && closed.carries());
        let open = Link { others, ..Link::OPEN };
        assert!(!open.reaches("s3") && open.reaches("ssm"));
        assert!(!Link { endpoints: false, ..Link::OPEN }.carries());
    }

    #[test]
    fn a_name_is_of_the_service_of_its_first_label_or_of_s3() {
        for (name, service) in [
            ("ssm.us-east-1.amazonaws.com", "ssm"),
            ("my.bucket.s3.us-east-1.amazonaws.com", "s3"),
            ("s3-us-east-1.amazonaws.com", "s3"),
            ("my-1.s3.amazonaws.com", "s3"),
            ("s3.amazonaws.com", "s3"),
            ("sts.amazonaws.com", "sts"),
        ] {
            assert_eq!(service_of(name, "us-east-1"), service, "{name}");
        }
    }

    #[test]
    fn an_endpoint_of_another_region_is_reached_as_the_internet_is() {
        let others = BTreeSet::from(["s3".to_owned(), "ssm".to_owned()]);
        let link = Link { endpoints: false, others, ..Link::OPEN };
        for name in ["ssm.eu-west-1.amazonaws.com", "b.s3.eu-west-1.amazonaws.com", "s3-us-west-2.amazonaws.com"] {
            assert!(!link.reaches(service_of(name, "us-east-1")), "{name}");
        }
        assert!(link.reaches(service_of("ssm.eu-west-1.amazonaws.com", "eu-west-1")));
    }
}
