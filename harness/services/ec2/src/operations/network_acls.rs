//! Network ACLs, their entries and associations. <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>

use ipnet::Ipv4Net;
use nightproof_core::service::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cidr;
use crate::client_token;
use crate::error::{dependency, error, invalid_parameter, missing, not_found_as, unsupported};
use crate::filter::{Filter, filtered, page, selected};
use crate::records::{AclEntry, NetworkAcl, Records};
use crate::request_tags::{self, TagSpecification};

/// The number of the rule that denies what no other rule is for; numbers of one's own are below.
const LAST: i64 = 32767;

fn describe_one(records: &Records, acl: &NetworkAcl) -> Value {
    let last = [true, false].map(|egress| AclEntry {
        number: LAST,
        egress,
        allows: false,
        protocol: "-1".to_owned(),
        cidr: Ipv4Net::default(),
        ports: None,
        icmp: None,
    });
    let mut entries: Vec<&AclEntry> = acl.entries.iter().chain(&last).collect();
    entries.sort_by_key(|entry| (!entry.egress, entry.number));
    let associations = acl.associations.iter().map(|association| {
        json!({
            "NetworkAclAssociationId": association.id, "NetworkAclId": acl.id, "SubnetId": association.subnet,
        })
    });
    json!({
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc,
        "OwnerId": records.account,
        "IsDefault": acl.default,
        "Entries": entries.into_iter().map(describe_entry).collect::<Vec<_>>(),
        "Associations": associations.collect::<Vec<_>>(),
        "Tags": records.tags_of(&acl.id),
    })
}

fn describe_entry(entry: &AclEntry) -> Value {
    let mut described = json!({
        "RuleNumber": entry.number,
        "Egress": entry.egress,
        "Protocol": entry.protocol,
        "RuleAction": if entry.allows { "allow" } else { "deny" },
        "CidrBlock": entry.cidr.to_string(),
    });
    if let Some(members) = described.as_object_mut() {
        if let Some((from, to)) = entry.ports {
            members.insert("PortRange".to_owned(), json!({ "From": from, "To": to }));
        }
        if let Some((kind, code)) = entry.icmp {
            members.insert("IcmpTypeCode".to_owned(), json!({ "Type": kind, "Code": code }));
        }
    }
    described
}

/// `CreateNetworkAcl`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateNetworkAcl {
    #[serde(default)]
    tag_specifications: Vec<TagSpecification>,
    client_token: Option<String>,
    #[serde(default)]
    dry_run: bool,
    vpc_id: String,
}

pub(crate) fn create(records: &mut Records, input: &CreateNetworkAcl) -> Result<Value, AwsError> {
    let token = client_token::given(input.client_token.as_ref());
    if let Some(before) = client_token::made_before(token, records.network_acls.values(), |acl| acl.client_token.as_ref()) {
        return Ok(json!({ "NetworkAcl": describe_one(records, before), "ClientToken": token }));
    }
    let mut acl = NetworkAcl::new(&records.vpc(&input.vpc_id)?.id, false);
    acl.client_token = token.map(str::to_owned);
    let id = acl.id.clone();
    records.network_acls.insert(id.clone(), acl);
    request_tags::on_creation(records, &input.tag_specifications, "network-acl", &id)?;
    Ok(json!({ "NetworkAcl": describe_one(records, records.network_acl(&id)?), "ClientToken": token }))
}

/// `DeleteNetworkAcl`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAcl.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteNetworkAcl {
    #[serde(default)]
    dry_run: bool,
    network_acl_id: String,
}

pub(crate) fn delete(records: &mut Records, input: &DeleteNetworkAcl) -> Result<Value, AwsError> {
    let id = input.network_acl_id.as_str();
    let acl = records.network_acl(id)?;
    if acl.default {
        return Err(invalid_parameter(format!("cannot delete default network ACL {id}")));
    }
    if !acl.associations.is_empty() {
        return Err(dependency(format!("The networkAcl '{id}' has dependencies and cannot be deleted.")));
    }
    records.network_acls.remove(id);
    records.tags.remove(id);
    Ok(json!({}))
}

