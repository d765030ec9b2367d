//! `nightproof doctor --fix`: what this machine lacks, as commands for a shell of root. Nothing of it is run here.

use std::path::Path;

use nightproof_machine::doctor::Check;

/// The setting by which Ubuntu keeps programs without an AppArmor profile from namespaces.
/// <https://discourse.ubuntu.com/t/spec-unprivileged-user-namespace-restrictions-via-apparmor-in-ubuntu-23-10/37626>
const APPARMOR: &str = "kernel.apparmor_restrict_unprivileged_userns";

/// Commands that provide what `checks` lack; `None` if there is nothing to do, or nothing that a command could do. `manager` is the system's package
/// manager, `itself` the program.
pub(crate) fn script(checks: &[Check], manager: Option<&str>, itself: &Path) -> Option<String> {
    let lacking = checks.iter().filter(|check| !check.ok);
    let commands: Vec<String> = lacking.filter_map(|check| commands(check, manager, itself)).collect();
    (!commands.is_empty()).then(|| format!("set -eu\n{}", commands.concat()))
}

/// A profile that allows the program at this path namespaces, and loads it; `None` for a path that AppArmor would take for a pattern.
/// <https://gitlab.com/apparmor/apparmor/-/wikis/unprivileged_userns_restriction>
fn profile(itself: &Path) -> Option<String> {
    let path = itself.to_str().filter(|path| path.starts_with('/'))?;
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+@ ".contains(character);
    path.chars().all(is_plain).then(|| {
        format!(
            "cat > /etc/apparmor.d/nightproof <<'END'\n\
             abi <abi/4.0>,\n\
             include <tunables/global>\n\
             profile nightproof \"{path}\" flags=(unconfined) {{\n  \
               userns,\n  \
               include if exists <local/nightproof>\n\
             }}\n\
             END\n\
             apparmor_parser --replace /etc/apparmor.d/nightproof\n"
        )
    })
}

fn commands(check: &Check, manager: Option<&str>, itself: &Path) -> Option<String> {
    let remedy = check.remedy.as_deref().unwrap_or_default();
    let because = format!("# {}: {}\n", check.name, check.detail.lines().next().unwrap_or_default());
    if let Some(profile) = remedy.contains(APPARMOR).then(|| profile(itself)).flatten() {
        let all =
            format!("# This allows namespaces to {} alone; `sysctl {APPARMOR}=0` would to all programs.\n", itself.display());
        return Some(because + &all + &profile);
    }
    if let Some((_, rest)) = remedy.split_once("`sudo sysctl ") {
        let setting = rest.split('`').next()?;
        // The file is read at each start of the system: https://man7.org/linux/man-pages/man5/sysctl.d.5.html
        return Some(format!("{because}sysctl {setting}\necho '{setting}' > /etc/sysctl.d/60-nightproof.conf\n"));
    }
    let package = match (check.name, manager?) {
        ("namespaces", _) => return None,
        ("python", "apt-get") => "python3 python3-venv python3-pip",
        ("python", _) => "python3 python3-pip",
        (program, _) => program,
    };
    let install = match manager? {
        "apt-get" => format!("apt-get update\napt-get install --yes {package}\n"),
        other => format!("{other} install --assumeyes {package}\n"),
    };
    Some(because + &install)
}

/// The package manager that is there.
pub(crate) fn manager() -> Option<&'static str> {
    ["apt-get", "dnf"].into_iter().find(|name| std::path::Path::new("/usr/bin").join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(name: &'static str, remedy: &str) -> Check {
        Check { name, ok: false, detail: "not found\nand more".to_owned(), remedy: Some(remedy.to_owned()) }
    }

    const ITSELF: &str = "/usr/local/bin/nightproof";

    #[test]
    fn where_apparmor_restricts_namespaces_this_program_alone_gets_a_profile() {
        let restricted =
            || lacking("namespaces", "AppArmor restricts: run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`");
        insta::assert_snapshot!(script(&[restricted()], Some("apt-get"), ITSELF.as_ref()).unwrap());
        // A path that a profile would take for a pattern.
        let other = script(&[restricted()], None, "/opt/{a,b}/nightproof".as_ref()).unwrap();
        assert!(other.contains("sysctl kernel.apparmor_restrict_unprivileged_userns=0\n"), "{other}");
    }

    #[test]
    fn a_restriction_is_lifted_now_and_at_the_next_start() {
        let restricted = lacking("namespaces", "AppArmor restricts: run `sudo sysctl kernel.x=0`");
        let script = script(&[restricted], None, ITSELF.as_ref()).unwrap();
        assert_eq!(
            script,
            "set -eu\n# namespaces: not found\nsysctl kernel.x=0\necho 'kernel.x=0' > /etc/sysctl.d/60-nightproof.conf\n"
        );
    }

    #[test]
    fn programs_are_installed_by_the_systems_own_manager() {
        let checks = [lacking("gzip", "install it"), lacking("python", "install it")];
        let debian = script(&checks, Some("apt-get"), ITSELF.as_ref()).unwrap();
        assert!(debian.contains("apt-get install --yes gzip\n") && debian.contains("--yes python3 python3-venv python3-pip\n"));
        assert!(script(&checks, Some("dnf"), ITSELF.as_ref()).unwrap().contains("dnf install --assumeyes gzip\n"));
        assert_eq!(script(&checks, None, ITSELF.as_ref()), None);
    }

    #[test]
    fn what_is_there_and_what_no_command_mends_gives_no_script() {
        let there = Check { ok: true, ..lacking("gzip", "install it") };
        assert_eq!(
            script(&[there, lacking("namespaces", "start the container otherwise")], Some("apt-get"), ITSELF.as_ref()),
            None
        );
    }
}
