//! LocalStack in a container, as the store of a region.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{CreateContainerOptionsBuilder, LogsOptionsBuilder};
use futures_util::StreamExt as _;

use super::engine::{Engine, EngineError, refused};
use super::owner::Owner;
use super::start::read_only;
use super::sweep;

/// The port that LocalStack serves everything on.
const PORT: &str = "4566/tcp";

/// What it is started for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Objects and messages.
    Store,
    /// Its own CloudFormation too, with the services that it deploys to. The folder, on this host, gets what they need.
    Native(PathBuf),
}

/// Where that folder is in the container.
const EXECUTOR: &str = "/opt/nightproof";

/// Makes a Python package of LocalStack's plugin that keeps functions without running them.
const PLUGIN: [(&str, &str); 3] = [
    ("nightproof_executor.py", include_str!("../../../../docker/localstack/executor/nightproof_executor.py")),
    ("nightproof_executor-1.dist-info/entry_points.txt", include_str!("../../../../docker/localstack/executor/entry_points.txt")),
    ("nightproof_executor-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: nightproof-executor\nVersion: 1\n"),
];

/// How often it is asked until then.
const BETWEEN: Duration = Duration::from_millis(100);

/// A running LocalStack. Whoever started it removes it; what stays is found by its labels.
pub struct LocalStack {
    engine: Engine,
    id: String,
    /// Its endpoint, `http://127.0.0.1:PORT`.
    pub url: String,
}

/// LocalStack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LocalStackError {
    /// By Docker.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// It ended.
    #[error("LocalStack ({image}) ended with exit code {code}; the last that it said:\n{said}")]
    Ended {
        /// The image.
        image: String,
        /// Its exit code.
        code: i64,
        /// The end of its log.
        said: String,
    },
    /// It does not answer.
    #[error("LocalStack ({image}) does not answer after {} s: {last}; the last that it said:\n{said}", after.as_secs())]
    Late {
        /// The image.
        image: String,
        /// How long was waited.
        after: Duration,
        /// What was seen when it was asked last.
        last: String,
        /// The end of its log.
        said: String,
    },
    /// Its plugin could not be written.
    #[error("cannot write `{}`", path.display())]
    Plugin {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl LocalStackError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Plugin { .. } => "see whether TMPDIR names a folder that can be written to",
            Self::Late { .. } => {
                "give it longer (`--localstack-timeout SECONDS`), or take one that runs already (`--localstack URL`) or `--cloud embedded`"
            }
            Self::Ended { .. } => {
                "try another image (`--localstack-image`; versions after 4.14.0 want LOCALSTACK_AUTH_TOKEN), one that runs already (`--localstack URL`), or `--cloud embedded`"
            }
        }
    }
}

impl LocalStack {
    /// Starts `image` with the services of its purpose alone, all of them loaded, and waits until `answers` finds them at the endpoint, or says
    /// for so long that it does not. The token of newer versions is passed on.
    ///
    /// # Errors
    /// [`LocalStackError`], with a hint for the user; nothing is left running then.
    pub async fn start<A: Future<Output = Result<(), String>> + Send>(
        engine: Engine,
        owner: &Owner,
        image: &str,
        purpose: &Purpose,
        patience: Duration,
        answers: impl Fn(String) -> A + Send + Sync,
    ) -> Result<Self, LocalStackError> {
        if let Purpose::Native(folder) = purpose {
            write_plugin(folder)?;
        }
        let name = format!("{}-localstack", owner.run);
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        let created = engine.docker.create_container(Some(options), body(owner, image, purpose)).await;
        let id = created.map_err(refused(format!("create the container {name}")))?.id;
        match started(&engine, &id, image, patience, answers).await {
            Ok(url) => Ok(Self { engine, id, url }),
            Err(error) => {
                sweep::remove(&engine, &id).await.ok();
                Err(error)
            }
        }
    }

