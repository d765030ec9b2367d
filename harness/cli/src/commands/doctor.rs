//! `nightproof doctor`: what this machine has and lacks.

use nightproof_machine::{container, doctor};

use crate::error::Error;
use crate::{Exit, printer};

pub(crate) async fn doctor() -> Result<Exit, Error> {
    // Else the one that the shell would find.
    let itself = std::env::current_exe().unwrap_or_else(|_| "nightproof".into());
    let needed = doctor::checks(&itself);
    for check in &needed {
        printer::line(&text(check, "LACK"));
    }
    printer::line("");
    printer::line("For instances of Debian and Ubuntu, whose `sh` is dash:");
    for check in doctor::optional_checks() {
        printer::line(&text(&check, "none"));
    }
    printer::line("");
    printer::line("For sandboxes that are as their image is:");
    for check in doctor::likeness_checks() {
        printer::line(&text(&check, "none"));
    }
    printer::line("");
    printer::line("For `--machine container` and `--cloud localstack`, which a drill can do without:");
    for check in container::doctor::checks().await {
        printer::line(&text(&check, "none"));
    }
    Ok(if needed.iter().all(|check| check.ok) { Exit::Passed } else { Exit::Missing })
}

/// A check in a line, and its remedy in another; `otherwise` marks one that failed.
fn text(check: &doctor::Check, otherwise: &str) -> String {
    let line = format!("{} {:<14} {}", if check.ok { "ok  " } else { otherwise }, check.name, check.detail);
    match check.remedy.as_ref().filter(|_| !check.ok) {
        Some(remedy) => format!("{line}\n     {:<14} help: {remedy}", ""),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_failed_has_its_remedy() {
        let check = |ok| doctor::Check {
            name: "python",
            ok,
            detail: if ok { "/usr/bin/python3 (3.13)" } else { "not found" }.to_owned(),
            remedy: Some("install python3".to_owned()),
        };
        let lines = [text(&check(true), "LACK"), text(&check(false), "LACK"), text(&check(false), "none")];
        insta::assert_snapshot!(lines.join("\n"));
    }
}
