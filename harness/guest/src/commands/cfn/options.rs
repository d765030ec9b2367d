//! Command lines of the helper scripts, as Python's `optparse` reads them. <https://docs.python.org/3/library/optparse.html>

use std::collections::BTreeMap;

use crate::commands::terminal::complain;

/// An option: its letter, its name, and whether it has a value.
pub(super) type Definition = (Option<char>, &'static str, bool);

/// Where CloudFormation is, and who asks it: of every script that calls it.
pub(super) const CALLING: [Definition; 7] = [
    (Some('f'), "credential-file", true),
    (None, "role", true),
    (None, "access-key", true),
    (None, "secret-key", true),
    (None, "http-proxy", true),
    (None, "https-proxy", true),
    (None, "region", true),
];

/// Why a script ends before its work is done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The command line cannot be read.
    Usage(String),
    /// What the script says of it.
    Failed(String),
}

impl Failure {
    /// Says it, as the script `name` does; returns the exit code.
    pub(super) fn report(self, name: &str) -> u8 {
        match self {
            Self::Usage(reason) => {
                complain(&format!("Usage: {name} [options]\n\n{name}: error: {reason}"));
                2
            }
            Self::Failed(reason) => {
                complain(&reason);
                1
            }
        }
    }
}

/// A command line that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    values: BTreeMap<&'static str, String>,
    /// What is no option.
    pub(super) positional: Vec<String>,
}

impl Options {
    /// Reads `arguments`. A name may be cut short, as long as it is the beginning of one option alone.
    pub(super) fn parse(definitions: &[&[Definition]], arguments: &[String]) -> Result<Self, Failure> {
        let mut all = || definitions.iter().copied().flatten();
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument == "--" {
                options.positional.extend(rest.cloned());
                break;
            }
            if let Some(long) = argument.strip_prefix("--") {
                let (asked, attached) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let exact = all().find(|(_, name, _)| *name == asked);
                let beginning: Vec<_> = all().filter(|(_, name, _)| name.starts_with(asked)).collect();
                let (_, name, has_value) = match (exact, beginning.as_slice()) {
                    (Some(exact), _) => exact,
                    (None, [one]) => one,
                    (None, []) => return Err(Failure::Usage(format!("no such option: --{asked}"))),
                    (None, several) => {
                        let names: Vec<String> = several.iter().map(|(_, name, _)| format!("--{name}")).collect();
                        return Err(Failure::Usage(format!("ambiguous option: --{asked} ({}?)", names.join(", "))));
                    }
                };
                let value = match (has_value, attached) {
                    (true, Some(value)) => value.to_owned(),
                    (true, None) => rest.next().cloned().ok_or_else(|| lacking(&format!("--{name}")))?,
                    (false, Some(_)) => return Err(Failure::Usage(format!("--{name} option does not take a value"))),
                    (false, None) => String::new(),
                };
                options.values.insert(name, value);
            } else if argument.len() > 1 && argument.starts_with('-') {
                options.letters(&mut all, argument, &mut rest)?;
            } else {
                options.positional.push(argument.clone());
            }
        }
        Ok(options)
    }

    /// `-v`, `-s name`, `-sname`, or several letters of which the last may have a value.
    fn letters<'a, I: Iterator<Item = &'a Definition>>(
        &mut self,
        all: &mut impl FnMut() -> I,
        argument: &str,
        rest: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), Failure> {
        let mut letters = argument.chars().skip(1);
        while let Some(letter) = letters.next() {
            let found = all().find(|(short, ..)| *short == Some(letter));
            let (_, name, has_value) = found.ok_or_else(|| Failure::Usage(format!("no such option: -{letter}")))?;
            if *has_value {
                let attached: String = letters.by_ref().collect();
                let value = if attached.is_empty() { rest.next().cloned() } else { Some(attached) };
                self.values.insert(name, value.ok_or_else(|| lacking(&format!("-{letter}")))?);
            } else {
                self.values.insert(name, String::new());
            }
        }
        Ok(())
    }

    /// The value of the option of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether the option was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The stack and the resource of it that a script is about.
    pub(super) fn stack_and_resource(&self) -> Result<(&str, &str), Failure> {
        let given = |name| self.get(name).filter(|value| !value.is_empty());
        given("stack")
            .zip(given("resource"))
            .ok_or_else(|| Failure::Failed("Error: You must specify both a stack name and logical resource id".to_owned()))
    }
}

fn lacking(option: &str) -> Failure {
    Failure::Usage(format!("{option} option requires 1 argument"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: [Definition; 3] = [(Some('s'), "stack", true), (Some('v'), "verbose", false), (None, "success", true)];

    fn parse(line: &str) -> Result<Options, Failure> {
        Options::parse(&[&OPTIONS], &line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn an_option_is_given_in_every_form_of_optparse() {
        for line in ["-v -s one", "-vsone", "--verbose --stack=one", "--verb --sta one"] {
            let options = parse(line).unwrap();
            assert_eq!((options.get("stack"), options.has("verbose")), (Some("one"), true), "{line}");
        }
        assert_eq!(parse("--stack a b -- -c").unwrap().positional, ["b", "-c"]);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_of_usage() {
        let reasons = [
            ("--nothing", "no such option: --nothing"),
            ("-x", "no such option: -x"),
            ("--s x", "ambiguous option: --s (--stack, --success?)"),
            ("--stack", "--stack option requires 1 argument"),
            ("--verbose=1", "--verbose option does not take a value"),
        ];
        for (line, reason) in reasons {
            assert_eq!(parse(line), Err(Failure::Usage(reason.to_owned())), "{line}");
        }
    }
}
