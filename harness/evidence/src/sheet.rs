//! A printable page that needs nothing else. Everything that it holds is escaped on its way in.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page.css");
/// Nothing is loaded from anywhere, and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// A page with this title.
pub(crate) fn sheet(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

/// A table with these heads; nothing if there are no rows.
pub(crate) fn table(title: &str, heads: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        @if !rows.is_empty() {
            h2 { (title) }
            table {
                thead { tr { @for head in heads { th { (head) } } } }
                tbody { @for row in rows { tr { @for cell in row { td class=[class(cell)] { (cell) } } } } }
            }
        }
    }
}

/// Words that are shown in a colour.
fn class(cell: &str) -> Option<&'static str> {
    match cell {
        "passed" | "held" | "noticed" | "refused" | "withstood" => Some("good"),
        "failed" | "over" | "not measured" | "NOT NOTICED" | "noticed elsewhere" | "not tried" | "destroyed" | "hidden"
        | "weakened" => Some("bad"),
        _ => None,
    }
}
