//! Login profiles: the password that a user has for the console.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html>
//!
//! Nobody signs in to a console here, so that the password itself is checked and not kept.

use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{already_exists, no_such_entity};
use crate::identity;
use crate::identity::Kind;
use crate::operations::user::named_or_calling;
use crate::records::{LoginProfile, Records, User};

/// `CreateLoginProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateLoginProfile {
    user_name: Option<String>,
    /// The model does not require it; an account without `AssumeRoot` sessions cannot go without.
    password: Option<String>,
    #[serde(default)]
    password_reset_required: bool,
}

pub(crate) fn create(records: &mut Records, call: &Call, input: CreateLoginProfile) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    let user = user(records, &name)?;
    if user.login.is_some() {
        return Err(already_exists(format!("Login Profile for user {name} already exists.")));
    }
    let password = input.password.ok_or_else(|| policy_violation("Password is required"))?;
    checked_password(&password)?;
    let login = LoginProfile { created: call.now, reset_required: input.password_reset_required };
    let described = login.describe(&name);
    user.login = Some(login);
    Ok(json!({ "LoginProfile": described }))
}

/// `GetLoginProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetLoginProfile {
    user_name: Option<String>,
}

pub(crate) fn get(records: &Records, call: &Call, input: GetLoginProfile) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    let user = records.users.get(&name).ok_or_else(|| identity::not_found(Kind::User, &name))?;
    let login = user.login.as_ref().ok_or_else(|| not_found(&name))?;
    Ok(json!({ "LoginProfile": login.describe(&name) }))
}

/// `UpdateLoginProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateLoginProfile {
    user_name: String,
    password: Option<String>,
    password_reset_required: Option<bool>,
}

pub(crate) fn update(records: &mut Records, _: &Call, input: UpdateLoginProfile) -> Result<Value, AwsError> {
    let login = user(records, &input.user_name)?.login.as_mut().ok_or_else(|| not_found(&input.user_name))?;
    if let Some(password) = &input.password {
        checked_password(password)?;
    }
    login.reset_required = input.password_reset_required.unwrap_or(login.reset_required);
    Ok(json!({}))
}

/// `DeleteLoginProfile`. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteLoginProfile.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeleteLoginProfile {
    user_name: Option<String>,
}

pub(crate) fn delete(records: &mut Records, call: &Call, input: DeleteLoginProfile) -> Result<Value, AwsError> {
    let name = named_or_calling(call, input.user_name)?;
    user(records, &name)?.login.take().map(|_| json!({})).ok_or_else(|| not_found(&name))
}

impl LoginProfile {
    fn describe(&self, user: &str) -> Value {
        json!({ "UserName": user, "CreateDate": self.created.to_string(), "PasswordResetRequired": self.reset_required })
    }
}

fn user<'a>(records: &'a mut Records, name: &str) -> Result<&'a mut User, AwsError> {
    records.users.get_mut(name).ok_or_else(|| identity::not_found(Kind::User, name))
}

/// Refuses what the default password policy refuses: an account has no other one here.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html#default-policy-details>
fn checked_password(password: &str) -> Result<(), AwsError> {
    if password.chars().count() < 8 {
        return Err(policy_violation("Password should have a minimum length of 8"));
    }
    let has = |is: fn(char) -> bool| usize::from(password.chars().any(is));
    let kinds = has(|one| one.is_ascii_uppercase())
        + has(|one| one.is_ascii_lowercase())
        + has(|one| one.is_ascii_digit())
        + has(|one| "!@#$%^&*()_+-=[]{}|'".contains(one));
    if kinds < 3 {
        return Err(policy_violation(
            "Password should have at least three of the following: uppercase letters, lowercase letters, numbers and symbols",
        ));
    }
    Ok(())
}

fn policy_violation(message: &str) -> AwsError {
    AwsError::new("PasswordPolicyViolation", 400, message)
}

fn not_found(user: &str) -> AwsError {
    no_such_entity(format!("Login Profile for User {user} cannot be found."))
}
