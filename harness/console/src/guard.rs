//! Who may ask: whoever shows the token, from no page of another origin.
//!
//! A page of another site that a browser shows meanwhile can send requests to loopback, too. What it sends says so (`Origin`,
//! `Sec-Fetch-Site`), and cannot hold the token.
//! <https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site>

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, Method, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::answer::Refusal;
use crate::page;

/// Refuses a request that must not be answered.
pub(crate) fn check(head: &Parts, token: &str) -> Result<(), Refusal> {
    if is_of_another_origin(head) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "CrossOrigin",
            "a page of another origin asks; nothing is answered to it",
        ));
    }
    // The page holds nothing of the region: it is given out so that it can ask for the token.
    if page::is_asset(head.uri.path()) && head.method == Method::GET {
        return Ok(());
    }
    if !shows(head, token) {
        let what = "the header `Authorization: Bearer TOKEN` is missing or wrong; `nightproof up` prints the token";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized", what));
    }
    let has_body = matches!(head.method, Method::POST | Method::PUT);
    if has_body && !header(head, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json")) {
        let what = "the body must be JSON, and its Content-Type `application/json`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", what));
    }
    Ok(())
}

fn is_of_another_origin(head: &Parts) -> bool {
    let site = HeaderName::from_static("sec-fetch-site");
    let foreign_site = header(head, &site).is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let host = header(head, &HOST).or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
    let foreign_origin =
        header(head, &ORIGIN).is_some_and(|origin| origin.split_once("://").map(|(_, authority)| authority) != host);
    foreign_site || foreign_origin
}

fn shows(head: &Parts, token: &str) -> bool {
    let shown = header(head, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    // Digests take the same time to compare, whatever they have in common.
    shown.is_some_and(|shown| Sha256::digest(shown) == Sha256::digest(token))
}

fn header<'a>(head: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}