/// `DescribeNetworkAcls`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeNetworkAcls {
    next_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    network_acl_ids: Vec<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

pub(crate) fn describe(records: &Records, input: &DescribeNetworkAcls) -> Result<Value, AwsError> {
    let all = records.network_acls.values().map(|acl| describe_one(records, acl)).collect();
    let chosen = selected(all, &input.network_acl_ids, "NetworkAclId", |id| not_found_as("acl", id))?;
    let paths = &[
        ("network-acl-id", "NetworkAclId"),
        ("vpc-id", "VpcId"),
        ("owner-id", "OwnerId"),
        ("default", "IsDefault"),
        ("association.association-id", "Associations.NetworkAclAssociationId"),
        ("association.network-acl-id", "Associations.NetworkAclId"),
        ("association.subnet-id", "Associations.SubnetId"),
        ("entry.cidr", "Entries.CidrBlock"),
        ("entry.egress", "Entries.Egress"),
        ("entry.protocol", "Entries.Protocol"),
        ("entry.rule-action", "Entries.RuleAction"),
        ("entry.rule-number", "Entries.RuleNumber"),
        ("entry.port-range.from", "Entries.PortRange.From"),
        ("entry.port-range.to", "Entries.PortRange.To"),
    ];
    page("NetworkAcls", filtered(chosen, &input.filters, paths)?, input.max_results, input.next_token.as_deref())
}

/// `CreateNetworkAclEntry` and `ReplaceNetworkAclEntry`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclEntry.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetEntry {
    #[serde(default)]
    dry_run: bool,
    network_acl_id: String,
    rule_number: i64,
    protocol: String,
    rule_action: String,
    egress: bool,
    cidr_block: Option<String>,
    ipv6_cidr_block: Option<String>,
    icmp_type_code: Option<IcmpTypeCode>,
    port_range: Option<PortRange>,
}

/// `IcmpTypeCode`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IcmpTypeCode {
    code: Option<i64>,
    r#type: Option<i64>,
}

/// `PortRange`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PortRange {
    from: Option<i64>,
    to: Option<i64>,
}

fn check_number(number: i64) -> Result<(), AwsError> {
    if (1..LAST).contains(&number) {
        return Ok(());
    }
    Err(invalid_parameter(format!("Value ({number}) for parameter ruleNumber is invalid. Rule numbers are 1 to 32766.")))
}

