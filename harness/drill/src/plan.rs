//! What a drill is told.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::ArchiveControl;
use crate::InstanceJobs;
use crate::account::endpoint::Endpoint;
use crate::account::identity::Identity;
use crate::archive::sample_site::DataProfile;
use crate::cleanup::marks::{EXPIRES_TAG, RUN_TAG, SEED_PREFIX, STACK_PREFIX};
use crate::demands::Demands;
use crate::provisions::Provisions;
use crate::steps::reviewer::Review;

/// What the instances are to hold.
#[derive(Debug, Clone)]
pub enum Data {
    /// A web site, made up.
    Generated(DataProfile),
    /// A copy of this folder's content.
    Folder(PathBuf),
}

/// How a rule's time comes where the clock cannot be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FireBy {
    /// A stack update makes the schedule `rate(1 minute)`, until the rule has fired.
    #[default]
    Schedule,
    /// The function is invoked with the event that the schedule would send. The rule itself is not proven.
    Invoke,
}

/// Which night is rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NightVariant {
    /// The one that goes well: its archive restores.
    #[default]
    Backup,
    /// One in which the rule may not invoke its function: the event is to come to the dead-letter queue of the rule's target. Nothing is
    /// backed up, so that no instance is waited for.
    Undelivered,
    /// One in which the script is to fail, for no instance holds what it backs up: who is told of it.
    Failing,
}

/// Another CloudFormation, which deploys the template too and is compared with the region's.
#[derive(Debug, Clone)]
pub struct Native {
    /// Where it is, and as whom to call it; the same account and region as the drill's own.
    pub endpoint: Endpoint,
    /// What it dropped or changed is set by direct calls, and compared again.
    pub mend: bool,
}

/// The user's own way to restore.
#[derive(Clone)]
pub struct RestoreScript {
    /// For bash, unless its first line says otherwise.
    pub text: String,
    /// Files for it alone, by name.
    pub secrets: Vec<(String, Vec<u8>)>,
    /// Whether it gets all that is in the buckets, and not what came in the night alone: a repository that each night adds to.
    pub all_objects: bool,
}

impl fmt::Debug for RestoreScript {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.secrets.iter().map(|(name, _)| name).collect();
        f.debug_struct("RestoreScript").field("secrets", &names).finish_non_exhaustive()
    }
}

/// A drill.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its id, of lower-case letters and digits: see [`new_run`].
    pub run: String,
    /// From when on a sweep may remove what the drill makes, RFC 3339: a tag of all of it. On a local region nothing needs one.
    pub expires: Option<String>,
    /// Shows what would be made and says whether it may be; without it everything may.
    pub review: Option<Arc<dyn Review>>,
    /// As whom the drill calls: then its calls go into its journal. On a local region, which journals all calls itself, nobody.
    pub recorded_as: Option<Identity>,
    /// Which night it rehearses.
    pub variant: NightVariant,
    /// How the rule's time comes on AWS.
    pub fire_by: FireBy,
    /// Where.
    pub endpoint: Endpoint,
    /// What it is called in reports: `embedded`.
    pub cloud: String,
    /// Another CloudFormation, to deploy the template too and be compared.
    pub native: Option<Native>,
    /// Text of the template.
    pub template: String,
    /// Parameters of the stack.
    pub parameters: Vec<(String, String)>,
    /// What the stack is deployed with beside them.
    pub provisions: Provisions,
    /// What is backed up.
    pub data: Data,
    /// Where the data goes on each instance.
    pub data_path: String,
    /// Logical or physical id of the rule, schedule, maintenance window or association to fire, or of the bucket or alarm whose event starts the backup, or the file of an instance's job. Without it, each whose chain ends in a bucket is.
    pub rule: Option<String>,
    /// Logical id or name of the bucket that gets the archives; otherwise every bucket of the stack is looked at.
    pub bucket: Option<String>,
    /// How a backup is restored that is not opened by the drill itself.
    pub restore_script: Option<RestoreScript>,
    /// What has to hold beside.
    pub demands: Demands,
    /// How many nights in a row; at least 1.
    pub nights: u32,
    /// Whether the roles of the stack try to destroy the archives of the last night. Only a local region can do it.
    pub attack: bool,
    /// What is wrong with the archive of the last night, on purpose.
    pub control: Option<ArchiveControl>,
    /// Findings fail the drill.
    pub strict: bool,
    /// Nothing is destroyed at the end.
    pub keep: bool,
    /// An existing or creatable folder for temporary files.
    pub folder: PathBuf,
}

/// A new drill's id: 8 hexadecimal digits.
pub fn new_run() -> String {
    uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect()
}

impl Plan {
    /// The name of its stack.
    pub fn stack(&self) -> String {
        format!("{}{}", STACK_PREFIX, self.run)
    }

    /// Whether what is at the data path of a restored machine is compared with the data.
    pub(crate) fn has_tree(&self) -> bool {
        self.demands.fingerprint.as_ref().is_none_or(|fingerprint| fingerprint.tree)
    }

    /// The bucket that its data goes through.
    pub fn seed_bucket(&self) -> String {
        format!("{}{}", SEED_PREFIX, self.run)
    }

    /// Tags of the stack and of all that the drill makes beside it.
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        let expires = self.expires.as_deref().map(|expires| (EXPIRES_TAG, expires));
        std::iter::once((RUN_TAG, self.run.as_str())).chain(expires)
    }
}

/// What only a local region can do.
#[async_trait]
pub trait Local: Send + Sync {
    /// Has the alarms of a stack that was just deployed come to their first states, which takes AWS a minute or two.
    async fn deployed(&self) {}

    /// What is to happen each night before the drill looks at what there is and the rule fires.
    ///
    /// # Errors
    /// Why it could not.
    async fn before_night(&self) -> Result<(), String> {
        Ok(())
    }

    /// What is to be ready once the drill causes the event that starts a backup, where no clock starts it.
    ///
    /// # Errors
    /// Why it is not.
    async fn before_event(&self) -> Result<(), String> {
        Ok(())
    }

    /// What the region's clock says: seconds since 1970.
    fn now(&self) -> i64;

    /// Where the region is called as a session of this role that bears this name; in the place of an instance if its id is given, with what
    /// its VPC lets pass.
    ///
    /// # Errors
    /// Why there is none: such a role does not exist.
    async fn session(&self, role_arn: &str, name: &str, instance: Option<&str>) -> Result<Endpoint, String> {
        let place = instance.map(|instance| format!(" on {instance}")).unwrap_or_default();
        Err(format!("this region opens no session {name} of {role_arn}{place}"))
    }

    /// Moves the region's clock to the next scheduled time of the rule with this ARN, of the job of instances with this id, or to the next evaluation of the alarm with this ARN. Returns what was done, as a fragment.
    ///
    /// # Errors
    /// Why it could not: the rule or schedule is unknown or disabled, or has no schedule.
    async fn fire(&self, trigger_arn: &str) -> Result<String, String>;

    /// When that time is, in seconds since 1970; `None` if it never comes.
    async fn due(&self, _trigger_arn: &str) -> Option<i64> {
        None
    }

    /// What running instances start by their own clocks, and what of it has run by now. All that was due has begun when this returns.
    async fn instance_jobs(&self) -> Vec<InstanceJobs> {
        Vec::new()
    }

    /// Returns when no event is on its way to a function any more, and no function works on one. A runbook that sleeps goes on.
    async fn settled(&self);

    /// Returns when whoever is told of the night has been told. Alarms get the time that they take: minutes, or, if the night was `missed`
    /// and no function has run, as long as it takes them to miss it.
    async fn notice(&self, missed: bool);
}
