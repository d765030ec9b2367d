//! What findings and failures mean, and how they are mended: the one source of these texts. The report's page and `nightproof explain` show them, and
//! `docs/findings.md` is made of them.

use std::fmt::Write as _;

use nightproof_drill::FailurePoint;

mod entry;
mod failures;
mod findings;

pub use entry::Explanation;

/// The explanation of a finding, or of a failure; `None` if there is no such name.
pub fn explain(name: &str) -> Option<&'static Explanation> {
    findings::ALL.iter().chain(failures::ALL).find(|explanation| explanation.name == name)
}

/// The explanation of where a drill failed.
pub fn explain_failure(point: FailurePoint) -> Option<&'static Explanation> {
    failures::ALL.iter().find(|explanation| explanation.name == point.as_str())
}

/// All names that can be explained: failures first.
pub fn explained() -> impl Iterator<Item = &'static str> {
    failures::ALL.iter().chain(findings::ALL).map(|explanation| explanation.name)
}

/// The page of all explanations.
pub fn explanations_page() -> String {
    let mut page =
        "# Failures and findings\n\n`nightproof explain NAME` prints each of these. A finding fails a strict drill alone.\n"
            .to_owned();
    for (title, all) in [("Where a drill fails", failures::ALL), ("Findings", findings::ALL)] {
        let _ = write!(page, "\n## {title}\n");
        for Explanation { name, meaning, remedy, page: more } in all {
            let _ = write!(page, "\n### `{name}`\n{meaning}\n\n**How to mend it:** {remedy}\n\nMore: <{more}>\n");
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The text literals that stand behind `before` in the sources at or below `path`.
    fn literals(path: &Path, before: &str, found: &mut BTreeSet<String>) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                literals(&entry.unwrap().path(), before, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let behind = code.split(before).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(behind.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }

    #[test]
    fn every_finding_that_the_sources_name_is_explained_and_no_other() {
        let harness = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut ids = BTreeSet::new();
        literals(&harness.join("drill/src"), "finding(", &mut ids);
        literals(&harness.join("drill/src/attack/findings.rs"), "Some(", &mut ids);
        literals(&harness.join("drill/src/native/mod.rs"), "|text| (", &mut ids);
        literals(&harness.join("journal/src/event.rs"), ": &str =", &mut ids);
        assert!(ids.len() > 20, "{ids:?}");
        let explained: BTreeSet<String> = findings::ALL.iter().map(|explanation| explanation.name.to_owned()).collect();
        let missing: Vec<_> = ids.difference(&explained).collect();
        assert!(missing.is_empty(), "without an explanation: {missing:?}");
        let unknown: Vec<_> = explained.difference(&ids).collect();
        assert!(unknown.is_empty(), "explained, and found by nobody: {unknown:?}");
    }

    #[test]
    fn every_point_of_failure_is_explained() {
        let beside = [FailurePoint::Input, FailurePoint::DeadLetter, FailurePoint::Findings, FailurePoint::Drill];
        let points: Vec<FailurePoint> = nightproof_drill::Hop::ALL.map(FailurePoint::Hop).into_iter().chain(beside).collect();
        for point in &points {
            assert!(explain_failure(*point).is_some(), "{point}");
        }
        assert_eq!(points.len(), failures::ALL.len());
    }

    #[test]
    fn names_are_unique_and_texts_are_whole() {
        let names: BTreeSet<&str> = explained().collect();
        assert_eq!(names.len(), explained().count());
        for one in failures::ALL.iter().chain(findings::ALL) {
            assert!(one.page.starts_with("https://") || one.page.starts_with("docs/"), "{}", one.page);
            assert!(one.meaning.ends_with('.') && one.remedy.ends_with('.'), "{}", one.name);
        }
    }

    /// `NIGHTPROOF_WRITE_DOCS=1` writes the page anew.
    #[test]
    fn the_page_has_these_texts() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings.md");
        if std::env::var_os("NIGHTPROOF_WRITE_DOCS").is_some() {
            std::fs::write(&file, explanations_page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), explanations_page());
    }
}
