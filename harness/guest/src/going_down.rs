//! Ends of the machine. Its first process ends with this one, and the kernel kills all others.

use nightproof_machine_protocol::spec::REBOOT;

use crate::console;

/// Ends the machine, which is then booted again.
pub(crate) fn reboot() -> ! {
    std::process::exit(REBOOT.into())
}

/// Ends the machine for good.
pub(crate) fn power_off() -> ! {
    console::print("reboot: Power down");
    std::process::exit(0)
}
