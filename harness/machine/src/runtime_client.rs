//! The client of the Lambda Runtime API that runs a function: the host's in a sandbox, the image's in a container.

use std::path::PathBuf;

use async_recursion::async_recursion;

use super::MachineError;
use crate::node::{self, Node};
use crate::tools::Tools;
use crate::{FileSpec, Machines};

/// A function whose handler is to be run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Runnable<'a> {
    /// `python3.13`, `nodejs22.x`
    pub runtime: &'a str,
    /// `index.handler`
    pub handler: &'a str,
    /// Its memory.
    pub memory_mib: u64,
    /// `NODE_OPTIONS` of its own.
    pub node_options: &'a str,
    /// For Node.js, the packages of the AWS SDK that it loads and does not bring.
    pub sdk: &'a [String],
}

impl Runnable<'_> {
    /// Whether its runtime is one of Node.js.
    pub fn is_node(&self) -> bool {
        self.runtime.starts_with("nodejs")
    }
}

/// How a function's handler is run.
#[derive(Debug, Clone)]
pub struct RuntimeClient {
    /// The image to run in, where machines are containers.
    pub image: Option<String>,
    /// The client's command line.
    pub command: Vec<String>,
    /// Its files.
    pub files: Vec<FileSpec>,
    /// What of the host it sees beside its tools: outside and inside path.
    pub folders: Vec<(PathBuf, String)>,
    /// Where the packages are inside that the runtime brings.
    pub packages: &'static str,
    /// The version of the Python or Node.js that runs it, `3.13`.
    pub version: String,
}

impl RuntimeClient {
    /// The client for a function.
    #[async_recursion]
    pub async fn find(machines: &Machines, tools: &Tools, function: Runnable<'async_recursion>) -> Result<Self, MachineError> {
        match machines.containers() {
            None if function.is_node() => Self::of_node(machines, function).await,
            None => Ok(Self {
                image: None,
                command: vec![
                    tools.python().executable.display().to_string(),
                    "-m".to_owned(),
                    "awslambdaric".to_owned(),
                    function.handler.to_owned(),
                ],
                files: Vec::new(),
                folders: Vec::new(),
                packages: tools.python_path(),
                version: tools.python().version.clone(),
            }),
            Some(containers) => {
                let found = containers.function_image(function.runtime).await.map_err(MachineError::Image)?;
                // Where the official images have it too; it takes the handler from the environment.
                let command = vec!["/var/runtime/bootstrap".to_owned()];
                let packages = if function.is_node() { node::PACKAGES } else { "/var/runtime" };
                let (image, version) = (Some(found.image), found.version);
                Ok(Self { image, command, files: Vec::new(), folders: Vec::new(), packages, version })
            }
        }
    }

    async fn of_node(machines: &Machines, function: Runnable<'_>) -> Result<Self, MachineError> {
        let packages = function.sdk.to_vec();
        let found = tokio::task::spawn_blocking(move || {
            let sdk = if packages.is_empty() { None } else { Some(node::sdk::ensure(&packages)?) };
            Ok((Node::of_host(), sdk))
        });
        let (node, sdk) = found.await.map_err(|error| MachineError::Node(error.to_string()))?.map_err(MachineError::Sdk)?;
        let node = node.ok_or_else(|| MachineError::Node("there is none of 18 or newer on this host".to_owned()))?;
        let mut folders = vec![(node.executable.clone(), node::PROGRAM.to_owned())];
        folders.extend(sdk.map(|folder| (folder, node::PACKAGES.to_owned())));
        Ok(Self {
            image: None,
            command: node::command(node, function.runtime, function.memory_mib, function.node_options),
            files: node::files(&machines.settings().ca_pem),
            folders,
            packages: node::PACKAGES,
            version: node.version.clone(),
        })
    }
}
