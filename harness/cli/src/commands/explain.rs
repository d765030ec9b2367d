//! `nightproof explain`: what an exit code, a finding or a failure means, and how to mend it.

use std::fmt::Write as _;

use crate::Exit;
use crate::arguments::ExplainOptions;
use crate::error::Error;
use crate::printer;

pub(crate) fn explain(options: &ExplainOptions) -> Result<Exit, Error> {
    let text = match &options.name {
        None => list(),
        Some(name) => explained(name).ok_or_else(|| Error::NothingToExplain(name.clone()))?,
    };
    printer::line(text.trim_end());
    Ok(Exit::Passed)
}

fn explained(name: &str) -> Option<String> {
    if let Ok(code) = name.parse::<u8>() {
        let exit = Exit::ALL.into_iter().find(|exit| exit.code() == code)?;
        return Some(format!("exit code {code}\n\n{}\n\nMore: docs/exit-codes.md\n", exit.meaning()));
    }
    nightproof_report::explain(name).map(nightproof_report::Explanation::text)
}

fn list() -> String {
    let mut text = Exit::table();
    let _ = writeln!(text, "\nFailures and findings:");
    for name in nightproof_report::explained() {
        let _ = writeln!(text, "  {name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_findings_and_failures_are_explained_and_nothing_else() {
        for exit in Exit::ALL {
            assert!(explained(&exit.code().to_string()).unwrap().contains(exit.meaning()));
        }
        assert!(explained("open-port").unwrap().contains("vpc-security-groups"));
        assert!(explained("script").unwrap().contains("How to mend it"));
        assert_eq!((explained("6"), explained("nonesuch"), explained("300")), (None, None, None));
    }

    #[test]
    fn the_list_has_all_names() {
        let list = list();
        assert!(list.contains("  5  ") && list.contains("  restore\n") && list.contains("  no-access-log\n"), "{list}");
    }
}
