//! The printable page of a record.

use maud::html;

use crate::record::Record;
use crate::sheet::{sheet, table};

/// The page; `sha256` is of the record's own file.
pub(crate) fn page(record: &Record, sha256: &str, key: &str) -> String {
    let drill = &record.drill;
    let title = format!("Drill {} of {}: {}", drill.run, record.template.name, record.result);
    let commit = record.template.commit.as_ref().map(|commit| {
        let changed = if commit.changed { ", with changes that are not committed" } else { "" };
        format!("{}{changed}", commit.id)
    });
    let place = if record.is_local() { "a local region on the machine that drilled, not AWS" } else { "AWS" };
    let row = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
    let mut facts = vec![
        row("Template", &record.template.name),
        row("its SHA-256", &record.template.sha256),
        row("Ran against", &format!("{}: {place}", drill.cloud)),
        row("Account", &drill.account),
        row("Caller", &drill.caller),
        row("Began", &drill.began),
        row("Ended", &drill.ended),
        row("Nights", &drill.nights.to_string()),
        row("Made by", &format!("{} {}", record.product.name, record.product.version)),
        row("Journal", &format!("{} lines, SHA-256 {}", record.journal.lines, record.journal.sha256)),
        row("This record", &format!("evidence-{}.json, SHA-256 {sha256}", drill.run)),
        row("Signed by", &format!("key {key}")),
    ];
    if let Some(commit) = commit {
        facts.insert(2, row("Commit", &commit));
    }
    let checks = record
        .checks
        .iter()
        .map(|check| vec![check.night.to_string(), check.what.clone(), check.result.clone(), check.seen.clone()]);
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let budgets = record
        .budgets
        .iter()
        .map(|budget| vec![budget.number.clone(), text(&budget.measured), text(&budget.allowed), text(&budget.result)]);
    let findings = record.findings.iter().map(|finding| vec![finding.id.clone(), finding.detail.clone()]);
    let attempts = record.attack.iter().flatten().map(|one| {
        let allowed = one.allowed_by.join("; ");
        vec![one.by.clone(), one.call.clone(), one.on.clone(), one.effect.clone(), one.detail.clone(), allowed]
    });
    let controls = record.controls.iter().flatten().map(|one| {
        let told = if one.told.is_empty() { "nobody".to_owned() } else { one.told.join("; ") };
        let at = one.at.clone().unwrap_or_default();
        vec![one.title.clone(), one.result.clone(), at, one.reason.clone(), told]
    });
    let left_out = record.left_out.iter().map(|one| vec![one.path.clone(), one.entries.to_string(), one.reason.clone()]);
    let single = |items: &[String]| items.iter().map(|item| vec![item.clone()]).collect::<Vec<_>>();
    sheet(
        &title,
        &html! {
            h1 { "The backup’s drill " span class=(if record.result == "passed" { "good" } else { "bad" }) { (record.result) } }
            @if let Some(weakness) = &record.weakness { p.bad { "At " (weakness.point) ": " (weakness.reason) } }
            (table("What was drilled", &["", ""], &facts))
            (table("Checks", &["Night", "Check", "Result", "Seen"], &checks.collect::<Vec<_>>()))
            (table("Numbers", &["Number", "Measured", "Allowed", "Result"], &budgets.collect::<Vec<_>>()))
            (table("Findings", &["Finding", "What was found"], &findings.collect::<Vec<_>>()))
            (table(
                "Could the archives be destroyed?",
                &["Who", "Call", "On", "Effect", "What became of them", "Allowed by"],
                &attempts.collect::<Vec<_>>()
            ))
            @if record.attack.is_none() { p.soft { "Whether somebody could destroy the archives was not tried." } }
            (table(
                "Would it have been noticed?",
                &["What went wrong on purpose", "Drill", "Where", "Why", "Who else was told"],
                &controls.collect::<Vec<_>>()
            ))
            @if record.controls.is_none() { p.soft { "Negative controls, which show that a drill notices, were not tried." } }
            (table("Left out of the comparison", &["Path", "Entries", "Why"], &left_out.collect::<Vec<_>>()))
            (table("Not looked at", &["What"], &single(&record.not_looked_at)))
            (table("Who was told", &["Notification"], &single(&record.told)))
            p.soft {
                "A drill shows that this template, on that day, made a backup of the data that the drill put there, and that it came back. It shows "
                "neither that every night’s backup does, nor anything of data that it did not put there, of people, of other copies or of retention."
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    #[test]
    fn a_page_has_all_of_the_record_and_no_markup_of_it() {
        let page = page(&record("2026-11-29"), "ef", "0123456789ABCDEF");
        let (_, body) = page.split_once("<body>").unwrap();
        assert!(!page.contains("<script"), "{page}");
        insta::assert_snapshot!(body.replace("><", ">\n<"));
    }
}
