//! The account of the environment's credentials.

use nightproof_drill::{Endpoint, Identity};

use crate::error::Error;

/// The endpoint and the caller that AWS's own tools would use.
pub(crate) async fn from_environment(region: &str) -> Result<(Endpoint, Identity), Error> {
    let endpoint = Endpoint::from_environment(region).await.map_err(Error::Environment)?;
    let identity = nightproof_drill::identity(&endpoint).await.map_err(Error::Refused)?;
    Ok((endpoint, identity))
}
