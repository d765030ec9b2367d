//! croniter 6.0.0 of PyPI, where Python has it (`pip install croniter==6.0.0`); elsewhere there is nothing to compare with, and the test says so.
//! Its own way with `*/2` in one day field and a value in the other, and with clocks that are changed, is not cron's: neither is asked for.

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightproof_schedule::{Cron, CrontabTime};

/// Reads `EPOCH<tab>EXPRESSION` lines, and writes the next three times of each, or `never`.
const SCRIPT: &str = "
import sys
from datetime import datetime, timezone
from croniter import croniter
for line in sys.stdin:
    start, expression = line.rstrip('\\n').split('\\t')
    times = croniter(expression, datetime.fromtimestamp(int(start), timezone.utc))
    try:
        print(*[int(times.get_next(float)) for _ in range(3)])
    except Exception:
        print('never')
";
/// As many expressions of each kind.
const COUNT: usize = 400;

/// What somebody else makes of the lines; `None` where there is nobody.
fn croniter(lines: &str) -> Option<Vec<String>> {
    let version = Command::new("python3").args(["-c", "import croniter; print(croniter.__version__)"]).output().ok()?;
    if !version.status.success() {
        return None;
    }
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), "6.0.0", "the version that this test knows");
    let mut python =
        Command::new("python3").args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    let (mut stdin, lines) = (python.stdin.take().expect("a pipe"), lines.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = python.wait_with_output().expect("an end");
    writer.join().expect("no panic").expect("all is read");
    assert!(output.status.success(), "{}", output.status);
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// A field of values from `low` on: `*`, a value, a list, a range, and steps of those.
    fn field(&mut self, low: u64, high: u64) -> String {
        let mut value = |from: u64| from + self.below(high - from + 1);
        let (one, other) = (value(low), value(low));
        let (first, last) = (one.min(other), one.max(other));
        match self.below(6) {
            0 => "*".to_owned(),
            1 => format!("*/{}", 1 + self.below(high)),
            2 => format!("{first},{last}"),
            3 => format!("{first}-{last}"),
            4 => format!("{first}-{last}/{}", 1 + self.below(high)),
            _ => one.to_string(),
        }
    }

    /// One without steps from `*`.
    fn day(&mut self, low: u64, high: u64) -> String {
        loop {
            let field = self.field(low, high);
            if !field.starts_with("*/") {
                return field;
            }
        }
    }

    fn moment(&mut self) -> i64 {
        // From 2026 on, within ten years.
        1_767_225_600 + i64::try_from(self.below(315_360_000)).expect("small")
    }
}

/// The next three times, as croniter's are written.
fn three(start: i64, next: impl Fn(Timestamp) -> Option<Timestamp>) -> String {
    let mut last = Timestamp::from_second(start).expect("a moment");
    let mut times = Vec::new();
    for _ in 0..3 {
        let Some(found) = next(last) else { return "never".to_owned() };
        times.push(found.as_second().to_string());
        last = found;
    }
    times.join(" ")
}

fn assert_same(kind: &str, cases: &[(i64, String, String, String)]) {
    let lines: String = cases.iter().map(|(start, _, theirs, _)| format!("{start}\t{theirs}\n")).collect();
    let Some(answers) = croniter(&lines) else {
        eprintln!("skipped: Python has no croniter");
        return;
    };
    assert_eq!(answers.len(), cases.len());
    for ((start, expression, _, ours), theirs) in cases.iter().zip(&answers) {
        assert_eq!(ours, theirs, "{kind} {expression} after {start}");
    }
}

#[test]
fn times_of_crontabs_are_croniters() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let cases: Vec<_> = (0..COUNT)
        .map(|_| {
            let (minute, hour, month) = (numbers.field(0, 59), numbers.field(0, 23), numbers.field(1, 12));
            let (day, weekday) = (numbers.day(1, 31), numbers.day(0, 6));
            let expression = format!("{minute} {hour} {day} {month} {weekday}");
            let start = numbers.moment();
            let time = CrontabTime::parse(&expression).expect("a time");
            let ours = three(start, |moment| time.next_after(moment, &TimeZone::UTC));
            (start, expression.clone(), expression, ours)
        })
        .collect();
    assert_same("crontab", &cases);
}

#[test]
fn times_of_aws_are_croniters() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let cases: Vec<_> = (0..COUNT)
        .map(|_| {
            let (minute, hour, month) = (numbers.field(0, 59), numbers.field(0, 23), numbers.field(1, 12));
            // A day of each kind, as AWS and as croniter write it: AWS's Sunday is 1.
            let weekday = numbers.below(7);
            let (days, theirs) = match numbers.below(5) {
                0 => ("L ?".to_owned(), ("L".to_owned(), "*".to_owned())),
                1 => {
                    let nth = 1 + numbers.below(4);
                    (format!("? {}#{nth}", weekday + 1), ("*".to_owned(), format!("{weekday}#{nth}")))
                }
                2 => (format!("? {}L", weekday + 1), ("*".to_owned(), format!("L{weekday}"))),
                3 => (format!("? {}", weekday + 1), ("*".to_owned(), weekday.to_string())),
                _ => {
                    let day = numbers.day(1, 31);
                    (format!("{day} ?"), (day, "*".to_owned()))
                }
            };
            let (of_month, of_week) = days.split_once(' ').expect("two fields");
            let expression = format!("{minute} {hour} {of_month} {month} {of_week} *");
            let (their_day, their_weekday) = theirs;
            let start = numbers.moment();
            let cron = Cron::parse(&expression).expect("an expression");
            let ours = three(start, |moment| cron.next_after(moment, &TimeZone::UTC));
            (start, expression, format!("{minute} {hour} {their_day} {month} {their_weekday}"), ours)
        })
        .collect();
    assert_same("cron", &cases);
}
