//! Connections that a guest makes to the region's socket: each begins with one line that says what it is for.

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Carries port 443 of an AWS endpoint.
    Https,
    /// Carries the instance metadata service, after one byte from the region: how many hops the answer to a PUT may take.
    Imds,
    /// Carries the Lambda Runtime API.
    RuntimeApi,
    /// Brings the region's orders for the SSM agent's service: [`order`](crate::order).
    Service,
    /// The share of each processor that the instance gets: a byte each time, percent.
    CpuShare,
    /// Brings what the instance reaches of AWS: [`link`](crate::link).
    Link,
    /// Reports the memory and the end of a function's command: [`usage`](crate::usage).
    Usage,
    /// Waits until the region sends a port, in two bytes, and then carries a connection to it from outside.
    Inbound,
    /// Tells what the region's user should know of the machine: text to its end.
    Finding,
    /// Brings the region's time, and reports what the instance starts by its own clock: [`timers`](crate::timers).
    Timers,
    /// Waits for one byte from the region, which comes once the region reads what the machine writes to its console.
    Console,
    /// Says that the machine is up; carries nothing, and is held open by the region for as long as the machine is to live.
    Ready,
}

/// The longest line that announces a purpose, without its line end, bytes.
pub const LONGEST: usize = 16;

impl Purpose {
    const ALL: [Self; 12] = [
        Self::Https,
        Self::Imds,
        Self::RuntimeApi,
        Self::Service,
        Self::CpuShare,
        Self::Link,
        Self::Usage,
        Self::Inbound,
        Self::Finding,
        Self::Timers,
        Self::Console,
        Self::Ready,
    ];

    /// The line that announces it, with its line end.
    pub fn line(self) -> &'static str {
        match self {
            Self::Https => "https\n",
            Self::Imds => "imds\n",
            Self::RuntimeApi => "runtime\n",
            Self::Service => "service\n",
            Self::CpuShare => "cpu-share\n",
            Self::Link => "link\n",
            Self::Usage => "usage\n",
            Self::Inbound => "inbound\n",
            Self::Finding => "finding\n",
            Self::Timers => "timers\n",
            Self::Console => "console\n",
            Self::Ready => "ready\n",
        }
    }

    /// The purpose that `line`, without its line end, announces.
    pub fn from_line(line: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.line().strip_suffix('\n') == Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_is_read_from_its_own_line_and_no_line_is_too_long() {
        for purpose in Purpose::ALL {
            let line = purpose.line().strip_suffix('\n').unwrap();
            assert_eq!(Purpose::from_line(line), Some(purpose));
            assert!(line.len() <= LONGEST, "{line}");
        }
        assert_eq!(Purpose::from_line("http"), None);
        assert_eq!(Purpose::from_line("https\n"), None);
    }
}
