//! `nightproof doctor`: what this machine has and lacks.

mod fix;

use std::path::Path;

use nightproof_machine::{container, doctor};

use crate::arguments::DoctorOptions;
use crate::error::Error;
use crate::{Exit, printer};

pub(crate) async fn doctor(options: &DoctorOptions) -> Result<Exit, Error> {
    // Else the one that the shell would find.
    let itself = std::env::current_exe().unwrap_or_else(|_| "nightproof".into());
    let needed = doctor::checks(&itself);
    if options.fix {
        return Ok(print_fix(&needed, &itself));
    }
    for check in &needed {
        printer::line(&text(check, "LACK"));
    }
    printer::line("");
    printer::line("For instances of Debian and Ubuntu, whose `sh` is dash:");
    for check in doctor::optional_checks() {
        printer::line(&text(&check, "none"));
    }
    printer::line("");
    printer::line("For functions in Node.js:");
    for check in doctor::function_checks() {
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

/// The commands alone go to standard output, so that they can be given to a shell.
fn print_fix(needed: &[doctor::Check], itself: &Path) -> Exit {
    let lacking: Vec<_> = needed.iter().filter(|check| !check.ok).collect();
    if lacking.is_empty() {
        printer::note("nothing is lacking");
        return Exit::Passed;
    }
    for check in lacking {
        printer::note(&text(check, "LACK"));
    }
    match fix::script(needed, fix::manager(), itself) {
        Some(script) => {
            printer::note("as root, these commands mend it (`nightproof doctor --fix | sudo sh`):");
            printer::line(script.trim_end());
        }
        None => printer::note("no command mends it"),
    }
    Exit::Missing
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
