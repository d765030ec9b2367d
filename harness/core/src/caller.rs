//! Who makes a call.

use nightproof_wire::arn::Arn;
use serde::Serialize;

/// The principal of a call and the account it acts in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    /// 12-digit account id.
    pub account: String,
    /// What kind of principal.
    pub principal: Principal,
    /// The access key that signed, if a request was signed.
    pub access_key_id: Option<String>,
    /// The resource that a service acts for (`aws:SourceArn`): the rule whose target EventBridge invokes.
    pub source_arn: Option<String>,
    /// The service that passes the principal's call on (`kms:ViaService`): `s3.us-east-1.amazonaws.com`.
    pub via: Option<String>,
}

/// Kinds of principals, as IAM tells them apart.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Principal {
    /// The account's root user: the operator of a drill on the embedded cloud.
    Root,
    /// An IAM user.
    User {
        /// User name.
        name: String,
        /// `AIDA…`
        id: String,
    },
    /// A session of a role.
    AssumedRole {
        /// The role's name, without path.
        role: String,
        /// `AROA…`
        role_id: String,
        /// Session name: the instance id, the function's name, or what AssumeRole was given.
        session: String,
    },
    /// An AWS service acting by itself: `events.amazonaws.com`.
    Service {
        /// The service principal.
        name: String,
    },
    /// An unsigned request.
    Anonymous,
}

impl Caller {
    /// The root user of `account`.
    pub fn root(account: &str) -> Self {
        Self { account: account.to_owned(), principal: Principal::Root, access_key_id: None, source_arn: None, via: None }
    }

    /// Who sends a request without a signature to `account`.
    pub fn anonymous(account: &str) -> Self {
        Self { account: account.to_owned(), principal: Principal::Anonymous, access_key_id: None, source_arn: None, via: None }
    }

    /// The service `name` (such as `events.amazonaws.com`) acting in `account`.
    pub fn service(account: &str, name: &str) -> Self {
        Self {
            account: account.to_owned(),
            principal: Principal::Service { name: name.to_owned() },
            access_key_id: None,
            source_arn: None,
            via: None,
        }
    }

    /// The same caller, acting for the resource `arn`.
    #[must_use]
    pub fn acting_for(mut self, arn: &str) -> Self {
        self.source_arn = Some(arn.to_owned());
        self
    }

    /// The same principal, whose call the service `name` passes on to another service.
    #[must_use]
    pub fn via(mut self, name: &str) -> Self {
        self.via = Some(name.to_owned());
        self
    }

    /// The ARN that `sts:GetCallerIdentity` answers; for a service its principal name.
    pub fn arn(&self) -> String {
        let account = &self.account;
        match &self.principal {
            Principal::Root => Arn::new("iam", "", account, "root").to_string(),
            Principal::User { name, .. } => Arn::new("iam", "", account, format!("user/{name}")).to_string(),
            Principal::AssumedRole { role, session, .. } => {
                Arn::new("sts", "", account, format!("assumed-role/{role}/{session}")).to_string()
            }
            Principal::Service { name } => name.clone(),
            Principal::Anonymous => "*".to_owned(),
        }
    }

    /// The instance that the caller is. EC2 names the sessions of an instance's role after the instance.
    pub fn instance(&self) -> Option<&str> {
        match &self.principal {
            Principal::AssumedRole { session, .. } if session.starts_with("i-") || session.starts_with("mi-") => Some(session),
            _ => None,
        }
    }

    /// The `UserId` of `sts:GetCallerIdentity`.
    pub fn user_id(&self) -> String {
        match &self.principal {
            Principal::Root => self.account.clone(),
            Principal::User { id, .. } => id.clone(),
            Principal::AssumedRole { role_id, session, .. } => format!("{role_id}:{session}"),
            Principal::Service { name } => name.clone(),
            Principal::Anonymous => "anonymous".to_owned(),
        }
    }
}
