//! Who attacks: the roles that instances and functions have, all roles that the stack makes, and the operator.

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::instances;
use crate::account::resources::Resources;
use crate::attack::result::OPERATOR;
use crate::chain::failure::{HopFailure, at};
use crate::{FailurePoint, Local};

/// A principal with its clients.
pub(crate) struct Attacker {
    /// As reports name it.
    pub(crate) name: String,
    /// ARN and name of the role that it is; `None` for the operator.
    pub(crate) role: Option<Role>,
    /// The instance whose session it has.
    pub(crate) instance: Option<String>,
    /// ARN of its principal, as policies name it.
    pub(crate) principal: String,
    pub(crate) client: DynamicClient,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) arn: String,
}

/// A role that is used.
#[derive(Debug)]
struct Used {
    role: Role,
    /// `instances`, `function nightly`
    uses: Vec<String>,
    /// Name of the session and, of an instance's, its id.
    session: Option<(String, Option<String>)>,
}

/// All attackers, the operator last.
pub(crate) async fn all(client: &DynamicClient, local: &dyn Local, resources: &Resources) -> Result<Vec<Attacker>, HopFailure> {
    let mut attackers = Vec::new();
    for Used { role, uses, session } in used(client, resources).await? {
        let (session, instance) = session.unwrap_or_else(|| ("nightproof-attack".to_owned(), None));
        let endpoint = local.session(&role.arn, &session, instance.as_deref()).await;
        let endpoint =
            endpoint.map_err(|why| HopFailure::at(FailurePoint::Drill, format!("no session of {}: {why}", role.arn)))?;
        let logical = resources.of_type("AWS::IAM::Role").find(|resource| resource.physical == role.name);
        let name = logical.map_or(role.name.as_str(), |resource| &resource.logical);
        let name = if uses.is_empty() { name.to_owned() } else { format!("{name} ({})", uses.join(", ")) };
        attackers.push(Attacker {
            name,
            principal: role.arn.clone(),
            role: Some(role),
            instance,
            client: DynamicClient::new(&endpoint),
        });
    }
    let caller =
        client.ask("sts", "GetCallerIdentity", &json!({})).await.map_err(at(FailurePoint::Drill, "GetCallerIdentity"))?;
    attackers.push(Attacker {
        name: OPERATOR.to_owned(),
        role: None,
        instance: None,
        principal: text(&caller, "/Arn").to_owned(),
        client: client.clone(),
    });
    Ok(attackers)
}

/// The roles, each once.
async fn used(client: &DynamicClient, resources: &Resources) -> Result<Vec<Used>, HopFailure> {
    let mut found: Vec<Used> = Vec::new();
    for (profile, instance) in profiles(client, &instances::present(client, resources).await?).await? {
        let name = profile.rsplit('/').next().unwrap_or_default();
        let answer = client.ask("iam", "GetInstanceProfile", &json!({ "InstanceProfileName": name })).await;
        let answer = answer.map_err(at(FailurePoint::Drill, "GetInstanceProfile"))?;
        let role = Role {
            name: text(&answer, "/InstanceProfile/Roles/0/RoleName").to_owned(),
            arn: text(&answer, "/InstanceProfile/Roles/0/Arn").to_owned(),
        };
        if !role.name.is_empty() {
            add(&mut found, role, Some("instances".to_owned()), Some((instance.clone(), Some(instance))));
        }
    }
    for function in resources.of_type("AWS::Lambda::Function") {
        let answer = client.ask("lambda", "GetFunctionConfiguration", &json!({ "FunctionName": function.physical })).await;
        let answer = answer.map_err(at(FailurePoint::Drill, "GetFunctionConfiguration"))?;
        let arn = text(&answer, "/Role").to_owned();
        let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
        add(
            &mut found,
            Role { name, arn },
            Some(format!("function {}", function.logical)),
            Some((function.physical.clone(), None)),
        );
    }
    for name in resources.ids("AWS::IAM::Role") {
        let answer = client.ask("iam", "GetRole", &json!({ "RoleName": name })).await;
        let arn = text(&answer.map_err(at(FailurePoint::Drill, "GetRole"))?, "/Role/Arn").to_owned();
        add(&mut found, Role { name, arn }, None, None);
    }
    Ok(found)
}

fn add(found: &mut Vec<Used>, role: Role, using: Option<String>, session: Option<(String, Option<String>)>) {
    match found.iter_mut().find(|used| used.role == role) {
        Some(used) => {
            used.uses.extend(using.filter(|using| !used.uses.contains(using)));
            if used.session.is_none() {
                used.session = session;
            }
        }
        None => found.push(Used { role, uses: using.into_iter().collect(), session }),
    }
}

/// The profiles of instances, each with an instance that has it.
async fn profiles(client: &DynamicClient, instances: &[String]) -> Result<Vec<(String, String)>, HopFailure> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let mut reservations: Vec<Value> = Vec::new();
    let input = json!({ "InstanceIds": instances });
    let listed = client.pages("ec2", "DescribeInstances", input, "Reservations", &mut reservations).await;
    listed.map_err(at(FailurePoint::Drill, "DescribeInstances"))?;
    let described = reservations.iter().filter_map(|reservation| reservation.get("Instances")?.as_array()).flatten();
    let mut found: Vec<(String, String)> = Vec::new();
    for instance in described {
        let (profile, id) = (text(instance, "/IamInstanceProfile/Arn"), text(instance, "/InstanceId"));
        if !profile.is_empty() && !found.iter().any(|(known, _)| known == profile) {
            found.push((profile.to_owned(), id.to_owned()));
        }
    }
    Ok(found)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_several_uses_attacks_once_with_its_first_session() {
        let role = || Role { name: "r".to_owned(), arn: "arn:aws:iam::1:role/r".to_owned() };
        let mut found = Vec::new();
        add(&mut found, role(), Some("instances".to_owned()), Some(("i-1".to_owned(), Some("i-1".to_owned()))));
        add(&mut found, role(), Some("function F".to_owned()), Some(("f".to_owned(), None)));
        add(&mut found, role(), None, None);
        let [used] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(used.uses, ["instances", "function F"]);
        assert_eq!(used.session, Some(("i-1".to_owned(), Some("i-1".to_owned()))));
    }
}
