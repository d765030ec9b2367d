//! `firedrill doctor`: what this machine has and lacks.

use crate::{Exit, printer};

pub(crate) fn doctor() -> Exit {
    let mut exit = Exit::Passed;
    for check in firedrill_region::machine::doctor::checks() {
        printer::line(&format!("{} {:<14} {}", if check.ok { "ok  " } else { "LACK" }, check.name, check.detail));
        if !check.ok {
            exit = Exit::Missing;
            if let Some(remedy) = &check.remedy {
                printer::line(&format!("     {:<14} help: {remedy}", ""));
            }
        }
    }
    exit
}
