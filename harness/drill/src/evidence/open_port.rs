//! Ports that the stack opens beside HTTPS. Read from the stack's template: what its security groups let in, with the stack's parameters.

use nightproof_template::{Deployment, Inputs, Made, Template};
use serde_json::Value;

use crate::Finding;
use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::account::template_property::{self, Physical, TemplateProperties};
use crate::chain::failure::HopFailure;

/// The one port that the web server needs.
const HTTPS: u64 = 443;

/// A finding for each rule that lets in more than HTTPS; one that says so if the template cannot be resolved.
pub(crate) async fn find(client: &DynamicClient, stack: &str, resources: &Resources) -> Result<Vec<Finding>, HopFailure> {
    let groups = resources.of_type("AWS::EC2::SecurityGroup").chain(resources.of_type("AWS::EC2::SecurityGroupIngress"));
    if groups.count() == 0 {
        return Ok(Vec::new());
    }
    let declared = TemplateProperties::load(client, stack).await?;
    let made = Physical(resources.all().map(|one| (one.logical.as_str(), one.physical.as_str())).collect());
    Ok(read(&declared.template, declared.inputs, &made).unwrap_or_else(|why| {
        vec![finding("ports-unknown", format!("which ports the stack opens cannot be read from its template: {why}"))]
    }))
}

fn finding(id: &str, detail: String) -> Finding {
    Finding { id: id.to_owned(), detail }
}

fn read(text: &str, mut inputs: Inputs, made: &dyn Made) -> Result<Vec<Finding>, String> {
    let first = |errors: Vec<nightproof_template::TemplateError>| {
        errors.first().map_or_else(|| "no reason given".to_owned(), ToString::to_string)
    };
    let template = Template::parse(text).map_err(first)?;
    template_property::divide_lists(&mut inputs, &template);
    let deployment: Deployment<'_> = template.deploy(inputs).map_err(first)?;
    let mut found = Vec::new();
    for resource in deployment.resources() {
        let rules = match resource.kind.as_str() {
            "AWS::EC2::SecurityGroup" => {
                let properties = deployment.properties(&resource.id, made).map_err(|error| error.to_string())?;
                properties.get("SecurityGroupIngress").and_then(Value::as_array).cloned().unwrap_or_default()
            }
            "AWS::EC2::SecurityGroupIngress" => {
                vec![deployment.properties(&resource.id, made).map_err(|error| error.to_string())?]
            }
            _ => continue,
        };
        for rule in rules.iter().filter(|rule| !only_https(rule)) {
            let detail =
                format!("{} lets {} in from {}: a backup by Run Command needs no open port", resource.id, what(rule), from(rule));
            found.push(finding("open-port", detail));
        }
    }
    Ok(found)
}

/// A port of a rule; templates write numbers and text.
fn port(rule: &Value, name: &str) -> Option<i64> {
    match rule.get(name)? {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_i64(),
    }
}

/// The protocol by name or number, in lower case.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html>
fn protocol(rule: &Value) -> String {
    match rule.get("IpProtocol") {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(number) => number.to_string(),
        None => "-1".to_owned(),
    }
}

fn only_https(rule: &Value) -> bool {
    let https = i64::try_from(HTTPS).ok();
    matches!(protocol(rule).as_str(), "tcp" | "6") && port(rule, "FromPort") == https && port(rule, "ToPort") == https
}

fn what(rule: &Value) -> String {
    let protocol = protocol(rule);
    match (protocol.as_str(), port(rule, "FromPort"), port(rule, "ToPort")) {
        ("-1", _, _) => "everything".to_owned(),
        (_, Some(from), Some(to)) if from == to => format!("{protocol} port {from}"),
        (_, Some(from), Some(to)) => format!("{protocol} ports {from} to {to}"),
        _ => format!("all of {protocol}"),
    }
}

fn from(rule: &Value) -> String {
    ["CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"]
        .iter()
        .find_map(|name| rule.get(*name)?.as_str())
        .unwrap_or("an unnamed source")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn findings(rules: &str, parameters: &[(&str, &str)]) -> Vec<String> {
        let text = format!(
            "Parameters:\n  Port: {{Type: Number, Default: 443}}\nResources:\n  Web:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: web\n{rules}"
        );
        let parameters = parameters.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        let inputs = Inputs { parameters, ..Inputs::default() };
        let found = read(&text, inputs, &Physical(BTreeMap::from([("Web", "sg-1")]))).unwrap();
        found.into_iter().map(|one| one.detail).collect()
    }

    const RULE: &str =
        "      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: !Ref Port, ToPort: !Ref Port, CidrIp: 0.0.0.0/0}\n";

    #[test]
    fn https_alone_is_no_finding() {
        assert!(findings(RULE, &[("Port", "443")]).is_empty());
        assert!(findings("", &[("Port", "443")]).is_empty());
    }

    #[test]
    fn a_port_by_parameter_is_found() {
        let found = findings(RULE, &[("Port", "22")]);
        assert_eq!(found, ["Web lets tcp port 22 in from 0.0.0.0/0: a backup by Run Command needs no open port"]);
    }

    #[test]
    fn a_range_that_holds_https_and_all_protocols_are_found() {
        let rules = "      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 400, ToPort: 500, CidrIpv6: '::/0'}\n        - {IpProtocol: -1, CidrIp: 10.0.0.0/8}\n        - {IpProtocol: udp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}\n";
        let found = findings(rules, &[("Port", "443")]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].contains("tcp ports 400 to 500") && found[1].contains("everything") && found[2].contains("udp port 443")
        );
    }

    #[test]
    fn a_rule_of_its_own_is_found() {
        let rules = "  Ssh:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {GroupId: !GetAtt Web.GroupId, IpProtocol: '6', FromPort: 22, ToPort: '22', CidrIp: 0.0.0.0/0}\n";
        assert_eq!(findings(rules, &[("Port", "443")]).len(), 1);
    }

    #[test]
    fn a_template_that_cannot_be_resolved_is_said() {
        assert!(read("Resources: [", Inputs::default(), &Physical(BTreeMap::new())).is_err());
    }
}
