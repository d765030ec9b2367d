//! The command line as a page of the documentation.

use clap::{Arg, Command, CommandFactory as _};

use crate::arguments::Arguments;

const HEAD: &str = "# The command line

`nightproof man --markdown` prints this page; `nightproof COMMAND --help` says the same of one command, and `nightproof man DIR` writes pages of the manual.
";

/// All commands that are shown, with their options.
pub(crate) fn page() -> String {
    let mut program = Arguments::command().disable_help_subcommand(true);
    program.build();
    let mut page = HEAD.to_owned();
    section(&mut program, "nightproof", &mut page);
    page
}

/// A command, then those below it.
fn section(command: &mut Command, path: &str, page: &mut String) {
    if path != "nightproof" {
        page.push_str(&format!("\n## `{path}`\n"));
    }
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        page.push_str(&format!("\n{about}\n"));
    }
    page.push_str(&format!("\n```\n{}\n```\n", command.render_usage().to_string().trim_start_matches("Usage: ").trim()));
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()));
    let items: Vec<String> = shown.map(item).collect();
    if !items.is_empty() {
        page.push_str(&format!("\n{}\n", items.join("\n")));
    }
    for below in command.get_subcommands_mut().filter(|below| !below.is_hide_set()) {
        let path = format!("{path} {}", below.get_name());
        section(below, &path, page);
    }
}

/// `- --option VALUE: what it is (default …; one of …; variable …)`
fn item(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let notes = notes(arg);
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("- `{}`: {}{notes}", name(arg), help.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn name(arg: &Arg) -> String {
    let takes_values = arg.get_action().takes_values();
    let values = arg.get_value_names().into_iter().flatten().map(|value| value.as_str().to_owned());
    let values = if takes_values { values.collect::<Vec<_>>().join(" ") } else { String::new() };
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    match arg.get_long() {
        Some(long) => format!("{short}--{long} {values}").trim().to_owned(),
        None => values,
    }
}

fn notes(arg: &Arg) -> Vec<String> {
    let mut notes = Vec::new();
    if !arg.get_action().takes_values() {
        return notes;
    }
    let code = |text: &str| format!("`{text}`");
    let values = arg.get_possible_values();
    let values: Vec<String> = values.iter().filter(|value| !value.is_hide_set()).map(|value| code(value.get_name())).collect();
    if !values.is_empty() {
        notes.push(format!("one of {}", values.join(", ")));
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|value| code(&value.to_string_lossy())).collect();
    if !defaults.is_empty() {
        notes.push(format!("default {}", defaults.join(", ")));
    }
    if let Some(variable) = arg.get_env() {
        notes.push(format!("variable {}", code(&variable.to_string_lossy())));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_documentation_has_the_command_line_as_it_is() {
        let written = include_str!("../../../../docs/command-line.md");
        assert_eq!(written, page(), "run `cargo run -- man --markdown > docs/command-line.md`");
    }

    #[test]
    fn an_option_is_shown_with_its_values_default_and_variable() {
        let arg = Arg::new("colour").long("colour").short('c').value_name("NAME").help("Of  what\nis printed.");
        let arg = arg.value_parser(["red", "blue"]).default_value("red").env("COLOUR");
        assert_eq!(
            item(&arg),
            "- `-c, --colour NAME`: Of what is printed. (one of `red`, `blue`; default `red`; variable `COLOUR`)"
        );
        let flag = Arg::new("yes").long("yes").action(clap::ArgAction::SetTrue).help("Really.");
        assert_eq!(item(&flag), "- `--yes`: Really.");
        assert_eq!(item(&Arg::new("file").value_name("FILE").help("It.")), "- `FILE`: It.");
    }

    #[test]
    fn commands_below_commands_are_there_and_hidden_ones_are_not() {
        let page = page();
        assert!(page.contains("\n## `nightproof run`\n") && page.contains("\n## `nightproof evidence book`\n"), "{page}");
        let hidden: Vec<String> =
            Arguments::command().get_subcommands().filter(|one| one.is_hide_set()).map(|one| one.get_name().to_owned()).collect();
        assert!(hidden.iter().all(|name| !page.contains(&format!("## `nightproof {name}`"))), "{hidden:?}");
    }
}
