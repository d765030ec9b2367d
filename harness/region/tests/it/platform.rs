//! Instances as the systems that are on their images.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nightproof_journal::{Event, Journal, MISSING_PACKAGE};
use nightproof_machine::{Connections, FileSpec, Machine, MachineSpec};
use nightproof_machine_image::{AMAZON_LINUX_2023, DEBIAN_12, Platform, UBUNTU_24_04};

use crate::machine::{Echo, machines_with};

/// Runs a script in an instance of `platform` whose disk is in `folder`; returns its exit code and output.
async fn run_on(folder: &Path, platform: &'static Platform, script: &str, journal: &Journal) -> (i32, String) {
    let machines = machines_with(folder, journal.clone());
    let spec = MachineSpec {
        run_agent: false,
        user_data: false,
        platform,
        disk: Some(folder.join("disks/i-1")),
        command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        ..MachineSpec::instance("i-1", "ip-10-0-0-1", Ipv4Addr::new(10, 0, 0, 1))
    };
    let echo = Arc::new(Echo::default());
    let machine = Machine::boot(&machines, spec, Arc::clone(&echo) as Arc<dyn Connections>).await.unwrap();
    let code = tokio::time::timeout(Duration::from_secs(20), machine.exited()).await.expect("the script ends");
    (code, echo.text())
}

async fn run(platform: &'static Platform, script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    run_on(folder.path(), platform, script, &Journal::default()).await.1
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[tokio::test]
async fn a_system_names_itself_as_its_image_does() {
    let script = ". /etc/os-release; echo $NAME $VERSION_ID; . /usr/lib/os-release; echo $ID; cat /etc/system-release 2>/dev/null; \
                  id -un; cut -d: -f1,6 /etc/passwd; date +%Z; cd ~ && pwd";
    let amazon = run(&AMAZON_LINUX_2023, script).await;
    let expected = [
        "Amazon Linux 2023",
        "amzn",
        "Amazon Linux release 2023.9.20251117 (Amazon Linux)",
        "root",
        "root:/root",
        "ec2-user:/home/ec2-user",
        "nobody:/nonexistent",
        "UTC",
        "/root",
    ];
    assert_eq!(lines(&amazon), expected);
    let debian = run(&DEBIAN_12, script).await;
    assert!(debian.starts_with("Debian GNU/Linux 12\ndebian\nroot\n") && debian.contains("admin:/home/admin"), "{debian}");
}

#[tokio::test]
async fn the_root_folder_and_usr_are_written_to_and_stay_as_they_are_over_a_boot() {
    let folder = tempfile::tempdir().unwrap();
    let written = "mkdir /backup && echo kept > /backup/a && printf '#!/bin/sh\\necho mine\\n' > /usr/local/bin/mine && \
                   cp /usr/local/bin/mine /usr/bin/mine2 && chmod +x /usr/local/bin/mine /usr/bin/mine2; ls -d /var/lock /var/log/amazon/ssm; \
                   touch /var/lock/x && readlink /var/lock";
    let (code, text) = run_on(folder.path(), &AMAZON_LINUX_2023, written, &Journal::default()).await;
    assert_eq!((code, lines(&text)), (0, vec!["/var/lock", "/var/log/amazon/ssm", "../run/lock"]));
    let (_, text) =
        run_on(folder.path(), &AMAZON_LINUX_2023, "cat /backup/a; mine; mine2; ls /usr/local/bin", &Journal::default()).await;
    assert_eq!(lines(&text), ["kept", "mine", "mine", "mine"]);
    assert!(!Path::new("/backup").exists() && !Path::new("/usr/bin/mine2").exists(), "nothing of it is on the host");
    nightproof_machine::remove_folder(folder.path()).unwrap();
}

#[tokio::test]
async fn what_an_image_lacks_is_not_there_though_the_host_has_it() {
    let script = "for program in pg_dump docker apt-get dpkg gcc dnf sudo ec2-metadata tar bash; do \
                  command -v $program >/dev/null && echo $program; done";
    assert_eq!(lines(&run(&AMAZON_LINUX_2023, script).await), ["dnf", "sudo", "ec2-metadata", "tar", "bash"]);
    let ubuntu = run(&UBUNTU_24_04, script).await;
    assert!(ubuntu.starts_with("apt-get\n") && !ubuntu.contains("dnf") && !ubuntu.contains("pg_dump"), "{ubuntu}");
}

#[tokio::test]
async fn a_package_is_installed_if_the_host_has_it_and_else_no_mirror_is_reached_which_is_said() {
    let (folder, journal) = (tempfile::tempdir().unwrap(), Journal::default());
    let script = "dnf install -y tar >/dev/null && echo there; dnf -y -q install no-such-package 2>&1 | tail -n1; \
                  dnf install -y no-such-package tar >/dev/null 2>&1 || echo $?; dnf update -y >/dev/null && echo updated";
    let (_, text) = run_on(folder.path(), &AMAZON_LINUX_2023, script, &journal).await;
    let text = lines(&text);
    assert!(matches!(text[..], ["there", error, "1", "updated"] if error.contains("Failed to download metadata")), "{text:?}");
    let found: Vec<String> = journal
        .records()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::Finding { id, detail } if id == MISSING_PACKAGE => Some(detail),
            _ => None,
        })
        .collect();
    assert!(
        matches!(&found[..], [finding] if finding.contains("no-such-package") && finding.contains("on this host")),
        "{found:?}"
    );
    if Path::new("/usr/bin/pg_dump").exists() {
        let script =
            "pg_dump --version; dnf install -y postgresql15 >/dev/null; command -v pg_dump; pg_dump --version | cut -c1-7";
        let (_, text) = run_on(folder.path(), &AMAZON_LINUX_2023, script, &journal).await;
        assert!(lines(&text).ends_with(&["/usr/bin/pg_dump", "pg_dump"]), "{text}");
    }
    nightproof_machine::remove_folder(folder.path()).unwrap();
}

