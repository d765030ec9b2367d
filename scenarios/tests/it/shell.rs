//! Scripts without a shebang: they run in the `sh` of the instance's image, whatever this host's is. In a container the image decides.

use std::process::Command;

use nightproof_scenarios::{Scenario, Template};

use crate::command::{PROGRAM, said};
use crate::scenario;

const UBUNTU: &str = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";
const DEBIAN: &str = "/aws/service/debian/release/12/latest/amd64";
const AMAZON_LINUX_2: &str = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2";

/// A drill whose script says nothing of its shell, with a line of its own, on this image.
#[expect(clippy::expect_used, reason = "set-up of tests")]
fn without_shebang(first: &str, line: &str, image: &str) -> Scenario {
    let template = Template::default()
        .replacing("lines = [\"#!/bin/bash\"]", "lines = []")
        .replacing("          set -euo pipefail\n", &format!("          {first}\n          {line}\n"));
    scenario().template(&template).expect("a template").with(&[
        "--machine",
        "sandbox",
        "--parameter",
        &format!("LatestAmiId={image}"),
    ])
}

const FOR_BASH: &str = "[[ $DATA_PATH == /* ]]\n          echo ${DATA_PATH::-1} &> /dev/null";

#[test]
fn a_script_for_bash_runs_in_the_sh_of_amazon_linux() {
    without_shebang("set -euo pipefail", FOR_BASH, AMAZON_LINUX_2).run().expect("a run").assert_passed();
}

#[test]
fn a_script_for_bash_fails_in_the_sh_of_ubuntu_and_debian() {
    for image in [UBUNTU, DEBIAN] {
        without_shebang("set -eu", FOR_BASH, image).run().expect("a run").assert_broken("script", "[[: not found");
    }
}

#[test]
fn a_script_for_any_shell_runs_on_ubuntu() {
    without_shebang("set -eu", "[ -n \"$DATA_PATH\" ]", UBUNTU).run().expect("a run").assert_passed();
}

#[test]
fn a_script_is_not_deaf_to_signals_that_whoever_runs_the_drill_ignores() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("template.yaml");
    let sends = "for signal in HUP INT TERM; do sh -c \"kill -$signal \\$\\$\" && exit 9; done\n          true";
    let text = Template::default().replacing("set -euo pipefail\n", &format!("set -euo pipefail\n          {sends}\n"));
    std::fs::write(&template, text.text()).expect("a file");
    let mut deaf = Command::new("sh");
    deaf.args(["-c", "trap '' HUP INT QUIT TERM; exec \"$@\"", "sh", PROGRAM, "run", "--machine", "sandbox", "--template"])
        .arg(&template);
    let output = deaf.current_dir(folder.path()).env("XDG_STATE_HOME", folder.path().join("state")).output().expect("a run");
    assert!(output.status.success(), "{}", said(&output));
}
