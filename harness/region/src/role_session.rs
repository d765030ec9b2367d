//! Acting as a role: what an intruder does who has the credentials of an instance or of a function.

use jiff::SignedDuration;
use nightproof_core::credentials::Credential;
use nightproof_core::vpc_origin::InstanceOrigin;
use nightproof_core::{Caller, Principal, Region};
use nightproof_wire::arn::Arn;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// As long as a session of an instance's role.
const LASTING: SignedDuration = SignedDuration::from_hours(6);

/// Opens sessions of roles, whoever their trust policies let in.
#[derive(Clone)]
pub struct RoleSessions {
    region: Region,
    endpoint_url: String,
}

/// A session and where its calls go.
#[derive(Debug)]
pub struct RoleSession {
    /// The HTTPS endpoint.
    pub url: String,
    /// What signs its calls.
    pub credential: Credential,
}

impl RoleSessions {
    pub(crate) fn new(region: Region, endpoint_url: String) -> Self {
        Self { region, endpoint_url }
    }

    /// A session of the role with this ARN that bears this `name`. If an `instance` is given, its calls take the way that the instance's own
    /// take: from its address and through the endpoints of its VPC.
    ///
    /// # Errors
    /// Why there is none: the role or the instance does not exist.
    pub async fn open(&self, role_arn: &str, name: &str, instance: Option<&str>) -> Result<RoleSession, String> {
        let region = &self.region;
        let arn: Arn = role_arn.parse().map_err(|_| format!("`{role_arn}` is no ARN"))?;
        let role = arn.resource.rsplit('/').next().unwrap_or_default();
        let found = self.call("iam", "GetRole", json!({ "RoleName": role })).await?;
        let role_id = found.pointer("/Role/RoleId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let principal = Principal::AssumedRole { role: role.to_owned(), role_id, session: name.to_owned() };
        let caller = Caller { principal, ..Caller::root(&arn.account) };
        let expires = region.clock().now().saturating_add(LASTING).map_err(|error| error.to_string())?;
        let url = match instance {
            None => self.endpoint_url.clone(),
            Some(instance) => self.endpoint_of(&arn.account, instance).await?,
        };
        Ok(RoleSession { url, credential: region.credentials().issue_session(caller, expires) })
    }

    /// An endpoint whose connections come out of an instance. It is open while the region is.
    async fn endpoint_of(&self, account: &str, instance: &str) -> Result<String, String> {
        let found = self.call("ec2", "DescribeInstances", json!({ "InstanceIds": [instance] })).await?;
        let text = |name: &str| {
            let address = found.pointer(&format!("/Reservations/0/Instances/0/{name}"));
            address.and_then(Value::as_str).map(str::to_owned)
        };
        let source = text("PublicIpAddress").or_else(|| text("PrivateIpAddress")).unwrap_or_default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let origin = InstanceOrigin { account: account.to_owned(), instance: instance.to_owned() };
        let region = self.region.clone();
        self.region.tasks().spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = region.stopping().cancelled() => return,
                };
                match accepted {
                    Ok((stream, _)) => region.accept_tls(stream, source.clone(), Some(origin.clone())),
                    Err(error) => {
                        tracing::warn!(%error, "an endpoint in the place of an instance is closed");
                        return;
                    }
                }
            }
        });
        Ok(format!("https://{address}"))
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, String> {
        let root = Caller::root(&self.region.settings().account);
        self.region.call(&root, service, operation, input).await.map_err(|error| error.message)
    }
}
