//! Tests on LocalStack: one for all of them, started here and removed at the end.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::gate;
use crate::step::{self, StepError, said};

/// How long LocalStack may take until it answers.
const PATIENCE: Duration = Duration::from_secs(120);

/// A LocalStack in a container, which is removed with it.
pub(crate) struct LocalStack {
    id: String,
    address: SocketAddr,
}

impl LocalStack {
    /// Starts it, and waits until it answers.
    pub(crate) fn start() -> Result<Self, StepError> {
        let images = said(Command::new("cargo").args(["run", "--quiet", "--", "images"]))?;
        let image = images.lines().find_map(|line| line.strip_prefix("localstack")).map(str::trim);
        let image = image.ok_or_else(|| StepError::Found(format!("`nightproof images` names no LocalStack:\n{images}")))?;
        let services = ["--env", "SERVICES=s3,sqs", "--env", "EAGER_SERVICE_LOADING=1"];
        let run = ["run", "--detach", "--rm", "--publish", "127.0.0.1:0:4566"];
        let id = said(Command::new("docker").args(run).args(services).arg(image))?.trim().to_owned();
        let mut started = Self { id, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let port = said(Command::new("docker").args(["port", &started.id, "4566/tcp"]))?;
        let address = port.lines().find_map(|line| line.trim().parse().ok());
        started.address = address.ok_or_else(|| StepError::Found(format!("LocalStack has no port: {port}")))?;
        let since = Instant::now();
        while !started.answers() {
            if since.elapsed() > PATIENCE {
                return Err(StepError::Found(format!("LocalStack does not answer within {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(started)
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether both services run.
    fn answers(&self) -> bool {
        let mut answer = String::new();
        let asked = TcpStream::connect(self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            stream.read_to_string(&mut answer)
        });
        asked.is_ok() && ["s3", "sqs"].iter().all(|service| answer.contains(&format!("\"{service}\": \"running\"")))
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        if let Err(error) = said(Command::new("docker").args(["rm", "--force", &self.id])) {
            step::fail(&error);
        }
    }
}

/// What the gate has of LocalStack.
pub(crate) fn test() -> Result<(), StepError> {
    let localstack = LocalStack::start()?;
    let url = localstack.url();
    let all = [("NIGHTPROOF_LOCALSTACK", url.as_str()), ("NIGHTPROOF_CLOUD", "localstack"), ("NIGHTPROOF_MACHINE", "container")];
    gate::run(gate::LOCALSTACK, &all)
}
