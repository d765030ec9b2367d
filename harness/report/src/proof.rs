//! The page of what was proven: the negative controls, and who noticed each.

use maud::{Markup, html};
use nightproof_prove::{Checked, Proof, Verdict};

use crate::document::document;

/// One page that needs nothing else.
pub fn proof_page(proof: &Proof) -> String {
    let (title, class) = if proof.is_whole() {
        ("The drill fails when the backup does", "good")
    } else {
        ("The drill does not notice everything", "bad")
    };
    let (noticed, applying, alone) = proof.count();
    let body = html! {
        header {
            h1 class=(class) { (title) }
            span.soft { "drill " (proof.run) " passed; each control is a drill of its own" }
        }
        main {
            p { "The drill noticed " (noticed) " of " (applying) " controls. Of " (alone) " of them nobody else is notified." }
            div.scroll role="group" aria-label="Controls" { table {
                thead { tr { th { "What was done" } th { "The drill" } th { "Notified" } th { "Why" } } }
                tbody { @for control in &proof.controls { (row(control)) } }
            } }
        }
    };
    document(&html! { (title) }, &body)
}

fn row(control: &Checked) -> Markup {
    let class = match control.verdict {
        Verdict::Noticed => "good",
        Verdict::NotApplicable => "soft",
        Verdict::Misplaced | Verdict::Unnoticed | Verdict::Unfinished => "bad",
    };
    html! { tr {
        td { (control.title) }
        td class=(class) { (control.verdict.as_str()) @if let Some(at) = &control.at { " " (at) } }
        td {
            @if control.verdict == Verdict::NotApplicable { "" }
            @else if control.notified.is_empty() { "nobody" }
            @else { (control.notified.join("; ")) }
        }
        td { (control.reason) }
    } }
}
