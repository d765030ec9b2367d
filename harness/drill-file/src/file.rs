//! The format of drill files; `docs/drill-file.md` explains it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nightproof_machine_image::{PLATFORMS, Platform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use crate::DrillFileError;
use crate::amount::{Percent, Span};
use crate::database::{self, Database, DatabaseMember};
use crate::member::{self, Text};

/// What a drill rehearses, and what has to hold. Paths of files are relative to the file's own folder.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(title = "Drill file of nightproof")]
#[serde(deny_unknown_fields)]
pub struct DrillFile {
    /// Version of the format.
    #[serde(rename = "version", deserialize_with = "member::version")]
    #[schemars(range(min = 1, max = 1))]
    _version: u32,
    /// The CloudFormation template; the bundled stack if there is none.
    pub template: Option<PathBuf>,
    /// Parameters of the stack.
    #[serde(default)]
    #[schemars(schema_with = "member::scalars")]
    pub parameters: BTreeMap<String, String>,
    /// Templates of what exists already, deployed before.
    #[serde(default)]
    pub existing: Vec<PathBuf>,
    /// Whether values are made up for parameters that have none.
    #[serde(default)]
    pub guess_parameters: bool,
    /// What is backed up.
    #[serde(default)]
    #[schemars(with = "Option<DataMembers>")]
    pub data: Data,
    /// What starts the backup, if the stack has several that might.
    pub trigger: Option<Trigger>,
    /// The bucket that backups go to (logical id or name), if the stack has several.
    #[schemars(with = "Option<Text>")]
    bucket: Option<Text>,
    /// Where a real account has its archives, for `restore` and for the age of the newest one in `smoke`.
    pub archives: Option<Archives>,
    /// What instances and functions run in.
    #[serde(default)]
    pub machine: Machine,
    /// How many nights are rehearsed, one after the other.
    #[serde(default, deserialize_with = "nights")]
    #[schemars(with = "Option<u32>", range(min = 1, max = 366))]
    pub nights: Option<u32>,
    /// Whether findings fail the drill.
    #[serde(default)]
    pub strict: bool,
    /// Whether the stack's roles and the operator try to destroy the archives of the last night.
    #[serde(default)]
    pub attack: bool,
    /// How the backup is restored, where that is not found out from the archive.
    #[serde(default)]
    #[schemars(with = "Option<Restore>")]
    restore: Option<Spanned<Restore>>,
    /// The identity policy that is all the operator has.
    pub operator_policy: Option<PathBuf>,
    /// Whether functions of runtimes that AWS blocks may be made.
    #[serde(default)]
    pub allow_blocked_runtimes: bool,
    /// Paths of the data that the comparison leaves out.
    #[serde(default)]
    pub ignore: Vec<Ignore>,
    /// A database whose server runs on each instance, filled before the first night and written to during the backup.
    #[serde(default, deserialize_with = "database::database")]
    #[schemars(with = "Option<DatabaseMember>")]
    pub database: Option<Database>,
    /// A script that runs on each instance as root when the data is there, before the first night; after the database is filled.
    pub seed: Option<PathBuf>,
    /// A command that runs on each instance before the night and on the restored machine afterwards, and has to say the same.
    #[serde(default)]
    #[schemars(with = "Option<Text>")]
    fingerprint: Option<Spanned<Text>>,
    /// What a restore may take, lose and change.
    #[serde(default)]
    pub budgets: Budgets,
    /// How many machines have to leave an archive each night, at least.
    #[serde(default, deserialize_with = "due")]
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub due: Option<u32>,
}

/// What is backed up.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "DataMembers")]
pub struct Data {
    /// The folder whose content instances get.
    pub folder: Option<PathBuf>,
    /// What is generated where there is no folder.
    pub profile: Option<Profile>,
    /// Where the data lives on instances: an absolute path.
    pub path: Option<String>,
}

/// The members of [`Data`] as they stand in the file.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Data")]
#[serde(deny_unknown_fields)]
struct DataMembers {
    /// The folder whose content instances get; excludes `profile`.
    folder: Option<PathBuf>,
    /// What is generated where there is no folder.
    profile: Option<Profile>,
    /// Where the data lives on instances: an absolute path.
    #[schemars(regex(pattern = "^/"))]
    path: Option<String>,
}

impl TryFrom<DataMembers> for Data {
    type Error = &'static str;

    fn try_from(members: DataMembers) -> Result<Self, Self::Error> {
        let DataMembers { folder, profile, path } = members;
        if folder.is_some() && profile.is_some() {
            return Err("data is either those of a `folder` or generated by a `profile`");
        }
        if path.as_ref().is_some_and(|path| !path.starts_with('/')) {
            return Err("`path` is where the data lives on instances, and begins with /");
        }
        Ok(Self { folder, profile, path })
    }
}

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// A small web site.
    Usual,
    /// The same, with all that file systems allow.
    Hard,
}

