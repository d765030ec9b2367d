//! The role of a state machine. It trusts Step Functions by its name, or by that of the region, which the AWS CDK writes.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html>

use nightproof_core::delivery::assume_as;
use nightproof_core::service::AwsError;
use nightproof_core::{Caller, Region};

/// A session of the role `role` of the state machine `machine`.
///
/// # Errors
/// Security Token Service's own.
pub(crate) async fn session(
    region: &Region,
    (account, machine): (&str, &str),
    role: &str,
    name: &str,
) -> Result<Caller, AwsError> {
    let by = |principal: &str| Caller::service(account, principal).acting_for(machine);
    match assume_as(region, &by("states.amazonaws.com"), role, name).await {
        Err(error) if error.code == "AccessDenied" => {
            let regional = by(&format!("states.{}.amazonaws.com", region.name()));
            assume_as(region, &regional, role, name).await.map_err(|_| error)
        }
        session => session,
    }
}
