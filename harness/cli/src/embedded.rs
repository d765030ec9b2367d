//! Starting an embedded region for a command, and the handle a drill has on it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use nightproof_core::credentials::Credential;
use nightproof_drill::{Endpoint, InstanceJob, InstanceJobs, JobRun};
use nightproof_journal::Journal;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions, RoleSession, RoleSessions, Trigger};
use nightproof_store::Store;

use crate::error::Error;
use crate::operator::Key;
use crate::setting::Setting;

/// Starts a region in `folder` whose machines are run by this very program, with objects and messages in `store` if there is one.
pub(crate) async fn start(folder: &Path, setting: &Setting, journal: &Journal, store: Option<Store>) -> Result<Embedded, Error> {
    let program = std::env::current_exe().map_err(Error::OwnProgram)?;
    let options = EmbeddedOptions {
        regions: setting.regions.clone(),
        agent_dir: setting.ssm_agent.clone(),
        tools: Some(setting.tools.clone()),
        port: setting.port,
        disk_mib: setting.disk_mib,
        allow_blocked_runtimes: setting.machine.allow_blocked_runtimes,
        unlisted_images: setting.machine.platform,
        rootfs: setting.rootfs.clone(),
        simulated_instances: setting.simulated_instances,
        journal: journal.clone(),
        store,
        ..EmbeddedOptions::new(&setting.account, folder.join("region"), program)
    };
    embedded::start(options).await.map_err(Error::Region)
}

/// Where a drill finds `region`, called with `key`.
pub(crate) fn endpoint(region: &Embedded, key: &Key) -> Endpoint {
    let (id, secret) = key;
    let (url, ca_pem) = (Some(region.endpoint_url.clone()), Some(region.ca_pem.clone()));
    Endpoint::with_key(url, ca_pem, region.region.name(), (id, secret))
}

/// Variables that point any AWS client at `region`, with `key`; its CA is written into `folder`.
pub(crate) fn variables(region: &Embedded, key: &Key, folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, &region.ca_pem)?;
    let ((id, secret), name) = (key, region.region.name());
    let variables = [
        ("AWS_ENDPOINT_URL", region.endpoint_url.clone()),
        ("AWS_CA_BUNDLE", ca.display().to_string()),
        ("AWS_ACCESS_KEY_ID", id.clone()),
        ("AWS_SECRET_ACCESS_KEY", secret.clone()),
        ("AWS_REGION", name.to_owned()),
        ("AWS_DEFAULT_REGION", name.to_owned()),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// The same as shell exports.
pub(crate) fn exports(region: &Embedded, key: &Key, folder: &Path) -> std::io::Result<String> {
    let exports: String =
        variables(region, key, folder)?.iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
    Ok(format!("{exports}unset AWS_SESSION_TOKEN AWS_PROFILE\n"))
}

/// What `embedded` can do for a drill and AWS cannot.
pub(crate) fn local(embedded: &Embedded) -> Arc<dyn nightproof_drill::Local> {
    Arc::new(LocalRegion {
        region: embedded.region.name().to_owned(),
        trigger: embedded.trigger(),
        sessions: embedded.role_sessions(),
        ca_pem: embedded.ca_pem.clone(),
    })
}

struct LocalRegion {
    region: String,
    trigger: Trigger,
    sessions: RoleSessions,
    ca_pem: String,
}

#[async_trait]
impl nightproof_drill::Local for LocalRegion {
    async fn deployed(&self) {
        self.trigger.deployed().await;
    }

    async fn session(&self, role_arn: &str, name: &str, instance: Option<&str>) -> Result<Endpoint, String> {
        let RoleSession { url, credential } = self.sessions.open(role_arn, name, instance).await?;
        let Credential { access_key_id, secret_access_key, session_token, .. } = &credential;
        let key = (access_key_id.as_str(), secret_access_key.as_str(), session_token.as_deref().unwrap_or_default());
        Ok(Endpoint::with_session(Some(url), Some(self.ca_pem.clone()), &self.region, key))
    }

    async fn fire(&self, trigger: &str) -> Result<String, String> {
        let at = match trigger.starts_with("arn:") {
            true => self.trigger.fire(trigger),
            false => self.trigger.fire_job(trigger).await,
        };
        let at = at.map_err(|error| error.to_string())?;
        Ok(format!("moved the region's clock to {at:.0}"))
    }

    async fn due(&self, trigger: &str) -> Option<i64> {
        let at = match trigger.starts_with("arn:") {
            true => self.trigger.due(trigger).ok(),
            false => self.trigger.job_due(trigger).await,
        };
        at.map(|at| at.as_second())
    }

    async fn instance_jobs(&self) -> Vec<InstanceJobs> {
        let all = self.trigger.instance_timers().await.into_iter();
        let each = all.map(|(instance, timers)| InstanceJobs {
            instance,
            jobs: timers
                .jobs
                .into_iter()
                .map(|job| InstanceJob {
                    id: job.id,
                    by: job.by,
                    place: job.place,
                    schedule: job.schedule,
                    user: job.user,
                    command: job.command,
                    next: job.next,
                    idle: job.idle,
                    text: job.text,
                })
                .collect(),
            runs: timers
                .runs
                .into_iter()
                .map(|run| JobRun { number: run.number, job: run.job, code: run.code, output: run.output, fate: run.fate })
                .collect(),
            booted: timers.booted,
            ignored: timers.ignored,
        });
        each.collect()
    }

    fn now(&self) -> i64 {
        self.trigger.now().as_second()
    }

    async fn settled(&self) {
        self.trigger.settled().await;
    }

    async fn notice(&self, missed: bool) {
        self.trigger.notice(missed).await;
    }
}
