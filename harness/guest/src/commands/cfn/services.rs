//! The section `services`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-services>

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::changes::Changes;
use super::commands::is_true;
use super::log::Log;
use super::program::{self, Ended};

/// Enables, starts, stops and restarts services.
pub(super) fn apply(section: &Map<String, Value>, changes: &Changes, log: &Log) -> Result<(), String> {
    for (manager, services) in section {
        if !["sysvinit", "systemd"].contains(&manager.as_str()) {
            log.warn(format!("Unsupported service manager: {manager}"));
            continue;
        }
        for (name, service) in services.as_object().into_iter().flatten() {
            apply_one(name, service, changes, log)?;
        }
    }
    Ok(())
}

fn apply_one(name: &str, service: &Value, changes: &Changes, log: &Log) -> Result<(), String> {
    if let Some(enabled) = service.get("enabled") {
        let verb = if is_true(Some(enabled)) { "enable" } else { "disable" };
        let ended = program::named("systemctl", &[verb, &unit(name)])?;
        // A script in /etc/init.d is no unit; whether it starts at a boot is not kept.
        if ended.code != 0 && script(name).is_none() {
            log.error(format!("systemctl failed with error {}. Output: {}", ended.code, ended.text()));
            return Err(format!("Could not {verb} service {name} (return code {})", ended.code));
        }
        log.info(format!("{verb}d service {name}"));
    }
    let wanted = service.get("ensureRunning").map(|wanted| is_true(Some(wanted)));
    let verb = if changes.concern(service) {
        log.debug(format!("Restarting {name} due to change detected in dependency"));
        "restart"
    } else {
        let Some(wanted) = wanted else { return Ok(()) };
        match (wanted, control(name, "status")?.code == 0) {
            (true, false) => "start",
            (false, true) => "stop",
            _ => return Ok(()),
        }
    };
    let ended = control(name, verb)?;
    if ended.code != 0 {
        log.error(format!("Could not {verb} service {name}; return code was {}", ended.code));
        log.debug(format!("Service output: {}", ended.text()));
        return Err(format!("Could not {verb} {name}"));
    }
    log.info(format!("{verb} of {name} succeeded"));
    Ok(())
}

fn unit(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{name}.service") }
}

/// What System V's way has a service run by, where nobody has written a unit for it.
fn script(name: &str) -> Option<PathBuf> {
    Some(PathBuf::from(format!("/etc/init.d/{name}"))).filter(|path| path.is_file())
}

fn control(name: &str, verb: &str) -> Result<Ended, String> {
    match script(name) {
        Some(script) => program::named(&script.to_string_lossy(), &[verb]),
        None => program::named("systemctl", &[verb, &unit(name)]),
    }
}
