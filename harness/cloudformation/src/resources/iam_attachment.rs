//! Policies of roles and users, in them and attached to them.

use serde_json::{Value, json};

use super::Result;
use super::context::{Context, policy, text, texts};

/// Who carries a policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entity {
    Role,
    User,
}

impl Entity {
    /// Both, with the property that lists them.
    pub(super) const ALL: [(Self, &'static str); 2] = [(Self::Role, "Roles"), (Self::User, "Users")];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::User => "User",
        }
    }

    fn input<const N: usize>(self, name: &str, members: [(&str, Value); N]) -> Value {
        let mut input = json!({});
        input[format!("{}Name", self.word())] = name.into();
        for (member, value) in members {
            input[member] = value;
        }
        input
    }

    pub(super) async fn put(self, context: &Context, name: &str, policy_name: &str, document: &Value) -> Result<()> {
        let input = self.input(name, [("PolicyName", policy_name.into()), ("PolicyDocument", policy(document))]);
        context.make("iam", &format!("Put{}Policy", self.word()), input).await.map(|_| ())
    }

    pub(super) async fn remove(self, context: &Context, name: &str, policy_name: &str) -> Result<()> {
        let input = self.input(name, [("PolicyName", policy_name.into())]);
        context.unmake("iam", &format!("Delete{}Policy", self.word()), input).await
    }

    pub(super) async fn attach(self, context: &Context, name: &str, arn: &str) -> Result<()> {
        let input = self.input(name, [("PolicyArn", arn.into())]);
        context.make("iam", &format!("Attach{}Policy", self.word()), input).await.map(|_| ())
    }

    pub(super) async fn detach(self, context: &Context, name: &str, arn: &str) -> Result<()> {
        let input = self.input(name, [("PolicyArn", arn.into())]);
        context.unmake("iam", &format!("Detach{}Policy", self.word()), input).await
    }

    /// `ManagedPolicyArns` and `Policies` of the entity itself.
    pub(super) async fn change_policies(self, context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
        let arns = |properties: &Value| texts(properties.get("ManagedPolicyArns").unwrap_or(&Value::Null));
        let (before, after) = (arns(old), arns(new));
        for arn in after.iter().filter(|arn| !before.contains(arn)) {
            self.attach(context, name, arn).await?;
        }
        for arn in before.iter().filter(|arn| !after.contains(arn)) {
            self.detach(context, name, arn).await?;
        }
        let (before, after) = (inline(old), inline(new));
        for policy in after.iter().filter(|policy| !before.contains(policy)) {
            let (policy_name, document) = policy;
            self.put(context, name, policy_name, document).await?;
        }
        for (policy_name, _) in before.iter().filter(|(name, _)| after.iter().all(|(kept, _)| kept != name)) {
            self.remove(context, name, policy_name).await?;
        }
        Ok(())
    }
}

/// Names and documents of the policies in an entity.
fn inline(properties: &Value) -> Vec<(String, Value)> {
    let policies = properties.get("Policies").and_then(Value::as_array).into_iter().flatten();
    policies.map(|one| (text(one, "/PolicyName"), one.get("PolicyDocument").cloned().unwrap_or_default())).collect()
}
