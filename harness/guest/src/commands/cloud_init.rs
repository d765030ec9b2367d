//! `cloud-init status`, and what it is read from.
//! <https://cloudinit.readthedocs.io/en/latest/reference/cli.html#status>

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::terminal::{complain, say};

/// Is written when cloud-init has ended.
const RESULT: &str = "/run/cloud-init/result.json";
/// How often somebody who waits for that looks.
const GLANCE: Duration = Duration::from_millis(250);

/// All that cloud-init does at a boot has been done; with what failed.
pub(crate) fn finish(errors: &[String]) -> io::Result<()> {
    fs::create_dir_all("/run/cloud-init")?;
    fs::create_dir_all("/var/lib/cloud/instance")?;
    let new = format!("{RESULT}.new");
    fs::write(&new, json!({"v1": {"datasource": "DataSourceEc2Local", "errors": errors}}).to_string())?;
    fs::rename(new, RESULT)?;
    fs::write("/var/lib/cloud/instance/boot-finished", "")
}

/// Whether cloud-init has done all that it does at a boot.
pub(crate) fn is_finished() -> bool {
    std::path::Path::new(RESULT).exists()
}

pub(super) fn main(arguments: &[String]) -> u8 {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let options = match words.split_first() {
        Some((&"status", options)) if options.iter().all(|option| ["--wait", "-w", "--long", "-l"].contains(option)) => options,
        Some((&("--version" | "-v"), _)) => {
            say("/usr/bin/cloud-init 22.2.2");
            return 0;
        }
        _ => {
            complain("cloud-init: error: only `status`, with --wait and --long, is served in this machine");
            return 2;
        }
    };
    if options.iter().any(|option| ["--wait", "-w"].contains(option)) {
        while !Path::new(RESULT).exists() {
            thread::sleep(GLANCE);
        }
    }
    let result = fs::read_to_string(RESULT).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let errors = result.as_ref().and_then(|result| result.pointer("/v1/errors")?.as_array()).map_or(0, Vec::len);
    let (status, code) = match (&result, errors) {
        (None, _) => ("running", 0),
        (Some(_), 0) => ("done", 0),
        (Some(_), _) => ("error", 1),
    };
    say(&format!("status: {status}"));
    if options.iter().any(|option| ["--long", "-l"].contains(option)) {
        say("detail:\nDataSourceEc2Local");
    }
    code
}
