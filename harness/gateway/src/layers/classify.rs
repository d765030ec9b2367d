//! Finds the region and the service that a request addresses, and refuses heads that no service reads.

use nightproof_connection::Intake;
use nightproof_core::service::AwsError;
use nightproof_wire::{identity_claim, operation_of_head, sigv4};

use super::Authenticate;
use crate::exchange::{Answer, Exchange};
use crate::head;

pub(crate) struct Classify {
    pub inner: Authenticate,
}

impl Classify {
    pub(crate) async fn handle(&self, exchange: &mut Exchange, body: Intake) -> Result<Answer, AwsError> {
        let parsed = identity_claim(&exchange.head).and_then(|identity| {
            exchange.claim = if identity.is_none() { sigv4::claim(&exchange.head)? } else { None };
            exchange.identity = identity;
            Ok(())
        });
        let scope = exchange.claim.as_ref().map(|claim| claim.service.as_str());
        exchange.service = head::service(&exchange.head, scope);
        let Some(model) = nightproof_wire::service(&exchange.service) else {
            let what = operation_of_head(&exchange.head).unwrap_or("this service");
            return Err(AwsError::not_implemented(&exchange.service, what));
        };
        let codec = model.codec_for(&exchange.head);
        exchange.codec = Some(codec);
        // A signature that cannot be parsed is refused in the protocol of its service.
        parsed?;
        choose_region(exchange)?;
        head::check_length(&exchange.head, model.signing_name())?;
        head::check_expectation(&exchange.head)?;
        self.inner.handle(exchange, codec, body).await
    }
}

/// Services with one endpoint for all regions, or whose global endpoint is signed for as one of us-east-1.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html#global-endpoints>
const GLOBAL: [&str; 2] = ["iam", "sts"];

/// Has the region of the signature's scope serve the request. A region that is served alone serves whatever is signed.
fn choose_region(exchange: &mut Exchange) -> Result<(), AwsError> {
    let Some(claim) = exchange.claim.as_ref().filter(|_| !exchange.region.is_alone()) else { return Ok(()) };
    if claim.region.is_empty() {
        return Ok(());
    }
    if let Some(region) = exchange.region.sibling(&claim.region) {
        exchange.region = region;
    } else if !GLOBAL.contains(&exchange.service.as_str()) {
        let served: Vec<String> = exchange.region.all().iter().map(|region| region.name().to_owned()).collect();
        let what = format!("the region {} (those that were started are {})", claim.region, served.join(" and "));
        return Err(AwsError::not_implemented(&exchange.service, &what));
    }
    Ok(())
}