fn entry(input: &SetEntry) -> Result<AclEntry, AwsError> {
    check_number(input.rule_number)?;
    if input.ipv6_cidr_block.is_some() {
        return Err(unsupported("CreateNetworkAclEntry", "Ipv6CidrBlock"));
    }
    let given = input.cidr_block.as_deref().ok_or_else(|| missing("cidrBlock"))?;
    let protocol = match input.protocol.to_lowercase().as_str() {
        "-1" | "all" => "-1".to_owned(),
        "tcp" => "6".to_owned(),
        "udp" => "17".to_owned(),
        "icmp" => "1".to_owned(),
        number if number.parse::<u8>().is_ok() => number.to_owned(),
        other => return Err(invalid_parameter(format!("Invalid value '{other}' for IP protocol. Unknown protocol."))),
    };
    let ports = match (protocol.as_str(), &input.port_range) {
        ("6" | "17", None) => return Err(missing("portRange")),
        ("6" | "17", Some(PortRange { from: Some(from), to: Some(to) })) => {
            if !(0..=65535).contains(from) || !(*from..=65535).contains(to) {
                return Err(invalid_parameter(format!("Invalid TCP/UDP port range ({from}:{to})")));
            }
            Some((*from, *to))
        }
        ("6" | "17", Some(_)) => return Err(missing("portRange.from and portRange.to")),
        _ => None,
    };
    let icmp = match (protocol.as_str(), &input.icmp_type_code) {
        ("1", None) => return Err(missing("icmpTypeCode")),
        ("1", Some(given)) => Some((given.r#type.unwrap_or(-1), given.code.unwrap_or(-1))),
        _ => None,
    };
    Ok(AclEntry {
        number: input.rule_number,
        egress: input.egress,
        allows: input.rule_action == "allow",
        protocol,
        cidr: cidr::given("cidrBlock", given)?,
        ports,
        icmp,
    })
}

fn no_entry(number: i64) -> AwsError {
    error("InvalidNetworkAclEntry.NotFound", format!("The network acl entry identified by {number} does not exist."))
}

pub(crate) fn create_entry(records: &mut Records, input: &SetEntry) -> Result<Value, AwsError> {
    let entry = entry(input)?;
    let acl = records.network_acl_mut(&input.network_acl_id)?;
    if acl.entries.iter().any(|other| (other.number, other.egress) == (entry.number, entry.egress)) {
        let number = entry.number;
        return Err(error(
            "NetworkAclEntryAlreadyExists",
            format!("The network acl entry identified by {number} already exists."),
        ));
    }
    acl.entries.push(entry);
    Ok(json!({}))
}

pub(crate) fn replace_entry(records: &mut Records, input: &SetEntry) -> Result<Value, AwsError> {
    let entry = entry(input)?;
    let acl = records.network_acl_mut(&input.network_acl_id)?;
    let place = acl.entries.iter_mut().find(|other| (other.number, other.egress) == (entry.number, entry.egress));
    let number = entry.number;
    *place.ok_or_else(|| no_entry(number))? = entry;
    Ok(json!({}))
}

/// `DeleteNetworkAclEntry`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkAclEntry.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteNetworkAclEntry {
    #[serde(default)]
    dry_run: bool,
    network_acl_id: String,
    rule_number: i64,
    egress: bool,
}

pub(crate) fn delete_entry(records: &mut Records, input: &DeleteNetworkAclEntry) -> Result<Value, AwsError> {
    check_number(input.rule_number)?;
    let acl = records.network_acl_mut(&input.network_acl_id)?;
    let before = acl.entries.len();
    acl.entries.retain(|entry| (entry.number, entry.egress) != (input.rule_number, input.egress));
    if acl.entries.len() == before { Err(no_entry(input.rule_number)) } else { Ok(json!({})) }
}

/// `ReplaceNetworkAclAssociation`. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReplaceNetworkAclAssociation {
    #[serde(default)]
    dry_run: bool,
    association_id: String,
    network_acl_id: String,
}

pub(crate) fn replace_association(records: &mut Records, input: &ReplaceNetworkAclAssociation) -> Result<Value, AwsError> {
    let id = input.association_id.as_str();
    let vpc = records.network_acl(&input.network_acl_id)?.vpc.clone();
    let holder = records.network_acls.values_mut().find(|acl| acl.associations.iter().any(|one| one.id == id));
    let holder = holder.ok_or_else(|| not_found_as("aclassoc", id))?;
    if holder.vpc != vpc {
        let acl = &input.network_acl_id;
        return Err(invalid_parameter(format!("network ACL {acl} and association {id} belong to different networks")));
    }
    let place = holder.associations.iter().position(|one| one.id == id);
    let subnet = place.map(|place| holder.associations.remove(place).subnet).unwrap_or_default();
    let new = records.network_acl_mut(&input.network_acl_id)?.associate(&subnet);
    Ok(json!({ "NewAssociationId": new }))
}

requests! {
    CreateNetworkAcl { dry_run, tag_specifications },
    DeleteNetworkAcl { dry_run },
    DescribeNetworkAcls { dry_run },
    SetEntry { dry_run },
    DeleteNetworkAclEntry { dry_run },
    ReplaceNetworkAclAssociation { dry_run },
}
