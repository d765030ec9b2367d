//! The page of what was proven: the negative controls, and who noticed each.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use nightproof_prove::{Checked, Proof, Verdict};

use crate::html::{POLICY, STYLE};

/// One page that needs nothing else.
pub fn proof_page(proof: &Proof) -> String {
    let (title, class) = if proof.is_whole() {
        ("The drill fails when the backup does", "good")
    } else {
        ("The drill does not notice everything", "bad")
    };
    let (noticed, applying, alone) = proof.count();
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
            body {
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
            }
        }
    }
    .into_string()
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