/// What starts the backup.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// A rule, schedule, maintenance window, association, bucket or alarm: its logical id, name or ARN.
    rule: Text,
}

impl Trigger {
    /// Its logical id, name or ARN.
    pub fn rule(&self) -> &str {
        &self.rule.0
    }
}

/// Where a real account has its archives.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "ArchivesMembers")]
pub struct Archives {
    /// In which bucket, or in the buckets of which stack.
    pub place: Place,
    /// What keys begin with.
    pub prefix: String,
    /// Whether all objects are files as they are, as `aws s3 sync` leaves them.
    pub plain: bool,
}

/// What has archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A bucket, by its name.
    Bucket(String),
    /// The buckets of a stack, by its name or ARN.
    Stack(String),
}

/// The members of [`Archives`] as they stand in the file.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Archives")]
#[serde(deny_unknown_fields)]
struct ArchivesMembers {
    /// The bucket; excludes `stack`.
    bucket: Option<Text>,
    /// The stack with the buckets.
    stack: Option<Text>,
    /// The prefix of the keys, such as those of one machine; if empty, all keys.
    #[serde(default)]
    prefix: String,
    /// Whether all objects are files as they are, as `aws s3 sync` leaves them.
    #[serde(default)]
    plain: bool,
}

impl JsonSchema for Archives {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        ArchivesMembers::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ArchivesMembers::json_schema(generator)
    }
}

impl TryFrom<ArchivesMembers> for Archives {
    type Error = &'static str;

    fn try_from(members: ArchivesMembers) -> Result<Self, Self::Error> {
        let ArchivesMembers { bucket, stack, prefix, plain } = members;
        let place = match (bucket, stack) {
            (Some(bucket), None) => Place::Bucket(bucket.0),
            (None, Some(stack)) => Place::Stack(stack.0),
            _ => return Err("archives are either in a `bucket` or in the buckets of a `stack`"),
        };
        Ok(Self { place, prefix, plain })
    }
}

/// What instances and functions run in.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The kind of machine.
    pub kind: Option<MachineKind>,
    /// What is on images that are neither public nor AWS's.
    #[serde(default, deserialize_with = "platform")]
    #[schemars(schema_with = "platforms")]
    pub platform: Option<&'static Platform>,
    /// The files of instances' systems, in place of the host's programs: an OCI layout, what `docker save` writes, a tar archive or a folder.
    pub rootfs: Option<PathBuf>,
    /// Docker image for instances.
    pub instance_image: Option<Text>,
    /// Docker image for functions.
    pub function_image: Option<Text>,
}

impl Machine {
    /// Docker image for instances.
    pub fn instance_image(&self) -> Option<&str> {
        self.instance_image.as_ref().map(|image| image.0.as_str())
    }

    /// Docker image for functions.
    pub fn function_image(&self) -> Option<&str> {
        self.function_image.as_ref().map(|image| image.0.as_str())
    }
}

/// A kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MachineKind {
    /// A Linux sandbox with the host's programs.
    Sandbox,
    /// A Docker container with the programs of an image.
    Container,
}

/// How the backup is restored.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// A script for bash that restores the backup on a fresh instance; with a `database`, that of its profile if there is none.
    pub script: Option<PathBuf>,
    /// Files that the script finds as `$NIGHTPROOF_SECRETS/NAME`, by name.
    #[serde(default, deserialize_with = "secrets")]
    #[schemars(with = "BTreeMap<String, PathBuf>")]
    pub secrets: BTreeMap<String, PathBuf>,
    /// Whether what is at the data path afterwards is compared with the data. Without it there has to be a fingerprint or a `database`. It is
    /// if nothing is said, unless there is a `database`.
    pub tree: Option<bool>,
    /// Which objects the script finds.
    #[serde(default)]
    pub objects: RestoredObjects,
}

/// Which objects a restore script finds in `$NIGHTPROOF_OBJECTS`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestoredObjects {
    /// Those that came in the night.
    #[default]
    Night,
    /// All that are there after it: of a repository that each night adds to.
    All,
}

/// Something that the comparison leaves out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// A path below the data path, with all that is below it; `*` stands for any text, `?` for one character.
    #[serde(deserialize_with = "below")]
    #[schemars(with = "Text")]
    pub path: String,
    /// Why, for the report.
    reason: Text,
}

impl Ignore {
    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason.0
    }
}