    /// Removes it.
    ///
    /// # Errors
    /// Docker's refusal.
    pub async fn remove(self) -> Result<(), EngineError> {
        sweep::remove(&self.engine, &self.id).await
    }
}

/// Writes the plugin into `folder`.
fn write_plugin(folder: &Path) -> Result<(), LocalStackError> {
    for (name, content) in PLUGIN {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, content));
        made.map_err(|source| LocalStackError::Plugin { path, source })?;
    }
    Ok(())
}

fn body(owner: &Owner, image: &str, purpose: &Purpose) -> ContainerCreateBody {
    let mut environment: Vec<String> =
        ["EAGER_SERVICE_LOADING=1", "STRICT_SERVICE_LOADING=1", "DISABLE_EVENTS=1", "SKIP_SSL_CERT_DOWNLOAD=1", "DNS_ADDRESS=0"]
            .map(str::to_owned)
            .into();
    let mut mounts = Vec::new();
    match purpose {
        Purpose::Store => environment.push("SERVICES=s3,sqs".to_owned()),
        Purpose::Native(folder) => {
            environment.push("SERVICES=cloudformation,cloudwatch,ec2,events,iam,kms,lambda,logs,s3,sns,sqs,ssm,sts".to_owned());
            environment.push("LAMBDA_RUNTIME_EXECUTOR=record-only".to_owned());
            // Where images of nightproof have LocalStack; the public one has none of it.
            environment.push(format!("PYTHONPATH=/opt/localstack:{EXECUTOR}"));
            mounts.push(read_only((folder.clone(), EXECUTOR.to_owned())));
        }
    }
    if let Ok(token) = std::env::var("LOCALSTACK_AUTH_TOKEN") {
        environment.push(format!("LOCALSTACK_AUTH_TOKEN={token}"));
    }
    let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some("0".to_owned()) };
    ContainerCreateBody {
        image: Some(image.to_owned()),
        env: Some(environment),
        labels: Some(owner.labels()),
        exposed_ports: Some(vec![PORT.to_owned()]),
        host_config: Some(HostConfig {
            mounts: Some(mounts),
            port_bindings: Some(HashMap::from([(PORT.to_owned(), Some(vec![binding]))])),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

async fn started<A: Future<Output = Result<(), String>> + Send>(
    engine: &Engine,
    id: &str,
    image: &str,
    patience: Duration,
    answers: impl Fn(String) -> A + Send + Sync,
) -> Result<String, LocalStackError> {
    engine.docker.start_container(id, None).await.map_err(refused("start LocalStack"))?;
    let mut last = "it publishes no port".to_owned();
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let found = engine.docker.inspect_container(id, None).await.map_err(refused("look at LocalStack"))?;
        let state = found.state.unwrap_or_default();
        if state.running != Some(true) {
            let code = state.exit_code.unwrap_or(-1);
            return Err(LocalStackError::Ended { image: image.to_owned(), code, said: log(engine, id).await });
        }
        let ports = found.network_settings.and_then(|network| network.ports).unwrap_or_default();
        let port = ports.get(PORT).and_then(Option::as_ref).and_then(|bound| bound.iter().find_map(|one| one.host_port.clone()));
        if let Some(port) = port {
            let url = format!("http://127.0.0.1:{port}");
            match tokio::time::timeout_at(deadline, answers(url.clone())).await {
                Ok(Ok(())) => return Ok(url),
                Ok(Err(error)) => last = error,
                Err(_) => {}
            }
        }
        if tokio::time::Instant::now() >= deadline {
            return Err(LocalStackError::Late { image: image.to_owned(), after: patience, last, said: log(engine, id).await });
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

async fn log(engine: &Engine, id: &str) -> String {
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail("15").build();
    let mut lines = engine.docker.logs(id, Some(options));
    let mut said = String::new();
    while let Some(Ok(line)) = lines.next().await {
        said.push_str(&line.to_string());
    }
    said.trim_end().to_owned()
}
