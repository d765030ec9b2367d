//! The account that the environment's credentials are of.

use nightproof_drill::{Endpoint, EndpointError, Failure, Identity};

use crate::{Exit, printer};

/// What AWS's own tools would call, and as whom. What is wrong with it has been said.
pub(crate) async fn of_environment(region: &str) -> Result<(Endpoint, Identity), Exit> {
    let endpoint = Endpoint::from_environment(region).await.map_err(|error| {
        let hint = match error {
            EndpointError::CaBundle { .. } | EndpointError::NoCertificates { .. } => "unset AWS_CA_BUNDLE, or name a PEM file",
            EndpointError::Credentials(_) => "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in as for the AWS CLI",
        };
        printer::error(&printer::chain(&error), Some(hint));
        Exit::Missing
    })?;
    let identity = nightproof_drill::identity(&endpoint).await.map_err(|failure| refused(&failure))?;
    Ok((endpoint, identity))
}

/// Says what AWS would not do.
pub(crate) fn refused(failure: &Failure) -> Exit {
    printer::error(&failure.reason, None);
    Exit::Failed
}
