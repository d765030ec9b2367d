//! What stands for instances, functions and the store.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use nightproof_machine::{PLATFORMS, Platform};

use super::bare::Bare;
use crate::machine_choice;

/// What stands for AWS's store of objects and messages.
#[derive(Debug, Clone, Args)]
pub(crate) struct CloudOptions {
    /// Where the local region keeps objects and messages.
    #[arg(long, value_enum, env = "NIGHTPROOF_CLOUD", default_value_t = CloudKind::Embedded)]
    pub(crate) cloud: CloudKind,
    /// With `--cloud localstack`: one that runs already, or any endpoint of its kind, by its address (`http://127.0.0.1:4566`). Without it,
    /// one is started in a container.
    #[arg(long, value_name = "URL", env = "NIGHTPROOF_LOCALSTACK", conflicts_with = "localstack_image")]
    pub(crate) localstack: Option<String>,
    #[command(flatten)]
    pub(crate) started: StartedLocalstack,
}

/// The LocalStack that is started.
#[derive(Debug, Clone, Args)]
pub(crate) struct StartedLocalstack {
    /// The Docker image of LocalStack to start, instead of localstack/localstack:4.14.0.
    #[arg(long, value_name = "IMAGE", env = "NIGHTPROOF_LOCALSTACK_IMAGE")]
    pub(crate) localstack_image: Option<String>,
    /// How long the LocalStack that is started may take until it answers.
    #[arg(long, value_name = "SECONDS", env = "NIGHTPROOF_LOCALSTACK_TIMEOUT", default_value_t = 120)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) localstack_timeout: u64,
}

/// Where a local region keeps objects and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CloudKind {
    /// In nightproof's own process and folder.
    Embedded,
    /// In LocalStack, or another endpoint of its kind.
    Localstack,
}

/// What stands for instances and functions, and for the store.
#[derive(Debug, Clone, Args)]
pub(crate) struct MachineOptions {
    #[command(flatten)]
    pub(crate) cloud: CloudOptions,
    /// What instances and functions run in. `auto` when left out: containers with `--cloud localstack`, else sandboxes, and containers where the kernel
    /// allows no sandbox and Docker is there.
    #[arg(long = "machine", value_enum, env = "NIGHTPROOF_MACHINE")]
    named: Option<MachineChoice>,
    /// Docker image for instances: Linux with sh, and whatever scripts need.
    #[arg(long, value_name = "IMAGE", env = "NIGHTPROOF_INSTANCE_IMAGE")]
    pub(crate) instance_image: Option<String>,
    /// The files of instances' systems, in place of this host's programs: an OCI layout, what `docker save` writes, a tar archive (gzip, xz and
    /// zstd, too) or a folder. It is unpacked once. Its `os-release` says what the system is. Sandboxes only.
    #[arg(long, value_name = "FILE|DIR", env = "NIGHTPROOF_ROOTFS")]
    pub(crate) rootfs: Option<PathBuf>,
    /// Docker image for functions, with the runtime client as /var/runtime/bootstrap as in the official ones.
    #[arg(long, value_name = "IMAGE", env = "NIGHTPROOF_FUNCTION_IMAGE")]
    pub(crate) function_image: Option<String>,
    /// Whether public Docker images are asked for.
    #[arg(long, value_enum, env = "NIGHTPROOF_PULL", default_value_t = PullPolicy::Missing)]
    pub(crate) pull: PullPolicy,
    /// Create and update functions of runtimes that AWS blocks, as the functions of a stack that exists already go on running there.
    #[arg(long)]
    pub(crate) allow_blocked_runtimes: bool,
    /// What is on images that are neither public nor AWS's, such as your own. Without it an instance of one cannot be launched.
    #[arg(long, value_name = "PLATFORM", env = "NIGHTPROOF_PLATFORM", value_parser = platform())]
    pub(crate) platform: Option<&'static Platform>,
}

/// Reads a platform by its key.
pub(super) fn platform() -> impl TypedValueParser<Value = &'static Platform> {
    let keys = PLATFORMS.map(|platform| platform.key);
    PossibleValuesParser::new(keys).try_map(|key| Platform::by_key(&key).ok_or("no such platform"))
}

impl MachineOptions {
    /// Those of a command without an argument.
    pub(crate) fn from_environment() -> Self {
        Bare::from_environment()
    }

    /// Takes the kind from a drill file, if no option and no variable names one.
    pub(crate) fn set_kind(&mut self, kind: Option<MachineKind>) {
        self.named = self.named.or(kind.map(|kind| match kind {
            MachineKind::Sandbox => MachineChoice::Sandbox,
            MachineKind::Container => MachineChoice::Container,
        }));
    }

    /// What objects and messages are kept in, as reports call it.
    pub(crate) const fn cloud_name(&self) -> &'static str {
        match self.cloud.cloud {
            CloudKind::Embedded => "embedded",
            CloudKind::Localstack => "localstack",
        }
    }

    /// What instances and functions run in.
    pub(crate) fn kind(&self) -> MachineKind {
        match (self.named, self.cloud.cloud) {
            (Some(MachineChoice::Sandbox), _) => MachineKind::Sandbox,
            (Some(MachineChoice::Container), _) => MachineKind::Container,
            // Only a sandbox can have one.
            (None | Some(MachineChoice::Auto), _) if self.rootfs.is_some() => MachineKind::Sandbox,
            (None | Some(MachineChoice::Auto), CloudKind::Embedded) if machine_choice::takes_containers() => {
                MachineKind::Container
            }
            (None | Some(MachineChoice::Auto), CloudKind::Embedded) => MachineKind::Sandbox,
            (None | Some(MachineChoice::Auto), CloudKind::Localstack) => MachineKind::Container,
        }
    }
}

/// What instances and functions run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineKind {
    /// A Linux sandbox with the host's programs; fast, needs no Docker.
    Sandbox,
    /// A Docker container with the programs of an image.
    Container,
}

/// What instances and functions are to run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MachineChoice {
    /// The sandbox where it works, else containers where Docker is; says which.
    Auto,
    /// A Linux sandbox with the host's programs; fast, needs no Docker.
    Sandbox,
    /// A Docker container with the programs of an image.
    Container,
}

/// Whether public images are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PullPolicy {
    /// Where an image is not there yet; what cannot be pulled is made.
    Missing,
    /// Never: what is not there is made.
    Never,
}
