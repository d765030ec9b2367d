//! `nightproof completions` and `nightproof man`: what a shell and a manual have of the command line.

use std::io;
use std::path::Path;

use clap::CommandFactory as _;

use super::reference;
use crate::Exit;
use crate::arguments::{Arguments, CompletionsOptions, ManOptions};
use crate::error::Error;
use crate::printer;

pub(crate) fn completions(options: &CompletionsOptions) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "nightproof", &mut script);
    printer::line(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Passed)
}

pub(crate) fn man(options: &ManOptions) -> Result<Exit, Error> {
    let Some(out) = &options.out else {
        printer::line(reference::page().trim_end());
        return Ok(Exit::Passed);
    };
    write(out).map_err(|source| Error::WriteFolder { path: out.clone(), source })?;
    printer::note(&format!("`man -l {}` shows the first of them", out.join("nightproof.1").display()));
    Ok(Exit::Passed)
}

/// A page for the program, and one for each command.
fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Arguments::command().disable_help_subcommand(true), folder)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn each_shell_gets_a_script_that_knows_the_commands() {
        for shell in clap_complete::Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "nightproof", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("reproduce") && script.contains("restore-script"), "{shell}");
        }
    }

    #[test]
    fn every_command_has_a_page_of_the_manual() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        for command in Arguments::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = folder.path().join(format!("nightproof-{}.1", command.get_name()));
            assert!(std::fs::read_to_string(&page).unwrap().contains(".SH SYNOPSIS"), "{}", page.display());
        }
    }
}