#[tokio::test]
async fn users_are_switched_to_with_their_home_and_environment() {
    let script = "export SECRET=s; sudo -u ec2-user env | grep -E '^(HOME|USER|SECRET|SUDO_USER|PATH)=' | sort; \
                  sudo -E sh -c 'echo $SECRET'; sudo A=b sh -c 'echo $A'; sudo nothing-here; echo $?; sudo -u nobody-here true; echo $?; \
                  su - ec2-user -c 'pwd; echo $USER'; su ec2-user -c 'echo $HOME $SECRET'; runuser -u ec2-user -- echo plain; \
                  sudo -i pwd; su - nobody-here; echo $?";
    let text = run(&AMAZON_LINUX_2023, script).await;
    let expected = [
        "HOME=/home/ec2-user",
        "PATH=/sbin:/bin:/usr/sbin:/usr/bin",
        "SUDO_USER=root",
        "USER=ec2-user",
        "s",
        "b",
        "sudo: nothing-here: command not found",
        "1",
        "sudo: unknown user nobody-here",
        "sudo: error initializing audit plugin sudoers_audit",
        "1",
        "/home/ec2-user",
        "ec2-user",
        "/home/ec2-user s",
        "plain",
        "/root",
        "su: user nobody-here does not exist or the user entry does not contain all the required fields",
        "1",
    ];
    let mut found = lines(&text);
    let mut expected = expected.to_vec();
    // Both streams are read at once.
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn services_that_a_script_writes_are_run() {
    let script = "printf '[Service]\\nType=oneshot\\nEnvironment=A=b\\nExecStart=/bin/sh -c \"echo $A > /root/done\"\\n' > /etc/systemd/system/backup.service; \
                  systemctl daemon-reload && systemctl start backup && cat /root/done; systemctl is-active backup; \
                  systemctl start nginx 2>&1; echo $?; \
                  printf '[Service]\\nExecStart=/bin/sleep 600\\n' > /etc/systemd/system/web.service; \
                  systemctl enable --now web 2>/dev/null; systemctl is-active web; systemctl is-enabled web; systemctl stop web; systemctl is-active -q web; echo $?";
    let text = run(&AMAZON_LINUX_2023, script).await;
    let expected =
        ["b", "inactive", "Failed to start nginx.service: Unit nginx.service not found.", "5", "active", "enabled", "3"];
    assert_eq!(lines(&text), expected);
}

/// Boots an instance without a command, in which a service runs `script` at each boot.
async fn booted(folder: &Path, script: &str, echo: &Arc<Echo>) -> Machine {
    let file = |path: &str, text: &str| FileSpec { path: path.to_owned(), bytes: text.as_bytes().to_vec(), mode: 0o755 };
    let unit = "[Service]\nExecStart=/root/script\n";
    let spec = MachineSpec {
        run_agent: false,
        user_data: false,
        files: vec![
            file("/root/script", &format!("#!/bin/bash\nexec >/proc/1/fd/2 2>&1\n{script}\n")),
            file("/etc/systemd/system/script.service", unit),
            file("/etc/systemd/system/multi-user.target.wants/script.service", unit),
        ],
        ..MachineSpec::instance("i-1", "ip-10-0-0-1", Ipv4Addr::new(10, 0, 0, 1))
    };
    Machine::boot(&machines_with(folder, Journal::default()), spec, Arc::clone(echo) as Arc<dyn Connections>).await.unwrap()
}

#[tokio::test]
async fn a_script_that_shuts_its_machine_down_or_reboots_it_does() {
    for (script, code) in
        [("shutdown -h now", 0), ("sudo reboot", 194), ("systemctl reboot", 194), ("shutdown -r +1; shutdown -c; poweroff", 0)]
    {
        let (folder, echo) = (tempfile::tempdir().unwrap(), Arc::new(Echo::default()));
        let machine = booted(folder.path(), script, &echo).await;
        let ended = tokio::time::timeout(Duration::from_secs(20), machine.exited()).await.expect("it goes down");
        assert_eq!(ended, code, "{script}: {}", echo.text());
    }
}

#[tokio::test]
async fn a_machine_outlives_a_script_that_kills_everything() {
    for script in ["kill -9 -1", "pkill -u root", "pkill -9 -f guest; sleep 600"] {
        let (folder, echo) = (tempfile::tempdir().unwrap(), Arc::new(Echo::default()));
        let machine = booted(folder.path(), script, &echo).await;
        let again = nightproof_poll::until(crate::BOUND, || async {
            let text = echo.text();
            if text.contains("is started again") { Ok(()) } else { Err(text) }
        });
        again.await.expect(script);
        assert!(machine.is_running(), "{script}: {}", echo.text());
        machine.stop().await;
    }
}

#[tokio::test]
async fn an_instance_boots_nearly_as_fast_as_a_function() {
    let folder = tempfile::tempdir().unwrap();
    let mut took = Vec::new();
    for _ in 0..5 {
        let begun = std::time::Instant::now();
        let machine = booted(folder.path(), "true", &Arc::default()).await;
        took.push(begun.elapsed());
        machine.stop().await;
    }
    let mut functions = Vec::new();
    for _ in 0..5 {
        let begun = std::time::Instant::now();
        let spec = MachineSpec {
            directory: "/".to_owned(),
            ..MachineSpec::function("env-1", vec!["/bin/sleep".to_owned(), "600".to_owned()])
        };
        let machine =
            Machine::boot(&machines_with(folder.path(), Journal::default()), spec, Arc::new(Echo::default())).await.unwrap();
        functions.push(begun.elapsed());
        machine.stop().await;
    }
    println!("instances {took:?}, functions {functions:?}");
    let least = |took: &[Duration]| took.iter().min().copied().unwrap_or_default();
    assert!(least(&took) < least(&functions) * 5, "{took:?}, and without a layer {functions:?}");
}
