//! The embedded cloud: a region in this process, with its endpoints open.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use firedrill_journal::Journal;

use crate::credentials::Credential;
use crate::gateway::{Authority, AuthorityError, Listener};
use crate::service::Service;
use crate::services::ec2::{Ec2, NoMachines};
use crate::services::ec2messages::{Ec2Messages, SsmMessages};
use crate::services::{events::Events, iam::Iam, kms::Kms, lambda::Lambda, logs::Logs, s3::S3, sqs::Sqs, ssm::Ssm, sts::Sts};
use crate::{Caller, Region, Settings};

/// What an embedded region is started with.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The operator's 12-digit account id.
    pub account: String,
    /// The region's name; `us-east-1`.
    pub region: String,
    /// A folder of its own; whoever starts the region removes it afterwards.
    pub folder: PathBuf,
    /// The program that runs machines when executed with the hidden arguments: firedrill itself.
    pub program: PathBuf,
    /// Binaries of a real amazon-ssm-agent to run in instances, instead of the guest's own agent.
    pub agent_dir: Option<PathBuf>,
    /// Port of the HTTPS endpoint; 0 takes a free one.
    pub port: u16,
    /// Where calls are written.
    pub journal: Journal,
}

/// A running embedded region.
pub struct Embedded {
    /// The HTTPS endpoint of all services, `https://127.0.0.1:PORT`.
    pub endpoint_url: String,
    /// The same without encryption, so that insecure transport can be seen and refused.
    pub plain_url: String,
    /// The CA that signed the endpoint's certificate, PEM.
    pub ca_pem: String,
    /// The operator's credentials: the account's root user.
    pub credentials: Credential,
    /// The region's handle.
    pub region: Region,
}

/// A region could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The region's folder could not be made.
    #[error("cannot make the region's folder `{}`", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The certificate authority could not be made.
    #[error("cannot make the region's certificate authority")]
    Authority(#[source] AuthorityError),
    /// A port could not be opened.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Starts a region: certificates, endpoints, services.
pub async fn start(options: EmbeddedOptions) -> Result<Embedded, StartError> {
    let EmbeddedOptions { account, region, folder, program, agent_dir, port, journal } = options;
    std::fs::create_dir_all(&folder).map_err(|source| StartError::Folder { folder: folder.clone(), source })?;
    let authority = Authority::new(&region).map_err(StartError::Authority)?;
    let ca_pem = authority.ca_pem().to_owned();
    let settings = Settings { region, account: account.clone(), folder, program };
    let region = Region::with_journal(settings, journal);
    region.set_authority(authority);
    region.install(services(&region, agent_dir));

    let secure = Listener::bind(port).await.map_err(|source| StartError::Listen { port, source })?;
    let plain = Listener::bind(0).await.map_err(|source| StartError::Listen { port: 0, source })?;
    let endpoint_url = format!("https://{}", secure.address());
    let plain_url = format!("http://{}", plain.address());
    secure.serve(&region, true);
    plain.serve(&region, false);
    let credentials = region.credentials().issue_key(Caller::root(&account));
    Ok(Embedded { endpoint_url, plain_url, ca_pem, credentials, region })
}

fn services(region: &Region, _agent_dir: Option<PathBuf>) -> Vec<(&'static str, Arc<dyn Service>)> {
    let iam = Iam::new();
    let ssm = Ssm::new();
    vec![
        ("ec2", Ec2::new(Arc::new(NoMachines))),
        ("ec2messages", Ec2Messages::new(Arc::clone(&ssm))),
        ("events", Events::new()),
        ("iam", Arc::clone(&iam) as Arc<dyn Service>),
        ("kms", Kms::new()),
        ("lambda", Lambda::new()),
        ("logs", Logs::new()),
        ("s3", S3::new(region.folder().join("s3"))),
        ("sqs", Sqs::new()),
        ("ssm", ssm),
        ("ssmmessages", SsmMessages::new()),
        ("sts", Sts::new(iam)),
    ]
}

impl Embedded {
    /// Ends machines, connections and background tasks, and returns when they have ended.
    pub async fn stop(self) {
        self.region.stopping().cancel();
        self.region.tasks().close();
        if tokio::time::timeout(Duration::from_secs(20), self.region.tasks().wait()).await.is_err() {
            tracing::warn!(tasks = self.region.tasks().len(), "tasks of the region did not end in 20 s");
        }
    }
}
