//! The page: three files that are in the program.

use http::Response;
use nightproof_core::service::Body;

use crate::answer::of_kind;

/// Paths, with media type and content.
const ASSETS: [(&str, &str, &str); 3] = [
    ("/_nightproof/", "text/html; charset=utf-8", include_str!("assets/page.html")),
    ("/_nightproof/console.css", "text/css; charset=utf-8", include_str!("assets/console.css")),
    ("/_nightproof/console.js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
];

/// Whether this is the path of a file of the page.
pub(crate) fn is_asset(path: &str) -> bool {
    ASSETS.iter().any(|(name, ..)| *name == path)
}

/// The file of the page at this path.
pub(crate) fn asset(path: &str) -> Option<Response<Body>> {
    ASSETS.iter().find(|(name, ..)| *name == path).map(|(_, kind, text)| of_kind(kind, *text))
}
