//! `IpPermissions`: in requests taken apart into one rule for each source, in answers put together from them.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>

use ipnet::{Ipv4Net, Ipv6Net};
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{error, invalid_parameter, missing, not_found_as, unsupported};
use crate::records::{Direction, Records, Rule, Source};
use crate::{cidr, security_group};

/// A permission of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IpPermission {
    ip_protocol: Option<String>,
    from_port: Option<i64>,
    to_port: Option<i64>,
    #[serde(default)]
    ip_ranges: Vec<IpRange>,
    #[serde(default)]
    ipv6_ranges: Vec<Ipv6Range>,
    #[serde(default)]
    prefix_list_ids: Vec<PrefixList>,
    #[serde(default)]
    user_id_group_pairs: Vec<GroupPair>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IpRange {
    #[serde(default)]
    cidr_ip: String,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6Range {
    #[serde(default)]
    cidr_ipv6: String,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrefixList {
    #[serde(default)]
    prefix_list_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupPair {
    group_id: Option<String>,
    group_name: Option<String>,
    /// The account of the group.
    user_id: Option<String>,
    description: Option<String>,
}

/// The short form of a permission: one protocol, port range and IPv4 block beside the group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShortRule<'a> {
    pub(crate) protocol: &'a Option<String>,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) block: &'a Option<String>,
}

impl ShortRule<'static> {
    /// A request without it.
    pub(crate) const NONE: Self = Self { protocol: &None, from: None, to: None, block: &None };
}

/// The rules that a request speaks of, for the group `group`.
pub(crate) fn rules(
    records: &Records,
    group: &str,
    direction: Direction,
    short: ShortRule<'_>,
    permissions: &[IpPermission],
) -> Result<Vec<Rule>, AwsError> {
    let mut rules = Vec::new();
    if let Some(protocol) = short.protocol {
        let block = short.block.as_deref().ok_or_else(|| missing("cidrIp"))?;
        let (protocol, from, to) = ports(protocol, short.from, short.to)?;
        rules.push(rule(group, direction, &protocol, from, to, Source::Ipv4(ipv4(block)?), None));
    }
    for permission in permissions {
        let protocol = permission.ip_protocol.as_deref().ok_or_else(|| missing("ipProtocol"))?;
        let (protocol, from, to) = ports(protocol, permission.from_port, permission.to_port)?;
        let mut push = |source, description: Option<&str>| {
            rules.push(rule(group, direction, &protocol, from, to, source, description));
        };
        let IpPermission { ip_ranges, ipv6_ranges, prefix_list_ids, user_id_group_pairs, .. } = permission;
        if ip_ranges.is_empty() && ipv6_ranges.is_empty() && prefix_list_ids.is_empty() && user_id_group_pairs.is_empty() {
            return Err(missing("source of the permission (ipRanges, ipv6Ranges, prefixListIds or groups)"));
        }
        for range in ip_ranges {
            push(Source::Ipv4(ipv4(&range.cidr_ip)?), range.description.as_deref());
        }
        for range in ipv6_ranges {
            push(Source::Ipv6(ipv6(&range.cidr_ipv6)?), range.description.as_deref());
        }
        if let Some(PrefixList { prefix_list_id: id }) = prefix_list_ids.first() {
            return Err(error("InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist")));
        }
        for pair in user_id_group_pairs {
            if pair.user_id.as_ref().is_some_and(|account| *account != records.account) {
                return Err(unsupported("security group rules", "the security group of another account"));
            }
            let id = match (&pair.group_id, &pair.group_name) {
                (Some(id), _) => records.groups.get(id).map(|group| group.id.clone()).ok_or_else(|| not_found_as("sg", id))?,
                (None, Some(name)) => security_group::by_name(records, name)?,
                (None, None) => return Err(missing("groupId")),
            };
            let here = records.group(group)?.vpc.clone();
            if records.group(&id)?.vpc != here {
                return Err(error(
                    "InvalidGroup.NotFound",
                    format!("You have specified two resources that belong to different networks: {group}, {id}"),
                ));
            }
            push(Source::Group(id), pair.description.as_deref());
        }
    }
    if rules.is_empty() {
        return Err(missing("ipPermissions"));
    }
    Ok(rules)
}

