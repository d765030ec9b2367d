//! What roles, users and groups have in common: policies in them and attached to them, a permissions boundary, tags.

use nightproof_resource::{Context, Reading, Result, TagChange, changed, items, policy, text, texts};
use serde_json::{Value, json};

use crate::document::decoded;

/// Who carries a policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entity {
    Role,
    User,
    Group,
}

impl Entity {
    /// All, with the property of a policy that lists them.
    pub(super) const ALL: [(Self, &'static str); 3] = [(Self::Role, "Roles"), (Self::User, "Users"), (Self::Group, "Groups")];

    fn word(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The input of an operation on this entity.
    fn input<const N: usize>(self, name: &str, members: [(&str, Value); N]) -> Value {
        let mut input = json!({});
        input[format!("{}Name", self.word())] = name.into();
        for (member, value) in members {
            input[member] = value;
        }
        input
    }

    /// Writes a policy into the entity.
    pub(super) async fn put(self, context: &Context, name: &str, policy_name: &str, document: &Value) -> Result<()> {
        let input = self.input(name, [("PolicyName", policy_name.into()), ("PolicyDocument", policy(document))]);
        context.make("iam", &format!("Put{}Policy", self.word()), input).await.map(|_| ())
    }

    /// Takes a policy out of the entity.
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

    /// A policy in the entity; null if there is none of this name.
    pub(super) async fn read_policy(self, context: &Context, name: &str, policy_name: &str) -> Reading {
        let input = self.input(name, [("PolicyName", policy_name.into())]);
        let found = context.read_part("iam", &format!("Get{}Policy", self.word()), input, "/PolicyDocument").await?;
        Ok(decoded(Some(&found)))
    }

    /// `ManagedPolicyArns` and `Policies` of the entity as they are.
    pub(super) async fn read_policies(self, context: &Context, name: &str) -> Reading {
        let (word, input) = (self.word(), self.input(name, []));
        let attached =
            context.read_part("iam", &format!("ListAttached{word}Policies"), input.clone(), "/AttachedPolicies").await?;
        let names = context.read_part("iam", &format!("List{word}Policies"), input, "/PolicyNames").await?;
        let mut policies = Vec::new();
        for policy_name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let document = self.read_policy(context, name, policy_name).await?;
            policies.push(json!({"PolicyName": policy_name, "PolicyDocument": document}));
        }
        let arns = items(&attached, "", |one| one.get("PolicyArn").cloned().unwrap_or_default());
        Ok(json!({"ManagedPolicyArns": arns, "Policies": policies}))
    }

    /// Changes `ManagedPolicyArns` and `Policies` of the entity itself.
    pub(super) async fn change_policies(self, context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
        let (before, after) = (texts(old, "ManagedPolicyArns"), texts(new, "ManagedPolicyArns"));
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

    /// Changes all that roles and users have in common, which is more than groups have.
    pub(super) async fn update(self, context: &Context, name: &str, old: &Value, new: &Value) -> Result<()> {
        let word = self.word();
        match changed(old, new, "PermissionsBoundary") {
            None => {}
            Some((_, Value::Null)) => {
                context.unmake("iam", &format!("Delete{word}PermissionsBoundary"), self.input(name, [])).await?;
            }
            Some((_, boundary)) => {
                let input = self.input(name, [("PermissionsBoundary", boundary.clone())]);
                context.make("iam", &format!("Put{word}PermissionsBoundary"), input).await?;
            }
        }
        self.change_policies(context, name, old, new).await?;
        let tags = TagChange::between(old, new);
        if let Some(keys) = tags.removed() {
            context.make("iam", &format!("Untag{word}"), self.input(name, [("TagKeys", keys)])).await?;
        }
        if let Some(tags) = tags.set_list("Key", "Value") {
            context.make("iam", &format!("Tag{word}"), self.input(name, [("Tags", tags)])).await?;
        }
        Ok(())
    }
}

/// Names and documents of the policies in an entity.
fn inline(properties: &Value) -> Vec<(String, Value)> {
    let policies = properties.get("Policies").and_then(Value::as_array).into_iter().flatten();
    policies.map(|one| (text(one, "/PolicyName"), one.get("PolicyDocument").cloned().unwrap_or_default())).collect()
}
