//! What was tried against the archives, for people.

use maud::{Markup, html};
use nightproof_drill::{Attack, AttackEffect, Attempt};

/// The attempts of each attacker, in the order in which they began.
pub(crate) fn by_attacker(attack: &Attack) -> Vec<(&str, Vec<&Attempt>)> {
    let mut found: Vec<(&str, Vec<&Attempt>)> = Vec::new();
    for attempt in &attack.attempts {
        match found.iter_mut().find(|(by, _)| *by == attempt.by) {
            Some((_, attempts)) => attempts.push(attempt),
            None => found.push((&attempt.by, vec![attempt])),
        }
    }
    found
}

/// The section of the page.
pub(crate) fn section(attack: Option<&Attack>) -> Markup {
    html! {
        @if let Some(attack) = attack {
            h2 { "Could the backup be destroyed?" }
            @for (by, attempts) in by_attacker(attack) {
                @let through: Vec<&Attempt> = attempts.iter().copied().filter(|attempt| attempt.effect != AttackEffect::Refused).collect();
                p { strong { (by) } ": " (attempts.len() - through.len()) " of " (attempts.len()) " calls are refused" }
                @if !through.is_empty() {
                    div.scroll role="group" aria-label=(format!("Calls of {by}")) { table {
                        thead { tr { th { "Effect" } th { "Call" } th { "On" } th { "What was seen" } th { "Allowed by" } } }
                        tbody { @for attempt in through { tr {
                            td.name class=(class(attempt.effect)) { (attempt.effect) }
                            td { (attempt.call) }
                            td { (attempt.on) }
                            td { (attempt.detail) }
                            td { (attempt.allowed_by.join("; ")) }
                        } } }
                    } }
                }
            }
        }
    }
}

const fn class(effect: AttackEffect) -> &'static str {
    match effect {
        AttackEffect::Refused | AttackEffect::Withstood => "good",
        AttackEffect::Weakened | AttackEffect::Untried | AttackEffect::Copied => "soft",
        AttackEffect::Hidden | AttackEffect::Destroyed => "bad",
    }
}
