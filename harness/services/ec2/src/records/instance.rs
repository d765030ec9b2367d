//! Instances.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use nightproof_machine_image::Image;
use serde_json::{Value, json};

use super::volume::Volume;
use crate::instance_type::InstanceType;
use crate::metadata_options::MetadataOptions;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    pub(crate) fn describe(self) -> Value {
        let code = match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        };
        json!({ "Code": code, "Name": self.name() })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) reservation: String,
    pub(crate) launch_index: usize,
    pub(crate) client_token: Option<String>,
    pub(crate) image: &'static Image,
    pub(crate) kind: &'static InstanceType,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) groups: Vec<String>,
    pub(crate) private_ip: Ipv4Addr,
    pub(crate) public_ip: Option<Ipv4Addr>,
    /// Whether the subnet or the request asks for a public address at each start.
    pub(crate) wants_public_ip: bool,
    pub(crate) interface: Interface,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) profile: Option<Profile>,
    pub(crate) metadata: MetadataOptions,
    /// Base64, as given.
    pub(crate) user_data: Option<String>,
    pub(crate) state: State,
    /// Code and message.
    pub(crate) state_reason: Option<(String, String)>,
    pub(crate) transition: String,
    pub(crate) launched: Timestamp,
    pub(crate) monitoring: bool,
    pub(crate) termination_protection: bool,
    pub(crate) stop_protection: bool,
    pub(crate) terminates_on_shutdown: bool,
    pub(crate) ebs_optimized: bool,
    /// Counts boots, which distinguishes what belongs to an earlier one.
    pub(crate) boots: u64,
    /// Region time of termination, from which the record stays visible for an hour.
    pub(crate) ended: Option<Timestamp>,
}

/// The primary network interface.
#[derive(Debug, Clone)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) attachment: String,
    pub(crate) mac: String,
    pub(crate) description: String,
    pub(crate) source_dest_check: bool,
    pub(crate) delete_on_termination: bool,
}

/// An instance profile that is associated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) association: String,
    pub(crate) since: Timestamp,
}

impl Instance {
    pub(crate) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }

    /// `ip-10-0-1-5.ec2.internal`: the name by address, as instances get it by default.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>
    pub(crate) fn private_dns(&self, region: &str) -> String {
        let dashed = self.private_ip.to_string().replace('.', "-");
        if region == "us-east-1" { format!("ip-{dashed}.ec2.internal") } else { format!("ip-{dashed}.{region}.compute.internal") }
    }
}
