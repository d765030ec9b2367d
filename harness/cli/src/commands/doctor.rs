//! `nightproof doctor`: what this machine has and lacks.

use nightproof_machine::{container, doctor};

use crate::error::Error;
use crate::{Exit, printer};

pub(crate) async fn doctor() -> Result<Exit, Error> {
    // Else the one that the shell would find.
    let itself = std::env::current_exe().unwrap_or_else(|_| "nightproof".into());
    let needed = doctor::checks(&itself);
    for check in &needed {
        tell(check, "LACK");
    }
    printer::line("");
    printer::line("For instances of Debian and Ubuntu, whose `sh` is dash:");
    for check in doctor::optional_checks() {
        tell(&check, "none");
    }
    printer::line("");
    printer::line("For `--machine container` and `--cloud localstack`, which a drill can do without:");
    for check in container::doctor::checks().await {
        tell(&check, "none");
    }
    Ok(if needed.iter().all(|check| check.ok) { Exit::Passed } else { Exit::Missing })
}

fn tell(check: &doctor::Check, otherwise: &str) {
    printer::line(&format!("{} {:<14} {}", if check.ok { "ok  " } else { otherwise }, check.name, check.detail));
    if let Some(remedy) = check.remedy.as_ref().filter(|_| !check.ok) {
        printer::line(&format!("     {:<14} help: {remedy}", ""));
    }
}
