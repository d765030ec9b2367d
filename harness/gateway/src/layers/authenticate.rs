//! Verifies who signs a request, by Signature Version 4.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::borrow::Cow;

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use nightproof_connection::Intake;
use nightproof_core::credentials::Credential;
use nightproof_core::service::{AwsError, empty_body};
use nightproof_core::{Caller, Clock, Region};
use nightproof_wire::sigv4::{self, Claim, Seed};
use nightproof_wire::{Codec, IdentityClaim, Operation, ServiceModel};

use super::Decode;
use crate::exchange::{Answer, Authenticated, Exchange};
use crate::post::{Form, Policy, PostAnswer};
use crate::{head, payload, post, presigned, web_socket};

pub(crate) struct Authenticate {
    pub inner: Decode,
}

impl Authenticate {
    pub(crate) async fn handle(&self, exchange: &mut Exchange, codec: Codec<'static>, body: Intake) -> Result<Answer, AwsError> {
        let authenticated = authenticate(exchange, codec, body).await?;
        self.inner.handle(exchange, codec, authenticated).await
    }
}

async fn authenticate(exchange: &mut Exchange, codec: Codec<'static>, body: Intake) -> Result<Authenticated, AwsError> {
    let service = codec.model().signing_name();
    if service == "s3" && post::is_form(codec.model(), &exchange.head) {
        return authenticate_form(exchange, codec.model(), body).await;
    }
    if service == "cloudformation"
        && let Some(identity) = exchange.identity.take()
    {
        return authenticate_instance(exchange, codec, &identity, body).await;
    }
    let Exchange { region, claim, head, caller: verified, .. } = exchange;
    let (region, claim) = (&*region, claim.as_ref());
    // Nothing of a stranger's document is read; S3 alone has objects that are public, SNS sends links that anybody may follow, and a client of
    // a session shows its token later.
    let is_open = match service {
        "s3" => true,
        "sns" => head::is_notification_link(head),
        web_socket::SERVICE => web_socket::is_of_session(head),
        _ => false,
    };
    if claim.is_none() && !is_open {
        exchange.operation = codec.route(head, &[]).ok();
        return Err(AwsError::new("MissingAuthenticationToken", 403, "Request is missing Authentication Token"));
    }
    let now = region.clock().now();
    let mut head = head.clone();
    let signed_payload = claim.map(|claim| &claim.payload);

    // S3 alone is routed without its body, which may be an object of any size.
    let routed = if service == "s3" { Some(codec.route(&head, &[])?) } else { None };
    let route = |head: &Parts, document: &[u8]| routed.map_or_else(|| codec.route(head, document), Ok);
    let streamed = routed.is_some_and(Operation::streams_input);
    let in_chunks = payload::in_chunks(claim, &head);
    if !streamed && !in_chunks {
        let document = payload::read(service, payload::decoded(service, body, None, None)).await;
        let document = document.map_err(|mut error| {
            // Lambda says of which operation a request is too long.
            if service == "lambda"
                && error.code == "RequestEntityTooLargeException"
                && let Ok(operation) = codec.route(&head, &[])
            {
                error.message = format!("{} for the {} operation", error.message, operation.name());
            }
            error
        })?;
        let (caller, _) = verify(&head, claim, Some(&sigv4::sha256_hex(&document)), region, now)?;
        *verified = Some(caller.clone());
        if let Some(claim) = claim {
            presigned::take_headers(claim, &mut head);
        }
        // What is signed is what was sent.
        let document = match codec.decompressed(&head, &document, payload::document_limit(service))? {
            Cow::Owned(document) => document.into(),
            Cow::Borrowed(_) => document,
        };
        let operation = route(&head, &document)?;
        return Ok(Authenticated { caller, operation, head, document, body: empty_body() });
    }
    // The head is verified first, the payload while it flows.
    let (caller, seed) = verify(&head, claim, None, region, now)?;
    *verified = Some(caller.clone());
    if let Some(claim) = claim {
        presigned::take_headers(claim, &mut head);
    }
    if !in_chunks {
        payload::check_length(&head)?;
    }
    let decoder = payload::chunk_decoder(claim, seed.as_ref(), &mut head)?;
    let body = payload::decoded(service, body, signed_payload, decoder);
    let (document, body) = if streamed { (Bytes::new(), body) } else { (payload::read(service, body).await?, empty_body()) };
    let operation = route(&head, &document)?;
    Ok(Authenticated { caller, operation, head, document, body })
}

