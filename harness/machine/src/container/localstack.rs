//! LocalStack in a container, as the store of a region.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_recursion::async_recursion;
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::LogsOptionsBuilder;
use testcontainers::core::error::{ClientError, TestcontainersError};
use testcontainers::core::{AccessMode, IntoContainerPort as _, Mount};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt as _};

use super::engine::{Engine, EngineError};
use super::image::named;
use super::owner::Owner;
use super::sweep;

/// The port that LocalStack serves everything on.
const PORT: u16 = 4566;

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
    ("nightproof_executor.py", include_str!("../../docker/localstack/executor/nightproof_executor.py")),
    ("nightproof_executor-1.dist-info/entry_points.txt", include_str!("../../docker/localstack/executor/entry_points.txt")),
    ("nightproof_executor-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: nightproof-executor\nVersion: 1\n"),
];

/// A running LocalStack, which is removed with this; what a killed process leaves is found by its labels.
pub struct LocalStack {
    container: Box<ContainerAsync<GenericImage>>,
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
        let container = match request(owner, image, purpose).with_container_name(&name).start().await {
            Ok(container) => container,
            Err(source) => {
                // It may have been made.
                sweep::remove(&engine, &name).await.ok();
                return Err(EngineError::Start { name, source: Box::new(source) }.into());
            }
        };
        match answering(&engine, &container, image, patience, answers).await {
            Ok(url) => Ok(Self { container: Box::new(container), url }),
            Err(error) => {
                container.rm().await.ok();
                Err(error)
            }
        }
    }

    /// Removes it.
    ///
    /// # Errors
    /// Docker's refusal.
    #[async_recursion]
    pub async fn remove(self) -> Result<(), EngineError> {
        let name = "of LocalStack".to_owned();
        match (*self.container).rm().await {
            Err(TestcontainersError::Client(ClientError::RemoveContainer(error))) if sweep::is_removed(&error) => Ok(()),
            removed => removed.map_err(|source| EngineError::Remove { name, source: Box::new(source) }),
        }
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

fn request(owner: &Owner, image: &str, purpose: &Purpose) -> ContainerRequest<GenericImage> {
    let mut environment: Vec<(&str, String)> =
        ["EAGER_SERVICE_LOADING", "STRICT_SERVICE_LOADING", "DISABLE_EVENTS", "SKIP_SSL_CERT_DOWNLOAD"]
            .map(|name| (name, "1".to_owned()))
            .into();
    environment.push(("DNS_ADDRESS", "0".to_owned()));
    let mut plugin = None;
    match purpose {
        Purpose::Store => environment.push(("SERVICES", "s3,sqs".to_owned())),
        Purpose::Native(folder) => {
            let services = "cloudformation,cloudwatch,ec2,events,iam,kms,lambda,logs,s3,sns,sqs,ssm,sts";
            environment.push(("SERVICES", services.to_owned()));
            environment.push(("LAMBDA_RUNTIME_EXECUTOR", "record-only".to_owned()));
            // Where images of nightproof have LocalStack; the public one has none of it.
            environment.push(("PYTHONPATH", format!("/opt/localstack:{EXECUTOR}")));
            plugin = Some(Mount::bind_mount(folder.to_string_lossy(), EXECUTOR).with_access_mode(AccessMode::ReadOnly));
        }
    }
    if let Ok(token) = std::env::var("LOCALSTACK_AUTH_TOKEN") {
        environment.push(("LOCALSTACK_AUTH_TOKEN", token));
    }
    // Published on loopback alone, at any port.
    let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some("0".to_owned()) };
    let bindings = HashMap::from([(format!("{PORT}/tcp"), Some(vec![binding]))]);
    let request = named(image).with_exposed_port(PORT.tcp()).with_labels(owner.labels());
    let request = request.with_host_config_modifier(move |config| {
        config.publish_all_ports = Some(false);
        config.port_bindings = Some(bindings.clone());
    });
    let request = environment.into_iter().fold(request, |request, (name, value)| request.with_env_var(name, value));
    plugin.into_iter().fold(request, |request, plugin| request.with_mount(plugin))
}

/// Waits until LocalStack answers; its endpoint.
async fn answering<A: Future<Output = Result<(), String>> + Send>(
    engine: &Engine,
    container: &ContainerAsync<GenericImage>,
    image: &str,
    patience: Duration,
    answers: impl Fn(String) -> A + Send + Sync,
) -> Result<String, LocalStackError> {
    let refused = |source: TestcontainersError| EngineError::Start { name: "of LocalStack".to_owned(), source: Box::new(source) };
    // An answer may hang for as long as LocalStack comes up. One that the deadline cuts off says less than the one before it.
    let deadline = tokio::time::Instant::now() + patience;
    let before = Mutex::new(None);
    let answered = nightproof_poll::try_until(patience, || async {
        if let Some(code) = container.exit_code().await.map_err(refused)? {
            let said = log(engine, container.id()).await;
            return Err(LocalStackError::Ended { image: image.to_owned(), code, said });
        }
        let Ok(port) = container.get_host_port_ipv4(PORT).await else { return Ok(Err("it publishes no port".to_owned())) };
        let url = format!("http://127.0.0.1:{port}");
        Ok(match tokio::time::timeout_at(deadline, answers(url.clone())).await {
            Ok(answered) => answered.map(|()| url).inspect_err(|refusal| *before.lock() = Some(refusal.clone())),
            Err(_) => Err(before.lock().take().unwrap_or_else(|| format!("{url} gives no answer"))),
        })
    });
    match answered.await? {
        Ok(url) => Ok(url),
        Err(last) => {
            let said = log(engine, container.id()).await;
            Err(LocalStackError::Late { image: image.to_owned(), after: patience, last, said })
        }
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
