//! The client of the Lambda Runtime API that runs a function: the host's in a sandbox, the image's in a container.

use async_recursion::async_recursion;

use super::MachineError;
use crate::Machines;
use crate::tools::Tools;

/// How a function's handler is run.
#[derive(Debug, Clone)]
pub struct RuntimeClient {
    /// The image to run in, where machines are containers.
    pub image: Option<String>,
    /// The client's command line.
    pub command: Vec<String>,
    /// Where its packages are inside.
    pub python_path: &'static str,
    /// The version of Python that runs it, `3.13`.
    pub python: String,
}

impl RuntimeClient {
    /// The client for `runtime`, to run `handler`.
    #[async_recursion]
    pub async fn find(machines: &Machines, tools: &Tools, runtime: &str, handler: &str) -> Result<Self, MachineError> {
        match machines.containers() {
            None => Ok(Self {
                image: None,
                command: vec![
                    tools.python().executable.display().to_string(),
                    "-m".to_owned(),
                    "awslambdaric".to_owned(),
                    handler.to_owned(),
                ],
                python_path: tools.python_path(),
                python: tools.python().version.clone(),
            }),
            Some(containers) => {
                let found = containers.function_image(runtime).await.map_err(MachineError::Image)?;
                // Where the official images have it too; it takes the handler from the environment.
                let command = vec!["/var/runtime/bootstrap".to_owned()];
                Ok(Self { image: Some(found.image), command, python_path: "/var/runtime", python: found.python })
            }
        }
    }
}