/// The rules of one direction, put together by protocol and ports as `IpPermissions` are.
pub(crate) fn permissions(records: &Records, group: &str, direction: Direction) -> Vec<Value> {
    let mut rules: Vec<&Rule> =
        records.rules.values().filter(|rule| rule.group == group && rule.direction == direction).collect();
    rules.sort_by(|a, b| (&a.protocol, a.from, a.to).cmp(&(&b.protocol, b.from, b.to)));
    rules
        .chunk_by(|a, b| a.protocol == b.protocol && a.from == b.from && a.to == b.to)
        .filter_map(|same| {
            let first = same.first()?;
            let described = |mut source: Value, rule: &Rule| {
                if let (Some(source), Some(description)) = (source.as_object_mut(), &rule.description) {
                    source.insert("Description".to_owned(), description.as_str().into());
                }
                source
            };
            let (mut ipv4, mut ipv6, mut groups) = (Vec::new(), Vec::new(), Vec::new());
            for rule in same {
                match &rule.source {
                    Source::Ipv4(block) => ipv4.push(described(json!({ "CidrIp": block.to_string() }), rule)),
                    Source::Ipv6(block) => ipv6.push(described(json!({ "CidrIpv6": block.to_string() }), rule)),
                    Source::Group(id) => groups.push(described(json!({ "GroupId": id, "UserId": records.account }), rule)),
                }
            }
            let mut permission = json!({
                "IpProtocol": first.protocol, "IpRanges": ipv4, "Ipv6Ranges": ipv6, "PrefixListIds": [], "UserIdGroupPairs": groups,
            });
            if first.protocol != "-1"
                && let Some(permission) = permission.as_object_mut()
            {
                permission.insert("FromPort".to_owned(), first.from.into());
                permission.insert("ToPort".to_owned(), first.to.into());
            }
            Some(permission)
        })
        .collect()
}

fn rule(
    group: &str,
    direction: Direction,
    protocol: &str,
    from: i64,
    to: i64,
    source: Source,
    description: Option<&str>,
) -> Rule {
    Rule {
        id: String::new(),
        group: group.to_owned(),
        direction,
        protocol: protocol.to_owned(),
        from,
        to,
        source,
        description: description.map(str::to_owned),
    }
}

/// Protocol and port range. Names stand for the numbers of TCP, UDP and ICMP; all protocols have no ports.
fn ports(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<(String, i64, i64), AwsError> {
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "tcp" | "6" => "tcp".to_owned(),
        "udp" | "17" => "udp".to_owned(),
        "icmp" | "1" => "icmp".to_owned(),
        "icmpv6" | "58" => "icmpv6".to_owned(),
        "-1" | "all" => "-1".to_owned(),
        other => match other.parse::<u8>() {
            Ok(number) => number.to_string(),
            Err(_) => {
                return Err(error(
                    "InvalidPermission.Malformed",
                    format!("Unsupported IP protocol \"{protocol}\"  - supported: [tcp, udp, icmp]"),
                ));
            }
        },
    };
    match protocol.as_str() {
        "tcp" | "udp" => {
            let (Some(from), Some(to)) = (from, to) else {
                return Err(error(
                    "InvalidParameterValue",
                    "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
                ));
            };
            let allowed = 0..=65535;
            if !allowed.contains(&from) || !allowed.contains(&to) {
                let port = if allowed.contains(&from) { to } else { from };
                return Err(invalid_parameter(format!("Invalid value '{port}' for portRange. TCP/UDP port out of range.")));
            }
            if from > to {
                return Err(invalid_parameter(format!("Invalid TCP/UDP port range ({from}:{to})")));
            }
            Ok((protocol, from, to))
        }
        "icmp" | "icmpv6" => Ok((protocol, from.unwrap_or(-1), to.unwrap_or(-1))),
        _ => Ok((protocol, -1, -1)),
    }
}

/// A block without host bits.
fn ipv4(block: &str) -> Result<Ipv4Net, AwsError> {
    let parsed = cidr::parse(block).filter(|parsed| parsed.to_string() == block);
    parsed.ok_or_else(|| malformed(block))
}

fn ipv6(block: &str) -> Result<Ipv6Net, AwsError> {
    block.parse().map_err(|_| malformed(block))
}

fn malformed(block: &str) -> AwsError {
    invalid_parameter(format!("CIDR block {block} is malformed"))
}