/// What a restore may take, lose and change at most. Beyond it is a finding.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// How long a restore takes.
    pub rto: Option<Span>,
    /// The longest time without a restorable archive.
    pub rpo: Option<Span>,
    /// How much larger or smaller an archive is than the one before it.
    pub size_change: Option<Percent>,
}

fn nights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::<u32>::deserialize(deserializer)?.map(member::checked_nights).transpose()
}

fn due<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(0) => Err(de::Error::custom("due is 0, and any night would meet it")),
        due => Ok(due),
    }
}

fn platform<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'static Platform>, D::Error> {
    let Some(key) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wrong = || {
        let known = PLATFORMS.map(|platform| platform.key).join(", ");
        de::Error::custom(format!("no platform is called `{key}`; there are {known}"))
    };
    Platform::by_key(&key).map(Some).ok_or_else(wrong)
}

fn platforms(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": PLATFORMS.map(|platform| platform.key) })
}

fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, PathBuf>, D::Error> {
    let secrets = BTreeMap::<String, PathBuf>::deserialize(deserializer)?;
    match secrets.keys().find(|name| !is_secret_name(name)) {
        Some(wrong) => Err(de::Error::invalid_value(
            Unexpected::Str(wrong),
            &"the name of a secret, of letters, digits, `.`, `_` and `-`, and not with a dot at its beginning",
        )),
        None => Ok(secrets),
    }
}

/// Whether a file of this name may stand in the folder of secrets.
fn is_secret_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn below<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    let wrong = || de::Error::invalid_value(Unexpected::Str(&path), &"a path below the data path, such as cache or logs/*.log");
    let trimmed = path.trim_end_matches('/');
    if trimmed.trim().is_empty() || path.starts_with('/') { Err(wrong()) } else { Ok(trimmed.to_owned()) }
}

impl DrillFile {
    /// The JSON Schema of the format, for editors.
    pub fn schema() -> Schema {
        schemars::schema_for!(Self)
    }

    /// Reads a drill file. Its paths are then relative to the working folder.
    ///
    /// # Errors
    /// The file cannot be read, or is not of the format; with line and column.
    pub fn read(path: &Path) -> Result<Self, DrillFileError> {
        let text = std::fs::read_to_string(path).map_err(|source| DrillFileError::Read { path: path.to_owned(), source })?;
        let mut file = Self::parse(&text).map_err(|why| DrillFileError::format(path, why))?;
        file.beside(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(file)
    }

    /// Reads the text of a drill file; its paths stay as they are written.
    ///
    /// # Errors
    /// It is not of the format: why, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let at = |place: Location, why: &str| format!("line {} column {}: {why}", place.line(), place.column());
        if file.database.is_some() {
            return Ok(file);
        }
        match (&file.restore, &file.fingerprint) {
            (Some(restore), _) if restore.value.script.is_none() => Err(at(
                restore.referenced,
                "without a `script` the drill restores what it can open itself, and nothing is to be said of it: give `restore: {script: …}`",
            )),
            (None, Some(fingerprint)) => Err(at(
                fingerprint.referenced,
                "the fingerprint is asked of a restored machine, which a restore script makes: give `restore: {script: …}`",
            )),
            (Some(restore), None) if restore.value.tree == Some(false) => {
                Err(at(restore.referenced, "with `tree: false` nothing is compared: give a `fingerprint`"))
            }
            _ => Ok(file),
        }
    }

    /// Whether what is at the data path of a restored machine is compared with the data.
    pub fn compares_tree(&self) -> bool {
        self.restore().and_then(|restore| restore.tree).unwrap_or(self.database.is_none())
    }

    /// The bucket that backups go to.
    pub fn bucket(&self) -> Option<&str> {
        self.bucket.as_ref().map(|bucket| bucket.0.as_str())
    }

    /// How the backup is restored.
    pub fn restore(&self) -> Option<&Restore> {
        self.restore.as_ref().map(|restore| &restore.value)
    }

    /// The command that says whether a restored machine is as the one before.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_ref().map(|fingerprint| fingerprint.value.0.as_str())
    }

    /// Puts `folder` before each relative path.
    fn beside(&mut self, folder: &Path) {
        let join = |path: &mut PathBuf| *path = folder.join(&*path);
        let single =
            [&mut self.template, &mut self.data.folder, &mut self.operator_policy, &mut self.seed, &mut self.machine.rootfs];
        single.into_iter().flatten().for_each(join);
        self.existing.iter_mut().for_each(join);
        if let Some(Spanned { value: restore, .. }) = &mut self.restore {
            restore.script.iter_mut().for_each(join);
            restore.secrets.values_mut().for_each(join);
        }
    }
}
