//! What the guest reports of a function's command: a line each, the peak of its memory whenever the region asks, and its end once.

use std::fmt;
use std::str::FromStr;

/// The line with which the region asks for the peak.
pub const QUESTION: &str = "?\n";

/// A line of the guest's. `Display` has no line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The most memory that the machine's processes have used so far, KiB.
    Peak(u64),
    /// The command has ended.
    Ended(End),
}

/// How a function's command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// It was killed because the machine's processes used more memory than they may.
    OutOfMemory,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peak(kibibytes) => write!(f, "peak {kibibytes}"),
            Self::Ended(End::Exit(code)) => write!(f, "ended exit {code}"),
            Self::Ended(End::Signal(signal)) => write!(f, "ended signal {signal}"),
            Self::Ended(End::OutOfMemory) => f.write_str("ended memory"),
        }
    }
}

/// A line that is no report.
#[derive(Debug, PartialEq, Eq)]
pub struct NoReport;

impl FromStr for Report {
    type Err = NoReport;

    fn from_str(line: &str) -> Result<Self, NoReport> {
        let number = |word: &str| word.parse().map_err(|_| NoReport);
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["peak", kibibytes] => kibibytes.parse().map(Self::Peak).map_err(|_| NoReport),
            ["ended", "memory"] => Ok(Self::Ended(End::OutOfMemory)),
            ["ended", "signal", signal] => number(signal).map(End::Signal).map(Self::Ended),
            ["ended", "exit", code] => number(code).map(End::Exit).map(Self::Ended),
            _ => Err(NoReport),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        for report in
            [Report::Peak(3456), Report::Ended(End::Exit(-1)), Report::Ended(End::Signal(9)), Report::Ended(End::OutOfMemory)]
        {
            assert_eq!(report.to_string().parse(), Ok(report));
        }
        for line in ["", "peak", "peak x", "ended", "ended exit", "ended exit x", "ended well"] {
            assert_eq!(line.parse::<Report>(), Err(NoReport), "{line}");
        }
    }
}
