//! The section `packages`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html#aws-resource-init-packages>

use serde_json::{Map, Value};

use super::changes::Changes;
use super::log::Log;
use super::program;
use super::users::sorted;
use crate::commands::packages::is_here;
use crate::control;

/// Managers that come before all others, and in this order.
const FIRST: [&str; 5] = ["rpm", "apt", "yum", "dnf", "zypper"];

/// Installs packages.
pub(super) fn install(section: &Map<String, Value>, changes: &mut Changes, log: &Log) -> Result<(), String> {
    let mut managers = sorted(section);
    managers.sort_by_key(|(manager, _)| FIRST.iter().position(|first| first == manager).unwrap_or(FIRST.len()));
    for (manager, packages) in managers {
        let Some(packages) = packages.as_object().filter(|packages| !packages.is_empty()) else { continue };
        let installed = match manager.as_str() {
            "yum" | "dnf" => by_distribution(manager, manager, packages, log)?,
            "apt" => by_distribution("apt", "apt-get", packages, log)?,
            // What only a network gives: the program fails as it does without one, and somebody is told why.
            "rpm" => from_network("rpm", &["-U", "--quiet"], packages, log)?,
            "python" => from_network("easy_install", &[], packages, log)?,
            "rubygems" => from_network("gem", &["install"], packages, log)?,
            "zypper" => from_network("zypper", &["--non-interactive", "install"], packages, log)?,
            other => {
                log.warn(format!("Unsupported package manager: {other}"));
                continue;
            }
        };
        changes.add_packages(manager, installed);
    }
    Ok(())
}

/// Versions that a package is asked for in.
fn versions(asked: &Value) -> Vec<&str> {
    match asked {
        Value::String(version) if !version.is_empty() => vec![version],
        list => list.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|version| !version.is_empty()).collect(),
    }
}

/// What is asked for and not there, by the package manager of the machine. It has each program in one version, the host's.
fn by_distribution(name: &str, manager: &str, packages: &Map<String, Value>, log: &Log) -> Result<Vec<String>, String> {
    let mut missing = Vec::new();
    for (package, asked) in sorted(packages) {
        if let [version, ..] = versions(asked).as_slice() {
            log.warn(format!("{package} is asked for in version {version}; this machine has one version of it or none"));
        }
        if is_here(package) {
            log.debug(format!("{package} will not be installed as it is already present"));
        } else {
            missing.push(package.clone());
        }
    }
    if missing.is_empty() {
        log.debug(format!("All {name} packages were already installed"));
        return Ok(missing);
    }
    log.info(format!("Attempting to install {} via {name}", missing.join(", ")));
    let arguments: Vec<&str> = ["-y", "install"].into_iter().chain(missing.iter().map(String::as_str)).collect();
    let ended = program::named(manager, &arguments)?;
    log.command(&format!("{manager} {}", arguments.join(" ")), &ended.output, ended.code);
    if ended.code != 0 {
        log.error(format!("{name} failed. Output: {}", ended.text()));
        return Err(format!("Could not successfully install {name} packages (return code {})", ended.code));
    }
    log.info(format!("{name} installed {}", missing.join(", ")));
    Ok(missing)
}

fn from_network(manager: &str, begin: &[&str], packages: &Map<String, Value>, log: &Log) -> Result<Vec<String>, String> {
    let names: Vec<String> = sorted(packages).into_iter().map(|(name, _)| name.clone()).collect();
    let specs = sorted(packages).into_iter().flat_map(|(name, asked)| match versions(asked).as_slice() {
        [] => vec![name.clone()],
        several => {
            several.iter().map(|one| if one.contains("://") { (*one).to_owned() } else { format!("{name}=={one}") }).collect()
        }
    });
    let arguments: Vec<String> = begin.iter().map(|one| (*one).to_owned()).chain(specs).collect();
    let reason = match program::named(manager, &arguments) {
        Ok(ended) if ended.code == 0 => return Ok(names),
        Ok(ended) => {
            log.command(manager, &ended.output, ended.code);
            format!("Could not successfully install {manager} packages (return code {})", ended.code)
        }
        Err(reason) => reason,
    };
    let all = names.join(", ");
    // The script's own outcome says it too.
    let _ = control::finding(
        control::Kind::MissingPackage,
        &format!(
            "cfn-init could not install {all} by `{manager}`: a machine reaches no mirror. Install it on this host, or ask for it by the system's own packages"
        ),
    );
    Err(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_are_a_text_a_list_or_none() {
        assert_eq!(versions(&json!([])), [] as [&str; 0]);
        assert_eq!((versions(&json!("1.2")), versions(&json!(["1.2", "1.3"]))), (vec!["1.2"], vec!["1.2", "1.3"]));
    }

    #[test]
    fn a_package_that_is_there_is_not_installed_again() {
        let (mut changes, section) = (Changes::default(), json!({"apt": {"tar": []}, "msi": {"x": "https://x"}}));
        install(section.as_object().unwrap(), &mut changes, &Log::none()).unwrap();
        assert!(!changes.concern(&json!({"packages": {"apt": ["tar"]}})));
    }
}
