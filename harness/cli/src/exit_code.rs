//! The stable list of exit codes; README documents it.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: the drill passed.
    Passed = 0,
    /// 1: the drill failed, or was interrupted.
    Failed = 1,
    /// 2: bad input: arguments, template, parameters, data.
    Input = 2,
    /// 3: something is missing on this machine.
    Missing = 3,
    /// 4: the drill left something behind.
    Leftovers = 4,
    /// 5: the local region lacks something that AWS has, so that the stack cannot be rehearsed here.
    NotSupported = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
