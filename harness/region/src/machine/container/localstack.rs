//! LocalStack in a container, as the store of a region.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{CreateContainerOptionsBuilder, LogsOptionsBuilder};
use futures_util::StreamExt as _;

use super::engine::{Engine, EngineError, refused};
use super::owner::Owner;
use super::sweep;
use crate::store::{Store, StoreError};

/// The port that LocalStack serves everything on.
const PORT: &str = "4566/tcp";

/// How long LocalStack may take until it answers.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is asked until then.
const BETWEEN: Duration = Duration::from_millis(100);

/// A running LocalStack. Whoever started it removes it; what stays is found by its labels.
pub struct LocalStack {
    engine: Engine,
    id: String,
    /// Its endpoint.
    pub store: Store,
}

/// LocalStack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LocalStackError {
    /// By Docker.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// It ended, or does not answer.
    #[error("LocalStack ({image}) {what}; the last that it said:\n{said}")]
    Failed {
        /// The image.
        image: String,
        /// What happened.
        what: String,
        /// The end of its log.
        said: String,
    },
    /// Its address is none.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LocalStackError {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Failed { .. } | Self::Store(_) => {
                "try another image (`--localstack-image`; versions after 4.14.0 want LOCALSTACK_AUTH_TOKEN), one that runs already (`--localstack URL`), or `--cloud embedded`"
            }
        }
    }
}

impl LocalStack {
    /// Starts `image` with the services of a store alone, all of them loaded, and waits until they answer. The token of newer versions is
    /// passed on.
    ///
    /// # Errors
    /// [`LocalStackError`], with a hint for the user; nothing is left running then.
    pub async fn start(engine: Engine, owner: &Owner, image: &str, region: &str, account: &str) -> Result<Self, LocalStackError> {
        let name = format!("{}-localstack", owner.run);
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        let created = engine.docker.create_container(Some(options), body(owner, image)).await;
        let id = created.map_err(refused(format!("create the container {name}")))?.id;
        match started(&engine, &id, image, region, account).await {
            Ok(store) => Ok(Self { engine, id, store }),
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

fn body(owner: &Owner, image: &str) -> ContainerCreateBody {
    let mut environment: Vec<String> = [
        "SERVICES=s3,sqs",
        "EAGER_SERVICE_LOADING=1",
        "STRICT_SERVICE_LOADING=1",
        "DISABLE_EVENTS=1",
        "SKIP_SSL_CERT_DOWNLOAD=1",
        "DNS_ADDRESS=0",
    ]
    .map(str::to_owned)
    .into();
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
            port_bindings: Some(HashMap::from([(PORT.to_owned(), Some(vec![binding]))])),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

async fn started(engine: &Engine, id: &str, image: &str, region: &str, account: &str) -> Result<Store, LocalStackError> {
    engine.docker.start_container(id, None).await.map_err(refused("start LocalStack"))?;
    let failed = async |what: String| LocalStackError::Failed { image: image.to_owned(), what, said: log(engine, id).await };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let found = engine.docker.inspect_container(id, None).await.map_err(refused("look at LocalStack"))?;
        let state = found.state.unwrap_or_default();
        if state.running != Some(true) {
            return Err(failed(format!("ended with exit code {}", state.exit_code.unwrap_or(-1))).await);
        }
        let ports = found.network_settings.and_then(|network| network.ports).unwrap_or_default();
        let port = ports.get(PORT).and_then(Option::as_ref).and_then(|bound| bound.iter().find_map(|one| one.host_port.clone()));
        if let Some(port) = port {
            let store = Store::new(&format!("http://127.0.0.1:{port}"), region)?;
            match store.check(account).await {
                Ok(()) => return Ok(store),
                Err(error) if tokio::time::Instant::now() > deadline => {
                    return Err(failed(format!("does not answer after {} s: {error}", PATIENCE.as_secs())).await);
                }
                Err(_) => {}
            }
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
