//! Options of what is kept running, and of sessions on its instances.

use std::path::PathBuf;

use clap::Args;

use super::account::account_id;
use super::machine::{MachineOptions, PullPolicy, StartedLocalstack};

#[derive(Debug, Args)]
pub(crate) struct UpOptions {
    /// Port of the HTTPS endpoint on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// The operator's account id.
    #[arg(long, default_value = "123456789012", value_parser = account_id)]
    pub(crate) account: String,
    /// The regions that are served, separated by commas. All are at the one endpoint; the shell exports name the first.
    #[arg(long, value_name = "REGION", value_delimiter = ',', default_value = "us-east-1", value_parser = region_name)]
    pub(crate) regions: Vec<String>,
    /// Another account of the region: the exports have its root user's key too, as `NIGHTPROOF_ID_ACCESS_KEY_ID` and `NIGHTPROOF_ID_SECRET_ACCESS_KEY`;
    /// may be repeated.
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub(crate) other_account: Vec<String>,
    /// Also write the shell exports to this file, once the region is up.
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Write the journal, every API call included, to this file as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Write a page (.html) of what the region was asked when it has ended; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<PathBuf>,
    /// Folder with a real amazon-ssm-agent to run on instances instead of our own agent.
    #[arg(long, value_name = "DIR")]
    pub(crate) ssm_agent: Option<PathBuf>,
    /// The credentials that are shown are of an IAM user who has this identity policy, a JSON document, and nothing else, instead of the
    /// root user's.
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_policy: Option<PathBuf>,
    /// For the program that starts the region: it ends with its standard input, and the first line that it writes has, as JSON, the variables that point
    /// AWS's clients at it, and the address and the token of its API.
    #[arg(long)]
    pub(crate) control: bool,
    /// What goes wrong on purpose: a file with the `faults` of an incident.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) machine: MachineOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ShellOptions {
    /// Id of the instance.
    pub(crate) instance: String,
    /// Run this by the instance's `sh` and end with its exit code, instead of a shell.
    #[arg(long, value_name = "COMMAND", conflicts_with = "port_forward")]
    pub(crate) command: Option<String>,
    /// Have a port of this host lead to one of the instance, until interrupted; a local port 0 takes a free one.
    #[arg(long, value_name = "LOCAL:REMOTE")]
    pub(crate) port_forward: Option<PortForward>,
    /// The region's name.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

/// Reads the name of one of AWS's regions.
fn region_name(text: &str) -> Result<String, String> {
    if nightproof_core::is_region(text) { Ok(text.to_owned()) } else { Err(format!("AWS has no region `{text}`")) }
}

/// A port of this host, and the port of an instance that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PortForward {
    pub(crate) local: u16,
    pub(crate) remote: u16,
}

impl std::str::FromStr for PortForward {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ports = text.split_once(':').and_then(|(local, remote)| Some((local.parse().ok()?, remote.parse().ok()?)));
        match ports {
            Some((local, remote @ 1..)) => Ok(Self { local, remote }),
            _ => Err("two ports are wanted, this host's and the instance's: 8080:80"),
        }
    }
}

/// A LocalStack that is kept running.
#[derive(Debug, Args)]
pub(crate) struct LocalstackOptions {
    #[command(flatten)]
    pub(crate) started: StartedLocalstack,
    #[command(flatten)]
    pub(crate) images: ImageOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ImageOptions {
    /// Whether public images are asked for.
    #[arg(long, value_enum, env = "NIGHTPROOF_PULL", default_value_t = PullPolicy::Missing)]
    pub(crate) pull: PullPolicy,
}