/// As [`authenticate`], for a helper script of CloudFormation, which shows the identity document of its instance.
async fn authenticate_instance(
    exchange: &mut Exchange,
    codec: Codec<'static>,
    identity: &IdentityClaim,
    body: Intake,
) -> Result<Authenticated, AwsError> {
    let service = codec.model().signing_name();
    let region = exchange.region.clone();
    let known = match region.service("ec2") {
        Some(ec2) => ec2.identify(&region, &identity.document, &identity.signature).await,
        None => None,
    };
    let (instance, caller) = known.ok_or_else(|| {
        AwsError::new("SignatureDoesNotMatch", 403, "The identity document of the instance has not been signed by this region.")
    })?;
    exchange.caller = Some(caller.clone());
    let mut head = exchange.head.clone();
    head.extensions.insert(instance);
    let document = payload::read(service, payload::decoded(service, body, None, None)).await?;
    let operation = codec.route(&head, &document)?;
    Ok(Authenticated { caller, operation, head, document, body: empty_body() })
}

/// As [`authenticate`], for an object that a browser posts: the form's policy is signed, and says what the form may hold.
async fn authenticate_form(
    exchange: &mut Exchange,
    model: &'static ServiceModel,
    body: Intake,
) -> Result<Authenticated, AwsError> {
    let operation = model.operation("PutObject").ok_or_else(|| AwsError::not_implemented("s3", "PutObject"))?;
    exchange.operation = Some(operation);
    let Exchange { region, head, caller: verified, post: answer, .. } = exchange;
    let address = model.addressed(head);
    let bucket = address.get("Bucket").and_then(|bucket| bucket.as_str()).unwrap_or_default();
    let mut form = Form::read(head, payload::decoded("s3", body, None, None)).await?;
    let caller = match nightproof_wire::post_claim(|name| form.field(name))? {
        None => Caller::anonymous(&region.settings().account),
        Some(claim) => {
            let credential = region.credentials().find(&claim.access_key_id).ok_or_else(unknown_key)?;
            sigv4::verify_form(&claim, form.field("policy").unwrap_or_default(), &credential.secret_access_key)?;
            check_session(&credential, &claim, region.clock().now())?;
            credential.caller
        }
    };
    *verified = Some(caller.clone());
    let key = form.key()?;
    let mut content = std::mem::replace(&mut form.content, empty_body());
    if let Some(text) = form.field("policy") {
        let policy = Policy::read(text)?;
        let field = |name: &str| match name {
            "bucket" => Some(bucket.to_owned()),
            "key" => Some(key.clone()),
            name => form.field(name).map(str::to_owned),
        };
        policy.check(form.names(), field, Clock::real_now())?;
        content = post::within(content, policy.sizes());
    }
    let head = form.head(head, bucket, &key)?;
    *answer = Some(PostAnswer::new(&form, bucket, &key));
    Ok(Authenticated { caller, operation, head, document: Bytes::new(), body: content })
}

/// The caller that a request's claim resolves to, and what chunk signatures of its payload continue from; an anonymous request has neither
/// claim nor seed. `body_sha256` is the hash of a body that was read whole. Sessions expire in region time, signatures in real time.
pub(crate) fn verify(
    head: &Parts,
    claim: Option<&Claim>,
    body_sha256: Option<&str>,
    region: &Region,
    now: Timestamp,
) -> Result<(Caller, Option<Seed>), AwsError> {
    let Some(claim) = claim else { return Ok((Caller::anonymous(&region.settings().account), None)) };
    let credential = region.credentials().find(&claim.access_key_id).ok_or_else(unknown_key)?;
    let seed = sigv4::verify(head, claim, body_sha256, &credential.secret_access_key, Clock::real_now())?;
    check_session(&credential, claim, now)?;
    Ok((credential.caller, Some(seed)))
}

fn check_session(credential: &Credential, claim: &Claim, now: Timestamp) -> Result<(), AwsError> {
    if credential.session_token != claim.session_token {
        return Err(unknown_key());
    }
    match credential.expires {
        Some(expires) if expires <= now => {
            Err(AwsError::new("ExpiredToken", 400, "The security token included in the request is expired"))
        }
        _ => Ok(()),
    }
}

/// The codec renames it to the code of each protocol's services (`InvalidAccessKeyId`, `UnrecognizedClientException`).
fn unknown_key() -> AwsError {
    AwsError::new("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
}
