//! A crontab as text: its lines with their times, and what of it cron refuses.
//! <https://man7.org/linux/man-pages/man5/crontab.5.html>, <https://manpages.debian.org/stable/cron/crontab.5.en.html>

use nightproof_schedule::CrontabTime;

/// Whose cron it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// cronie, of Amazon Linux, Red Hat and Fedora.
    Cronie,
    /// Debian's and Ubuntu's.
    Debian,
}

/// A line that is run at its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: usize,
    pub(super) time: CrontabTime,
    /// The fields as they are written.
    pub(super) schedule: String,
    /// Of a system's table alone.
    pub(super) user: Option<String>,
    /// With its `%`.
    pub(super) command: String,
    /// Assignments that stand before it.
    pub(super) environment: Vec<(String, String)>,
}

/// The lines of a table, and what cron refuses, with the number of its line. A system's table names a user in each line.
pub(super) fn parse(text: &str, is_system: bool, dialect: Dialect) -> (Vec<Line>, Vec<(usize, &'static str)>) {
    let (mut lines, mut refused) = (Vec::new(), Vec::new());
    let mut environment: Vec<(String, String)> = Vec::new();
    let is_cut = !text.is_empty() && !text.ends_with('\n');
    if is_cut && dialect == Dialect::Debian {
        return (lines, vec![(text.lines().count(), "missing newline before EOF, this crontab file is ignored")]);
    }
    let last = text.lines().count();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_start())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            environment.retain(|(other, _)| *other != name);
            environment.push((name, value));
            continue;
        }
        // cronie: not logged.
        let line = if dialect == Dialect::Cronie { line.trim_start_matches('-') } else { line };
        let fields = if line.starts_with('@') { 1 } else { 5 };
        let Some((schedule, rest)) = split(line, fields) else {
            refused.push((number, "bad time specifier"));
            continue;
        };
        let Some(time) = CrontabTime::parse(&schedule) else {
            refused.push((number, "bad time specifier"));
            continue;
        };
        let (user, command) = match split(rest, 1) {
            Some((user, command)) if is_system => (Some(user), command),
            _ if is_system => (None, ""),
            _ => (None, rest),
        };
        if command.is_empty() || (is_cut && number == last) {
            refused.push((number, if command.is_empty() { "bad command" } else { "bad command: the last line has no newline" }));
            continue;
        }
        let command = command.to_owned();
        lines.push(Line { number, time, schedule, user, command, environment: environment.clone() });
    }
    (lines, refused)
}

/// Why cron would not take this as a user's table: the line, and what is wrong with it.
pub(crate) fn problem(text: &str, dialect: Dialect) -> Option<(usize, &'static str)> {
    parse(text, false, dialect).1.into_iter().next()
}

/// So many words, with a blank between, and what follows them.
fn split(line: &str, count: usize) -> Option<(String, &str)> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start());
    for _ in 0..count {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        if word.is_empty() {
            return None;
        }
        words.push(word);
        rest = after.trim_start();
    }
    Some((words.join(" "), rest))
}

/// `NAME = value`, with or without quotes.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let unquoted = |text: &str| {
        let text = text.trim();
        let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
        inner.unwrap_or(text).to_owned()
    };
    let name = unquoted(name);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|each| each.is_ascii_alphanumeric() || each == '_');
    is_name.then(|| (name, unquoted(value)))
}

/// What the shell gets of a command, and what its standard input does: the first `%` ends the one, each other is a newline in the second.
pub(super) fn shell_and_input(command: &str) -> (String, Option<String>) {
    let (mut shell, mut input): (String, Option<String>) = (String::new(), None);
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        let character = match character {
            '\\' if characters.peek() == Some(&'%') => {
                characters.next();
                '%'
            }
            '%' if input.is_none() => {
                input = Some(String::new());
                continue;
            }
            '%' => '\n',
            other => other,
        };
        input.as_mut().unwrap_or(&mut shell).push(character);
    }
    // The last line is one, too.
    (shell, input.map(|input| input + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_systems_table_has_a_user_in_each_line_and_assignments_hold_from_where_they_stand() {
        let text = "# backup\nSHELL=/bin/bash\n0 3 * * * root /opt/backup.sh --all\nPATH = \"/opt/bin:/bin\"\n@daily ec2-user echo a=b\n";
        let (lines, refused) = parse(text, true, Dialect::Cronie);
        assert_eq!(refused, []);
        let [first, second] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((first.number, first.schedule.as_str(), first.user.as_deref()), (3, "0 3 * * *", Some("root")));
        assert_eq!((first.command.as_str(), first.environment.len()), ("/opt/backup.sh --all", 1));
        assert_eq!(
            (second.schedule.as_str(), second.user.as_deref(), second.command.as_str()),
            ("@daily", Some("ec2-user"), "echo a=b")
        );
        assert_eq!(second.environment[1], ("PATH".to_owned(), "/opt/bin:/bin".to_owned()));
    }

    #[test]
    fn a_users_table_has_none() {
        let (lines, _) = parse("0 3 * * * /opt/backup.sh\n", false, Dialect::Debian);
        assert_eq!((lines[0].user.as_deref(), lines[0].command.as_str()), (None, "/opt/backup.sh"));
    }

    #[test]
    fn what_cron_refuses_is_named_with_its_line() {
        let text = "0 3 * * * root a\n0 25 * * * root b\n0 3 * * *\n";
        let (lines, refused) = parse(text, true, Dialect::Cronie);
        assert_eq!((lines.len(), refused), (1, vec![(2, "bad time specifier"), (3, "bad command")]));
        assert_eq!(problem("hello\n", Dialect::Debian), Some((1, "bad time specifier")));
    }

    #[test]
    fn a_table_without_its_last_newline_lacks_that_line_or_is_left_out_whole() {
        let text = "0 3 * * * root a\n0 4 * * * root b";
        let (lines, refused) = parse(text, true, Dialect::Cronie);
        assert_eq!((lines.len(), refused.len()), (1, 1));
        assert!(parse(text, true, Dialect::Debian).0.is_empty());
    }

    #[test]
    fn percent_signs_end_the_command_and_part_its_input() {
        assert_eq!(shell_and_input("cat%one%two"), ("cat".to_owned(), Some("one\ntwo\n".to_owned())));
        assert_eq!(shell_and_input(r"date +\%F"), ("date +%F".to_owned(), None));
        // The night's classic: the shell gets half of the command.
        assert_eq!(shell_and_input("tar -cf $(date +%F).tar /"), ("tar -cf $(date +".to_owned(), Some("F).tar /\n".to_owned())));
    }
}
