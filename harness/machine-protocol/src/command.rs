//! Programs of a machine that are the guest itself under another name.

/// On every platform: name, and folder below /usr.
pub const COMMANDS: [(&str, &str); 9] = [
    ("sudo", "bin"),
    ("su", "bin"),
    ("runuser", "sbin"),
    ("cloud-init", "bin"),
    ("systemctl", "bin"),
    ("shutdown", "sbin"),
    ("reboot", "sbin"),
    ("poweroff", "sbin"),
    ("halt", "sbin"),
];

/// Those of Amazon Linux alone.
pub const OF_AMAZON_LINUX: [(&str, &str); 1] = [("ec2-metadata", "bin")];

/// Cron's: what its packages bring on every platform, on Amazon Linux and its kin, and on Debian and its kin.
pub const CRON: [(&str, &str); 3] = [("crontab", "bin"), ("crond", "sbin"), ("cron", "sbin")];

/// AWS's helper scripts for CloudFormation, in [`CFN_FOLDER`] on Amazon Linux.
pub const CFN: [&str; 4] = ["cfn-init", "cfn-signal", "cfn-get-metadata", "cfn-hup"];

/// Where [`CFN`] are.
pub const CFN_FOLDER: &str = "/opt/aws/bin";

/// Package managers, as the guest answers for them.
pub const PACKAGE_MANAGERS: [(&str, &str); 4] = [("dnf", "bin"), ("yum", "bin"), ("apt-get", "bin"), ("apt", "bin")];

/// Whether a program of this name is the guest.
pub fn is_ours(name: &str) -> bool {
    CFN.contains(&name)
        || COMMANDS.iter().chain(&OF_AMAZON_LINUX).chain(&PACKAGE_MANAGERS).chain(&CRON).any(|(command, _)| *command == name)
}
