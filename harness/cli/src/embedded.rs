//! Starting an embedded region for a command, and the handle a drill has on it.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_journal::Journal;
use nightproof_machine::tools::{self, Tools};
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions, StartError, Trigger};
use nightproof_store::Store;

use crate::operator::Key;
use crate::stage::Setting;
use crate::{Exit, printer};

/// The name of every local region.
pub(crate) const REGION: &str = "us-east-1";

/// Starts a region in `folder` whose machines are run by this very program, with objects and messages in `store` if there is one.
pub(crate) async fn start(folder: &Path, setting: &Setting, journal: &Journal, store: Option<Store>) -> Result<Embedded, Exit> {
    let program = std::env::current_exe().map_err(|error| {
        printer::error(&format!("cannot find nightproof's own program: {error}"), None);
        Exit::Missing
    })?;
    let options = EmbeddedOptions {
        region: REGION.to_owned(),
        agent_dir: setting.ssm_agent.clone(),
        tools: Some(setting.tools.clone()),
        port: setting.port,
        disk_mib: setting.disk_mib,
        journal: journal.clone(),
        store,
        ..EmbeddedOptions::new(&setting.account, folder.join("region"), program)
    };
    embedded::start(options).await.map_err(|error| {
        let remedy = "end what listens there (`ss -ltnp` says what does), or leave `--port` out to take a free one";
        printer::error(&printer::chain(&error), matches!(error, StartError::Listen { .. }).then_some(remedy));
        Exit::Missing
    })
}

/// A journal that is also written to `file`, if one is named.
pub(crate) fn open_journal(file: Option<&Path>) -> Result<Journal, Exit> {
    let Some(file) = file else { return Ok(Journal::default()) };
    File::create(file).map(|file| Journal::with_writer(BufWriter::new(file))).map_err(|error| {
        printer::error(&format!("cannot write the journal `{}`: {error}", file.display()), None);
        Exit::Input
    })
}

/// Writes out what is buffered of `journal`; that it is incomplete is said.
pub(crate) fn flush_journal(journal: &Journal) {
    if let Err(error) = journal.flush() {
        printer::error(&format!("the journal is incomplete: {error}"), None);
    }
}

/// The AWS CLI and the runtime client, installed at first use.
pub(crate) fn ensure_tools() -> Result<Tools, Exit> {
    tools::ensure(printer::note).map_err(|error| {
        printer::error(&printer::chain(&error), Some(error.hint()));
        Exit::Missing
    })
}

/// Where a drill finds `region`, called with `key`.
pub(crate) fn endpoint(region: &Embedded, key: &Key) -> nightproof_drill::Endpoint {
    let (id, secret) = key;
    let (url, ca_pem) = (Some(region.endpoint_url.clone()), Some(region.ca_pem.clone()));
    nightproof_drill::Endpoint::with_key(url, ca_pem, region.region.name(), (id, secret))
}

/// Shell exports that point any AWS client at `region`, with `key`; its CA is written into `folder`.
pub(crate) fn exports(region: &Embedded, key: &Key, folder: &Path) -> std::io::Result<String> {
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, &region.ca_pem)?;
    let (id, secret) = key;
    let (url, ca, name) = (&region.endpoint_url, ca.display(), region.region.name());
    Ok(format!(
        "export AWS_ENDPOINT_URL={url}\nexport AWS_CA_BUNDLE={ca}\nexport AWS_ACCESS_KEY_ID={id}\nexport AWS_SECRET_ACCESS_KEY={secret}\nunset AWS_SESSION_TOKEN AWS_PROFILE\nexport AWS_REGION={name}\nexport AWS_DEFAULT_REGION={name}\n"
    ))
}

/// What a local region can do for a drill and AWS cannot.
pub(crate) struct LocalRegion(Trigger);

impl LocalRegion {
    /// The handle on `embedded`.
    pub(crate) fn of(embedded: &Embedded) -> Arc<dyn nightproof_drill::Local> {
        Arc::new(Self(embedded.trigger()))
    }
}

#[async_trait]
impl nightproof_drill::Local for LocalRegion {
    async fn fire(&self, rule_arn: &str) -> Result<String, String> {
        let at = self.0.fire(rule_arn).map_err(|error| error.to_string())?;
        Ok(format!("moved the region's clock to {at:.0}"))
    }

    async fn settled(&self) {
        self.0.settled().await;
    }

    async fn notice(&self, missed: bool) {
        self.0.notice(missed).await;
    }
}
