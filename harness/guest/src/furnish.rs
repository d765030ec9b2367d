//! What a system has on its disk from its installation, and what comes up empty at each boot.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use nightproof_machine_image as machine_image;
use nightproof_machine_protocol::command::{CFN, CFN_FOLDER, COMMANDS, CRON, OF_AMAZON_LINUX, PACKAGE_MANAGERS};
use nightproof_machine_protocol::spec::{LOCAL_PROGRAMS, Platform, inside};

use crate::timers;

/// The unit that the package of CloudFormation's helper scripts brings.
const CFN_HUP: &str = "[Unit]\nDescription=cfn-hup daemon\n[Service]\nType=simple\nEnvironment=NIGHTPROOF_CFN_HUP=1\n\
                       ExecStart=/opt/aws/bin/cfn-hup\n[Install]\nWantedBy=multi-user.target\n";

/// Puts in place what of it is not there.
pub(crate) fn furnish(platform: Option<&Platform>) -> io::Result<()> {
    let own_files = platform.is_some_and(|platform| platform.rootfs);
    // A container's image has its own.
    let Some(platform) = platform.and_then(|platform| machine_image::Platform::by_key(&platform.key)) else { return Ok(()) };
    for folder in ["/run/lock", "/var/log/amazon/ssm", "/var/lib/amazon/ssm", "/var/lib/cloud/instance"] {
        fs::create_dir_all(folder)?;
    }
    for (target, link) in [("../run/lock", "/var/lock"), ("../run", "/var/run")] {
        if fs::symlink_metadata(link).is_err() {
            symlink(target, link)?;
        }
    }
    let home = format!("/home/{}", platform.user.name);
    if !Path::new(&home).exists() {
        fs::create_dir_all(format!("{home}/.ssh"))?;
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700))?;
    }
    if platform.is_amazon_linux() {
        fs::create_dir_all(CFN_FOLDER)?;
        for name in CFN {
            place(Path::new(inside::GUEST), &format!("{CFN_FOLDER}/{name}"))?;
        }
        fs::create_dir_all("/run/systemd/system")?;
        fs::write("/run/systemd/system/cfn-hup.service", CFN_HUP)?;
    }
    if !platform.cron().is_empty() {
        for folder in timers::cron::FOLDERS {
            fs::create_dir_all(folder)?;
        }
    }
    if !own_files {
        // Where /usr/local is the host's, programs are only where a layer has them.
        let _ = local_programs(platform);
    }
    Ok(())
}

/// Programs in /usr/local: the AWS CLI where its installer puts it, on an image that comes without; and all that a layer would have.
fn local_programs(platform: &machine_image::Platform) -> io::Result<()> {
    for folder in LOCAL_PROGRAMS {
        fs::create_dir_all(folder)?;
    }
    let aws = Path::new(inside::TOOLS).join("aws");
    let layered = Path::new(inside::USR).exists();
    if aws.exists() && !(layered && platform.is_amazon_linux()) {
        place(&aws, "/usr/local/bin/aws")?;
    }
    if layered {
        return Ok(());
    }
    let managers = PACKAGE_MANAGERS.iter().filter(|(name, _)| platform.family.package_managers().contains(name));
    let amazons = OF_AMAZON_LINUX.iter().filter(|_| platform.is_amazon_linux());
    let cron = CRON.iter().filter(|(name, _)| platform.cron().contains(name));
    for (name, folder) in COMMANDS.iter().chain(managers).chain(amazons).chain(cron) {
        place(Path::new(inside::GUEST), &format!("/usr/local/{folder}/{name}"))?;
    }
    Ok(())
}

fn place(target: &Path, link: &str) -> io::Result<()> {
    match symlink(target, link) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}
