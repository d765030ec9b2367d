//! The part of the page that has the numbers of a drill: what a restore takes, for how long there was none, what was left out, the trend.

use maud::{Markup, html};
use nightproof_drill::{LeftOut, Numbers};

use crate::drill_record::DrillRecord;
use crate::trend;

/// RTO, RPO and size, what the comparison left out, and how they were in earlier drills.
pub(crate) fn section(drill: &DrillRecord<'_>) -> Markup {
    let Some(outcome) = &drill.outcome else { return Markup::default() };
    let Numbers { rto, rpo, size_change, age } = &outcome.numbers;
    html! {
        @if !outcome.numbers.is_empty() {
            h2 { "Numbers" }
            div.scroll role="group" aria-label="Numbers" { table {
                thead { tr { th { "Number" } th { "Measured" } } }
                tbody {
                    @if let Some(rto) = rto { tr { td.name { "RTO" } td { (rto) } } }
                    @if let Some(rpo) = rpo { tr { td.name { "RPO" } td { (rpo) } } }
                    @if let Some(age) = age { tr { td.name { "Newest archive" } td { (age) } } }
                    @if let Some(percent) = size_change { tr {
                        td.name { "Change in size" } td { (format!("{percent:.1} % from one archive to the next, at most")) }
                    } }
                }
            } }
        }
        (left_out(&outcome.ignored))
        (trend::section(drill))
    }
}

fn left_out(ignored: &[LeftOut]) -> Markup {
    html! {
        @if !ignored.is_empty() {
            h2 { "Left out of the comparison" }
            div.scroll role="group" aria-label="Left out of the comparison" { table {
                thead { tr { th { "Path" } th.num { "Entries" } th { "Why" } } }
                tbody { @for one in ignored { tr {
                    td.name { (one.path) } td.num { (one.entries) } td { (one.reason) }
                } } }
            } }
        }
    }
}
