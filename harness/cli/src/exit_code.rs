//! The stable list of exit codes; `docs/exit-codes.md` has the same table.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The command did what it was asked; a drill passed.
    Passed,
    /// The drill failed or was interrupted, or what was checked does not hold.
    Failed,
    /// An argument or a file that was given is wrong.
    Input,
    /// Something is missing on this machine.
    Missing,
    /// Something that was made could not be removed.
    Leftovers,
    /// The local region lacks something that AWS has.
    NotSupported,
    /// A command on an instance ended with this code, which is handed on.
    OfCommand(u8),
}

impl Exit {
    pub(crate) const ALL: [Self; 6] =
        [Self::Passed, Self::Failed, Self::Input, Self::Missing, Self::Leftovers, Self::NotSupported];

    /// As the shell sees it.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Input => 2,
            Self::Missing => 3,
            Self::Leftovers => 4,
            Self::NotSupported => 5,
            Self::OfCommand(code) => code,
        }
    }

    /// What the code means, for a person.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Passed => "the command did what it was asked; a drill passed",
            Self::Failed => "the drill failed or was interrupted, or what was checked does not hold",
            Self::Input => {
                "bad input: arguments, template, parameters, data, files that are named, an account that is not allowed"
            }
            Self::Missing => "something is missing on this machine: namespaces, Python, Docker, a free port, AWS credentials",
            Self::Leftovers => "something that was made could not be removed",
            Self::OfCommand(_) => "that of the command on the instance",
            Self::NotSupported => {
                "the local region lacks something that AWS has: the message names all of it, and the backup is neither good nor bad"
            }
        }
    }

    /// All codes with their meanings, a line each.
    pub(crate) fn table() -> String {
        let mut table = "Exit codes:\n".to_owned();
        for exit in Self::ALL {
            let _ = writeln!(table, "  {}  {}", exit.code(), exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_all_exit_codes_with_their_meanings() {
        let page = include_str!("../../../docs/exit-codes.md");
        let documented: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| exit")).collect();
        let known = Exit::ALL.map(|exit| format!("| {} | {} |", exit.code(), exit.meaning()));
        assert_eq!(documented, known);
    }
}
