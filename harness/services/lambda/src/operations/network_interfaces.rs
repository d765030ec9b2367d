//! The network interfaces of functions in VPCs: made for a function's configuration, taken by its environments, deleted when no function needs them.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>

use std::sync::Arc;

use nightproof_core::document::Members as _;
use nightproof_core::service::{AwsError, Call};
use nightproof_core::{Caller, Region};
use serde_json::json;

use crate::configuration::VpcConfig;
use crate::definition::Definition;
use crate::error::invalid;
use crate::execution_host::ExecutionHost;
use crate::records::Lambda;
use crate::role;
use crate::vpc::{Interface, Place, Uplink, places, principal};

impl Lambda {
    /// Makes the interfaces that a function's new configuration needs, in a session of its role.
    ///
    /// # Errors
    /// The role lacks a permission, or EC2 refuses.
    pub(crate) async fn attach(
        &self,
        call: &Call,
        role: &str,
        function: &str,
        config: Option<&VpcConfig>,
    ) -> Result<(), AwsError> {
        let Some(config) = config else { return Ok(()) };
        let wanted =
            places(&json!({ "VpcConfig": { "SubnetIds": config.subnet_ids, "SecurityGroupIds": config.security_group_ids } }));
        let account = call.account();
        if wanted.is_empty() {
            return Ok(());
        }
        let session = role::session(&call.region, account, role, function).await?.via(&principal(&call.region));
        for place in wanted {
            let known = self.accounts.lock().get(account).is_some_and(|records| records.interfaces.contains_key(&place));
            if known {
                continue;
            }
            let input = json!({
                "SubnetId": place.subnet, "Groups": place.groups,
                "Description": format!("AWS Lambda VPC ENI-{function}-{}", uuid::Uuid::new_v4()),
            });
            let made = call.region.call(&session, "ec2", "CreateNetworkInterface", input).await;
            let made = made.map_err(|error| refused("CreateNetworkInterface", &error))?;
            let made = made.get("NetworkInterface").cloned().unwrap_or_default();
            let [id, address] = ["NetworkInterfaceId", "PrivateIpAddress"].map(|member| made.required(member).to_owned());
            let permitted = permits_the_rest(call, &session, &id).await;
            self.accounts.lock().entry(account.to_owned()).or_default().interfaces.insert(place, Interface { id, address });
            if permitted.is_err() {
                self.detach_unused(&call.region, account).await;
            }
            permitted?;
        }
        Ok(())
    }

    /// Deletes the interfaces that no version of a function needs any more.
    pub(crate) async fn detach_unused(&self, region: &Region, account: &str) {
        let unused: Vec<Interface> = {
            let mut accounts = self.accounts.lock();
            let Some(records) = accounts.get_mut(account) else { return };
            let definitions = records.functions.values().flat_map(|function| function.definitions());
            let needed: Vec<Place> = definitions.flat_map(|definition| places(&definition.configuration)).collect();
            let gone = records.interfaces.extract_if(.., |place, _| !needed.contains(place));
            gone.map(|(_, interface)| interface).collect()
        };
        let service = Caller::service(account, "lambda.amazonaws.com");
        for Interface { id, .. } in unused {
            if let Err(error) = region.call(&service, "ec2", "DeleteNetworkInterface", json!({ "NetworkInterfaceId": id })).await
            {
                tracing::warn!(%error, id, "a network interface of functions was not deleted");
            }
        }
    }

    /// The interface that a new environment of a function in a VPC gets. On AWS any of its subnets may be taken; here it is one that reaches
    /// least, so that a subnet without a way out shows.
    pub(crate) fn uplink(&self, host: &ExecutionHost, account: &str, definition: &Definition) -> Option<Uplink> {
        let accounts = self.accounts.lock();
        let interfaces = &accounts.get(account)?.interfaces;
        let held = places(&definition.configuration).into_iter().filter_map(|place| interfaces.get(&place)).cloned();
        let reach = |interface: &Interface| {
            let link = host.links.watch(&interface.id);
            let link = link.borrow();
            (link.carries() && link.names, link.endpoints)
        };
        let interface = held.min_by_key(reach)?;
        Some(Uplink { account: account.to_owned(), interface, links: Arc::clone(&host.links) })
    }
}

/// Refuses a role that could make an interface and neither look at it nor delete it.
async fn permits_the_rest(call: &Call, session: &Caller, id: &str) -> Result<(), AwsError> {
    let dry_runs = [
        ("DescribeNetworkInterfaces", json!({ "NetworkInterfaceIds": [id], "DryRun": true })),
        ("DeleteNetworkInterface", json!({ "NetworkInterfaceId": id, "DryRun": true })),
    ];
    for (operation, input) in dry_runs {
        let error = call.region.call(session, "ec2", operation, input).await.err();
        if let Some(error) = error.filter(|error| error.code == "UnauthorizedOperation" || error.code.starts_with("AccessDenied"))
        {
            return Err(refused(operation, &error));
        }
    }
    Ok(())
}

/// EC2's refusal in the words of Lambda.
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html>
fn refused(operation: &str, error: &AwsError) -> AwsError {
    if error.code == "UnauthorizedOperation" || error.code.starts_with("AccessDenied") {
        return invalid(format!("The provided execution role does not have permissions to call {operation} on EC2"));
    }
    invalid(format!("Error occurred while {operation}. EC2 Error Code: {}. EC2 Error Message: {}", error.code, error.message))
}
