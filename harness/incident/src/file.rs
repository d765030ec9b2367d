//! The format of incident files; `docs/incidents.md` explains it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nightproof_drill_file::member;
use nightproof_faults::{InsertedCall, InstanceFault, Rule};
use schemars::{JsonSchema, Schema};
use serde::de;
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use crate::IncidentError;
use crate::expectation::{Expectation, Members};

/// A disk of a size is in memory.
const MOST_DISK_MIB: u64 = 4096;

/// An incident.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(title = "Incident file of nightproof")]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Version of the format.
    #[serde(rename = "version", deserialize_with = "member::version")]
    #[schemars(range(min = 1, max = 1))]
    _version: u32,
    /// In a sentence.
    pub title: String,
    /// Where it was reported: `owner/repository#number`, or an address.
    pub source: String,
    /// Who could have noticed, and how. For the reader.
    #[serde(rename = "noticed_by")]
    _noticed_by: String,
    /// A drill file, beside this file, for what this file does not say itself; nights are this file's.
    drill: Option<PathBuf>,
    /// The template, beside this file; the bundled stack if there is none.
    template: Option<PathBuf>,
    /// What is different in the template.
    #[serde(default)]
    replace: Vec<Replacement>,
    /// Parameters of the stack.
    #[serde(default)]
    #[schemars(schema_with = "member::scalars")]
    pub parameters: BTreeMap<String, String>,
    /// Data of the web server, beside this file; made up if there is none.
    data: Option<PathBuf>,
    /// The folder on instances that the data goes to, if it is another than usual.
    pub data_path: Option<String>,
    /// How many nights in a row.
    #[serde(default = "one", deserialize_with = "member::nights")]
    #[schemars(range(min = 1, max = 366))]
    pub nights: u32,
    /// Where alone it shows.
    pub(crate) machine: Option<Kind>,
    /// The first night in which `before` happens and `faults` hold.
    #[serde(default = "first")]
    #[schemars(with = "Option<u32>", range(min = 1))]
    first_night: Spanned<u32>,
    /// Size of instances' disks, MiB.
    #[serde(default, deserialize_with = "disk_mib")]
    #[schemars(range(min = 1, max = 4096))]
    pub disk_mib: Option<u64>,
    /// Whether the region's clock goes on to the delivery time-out of a command that no instance has fetched for half a minute.
    #[serde(default)]
    pub(crate) skip_delivery: bool,
    /// What happens before the rule's time comes, each night.
    #[serde(default)]
    pub(crate) before: Vec<Action>,
    /// What goes wrong from then on.
    #[serde(default)]
    pub(crate) faults: Vec<Rule>,
    /// What shows.
    #[schemars(with = "Members")]
    pub(crate) expect: Expectation,
}

fn one() -> u32 {
    1
}

fn first() -> Spanned<u32> {
    Spanned::new(1, Location::UNKNOWN, Location::UNKNOWN)
}

fn disk_mib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let size = Option::<u64>::deserialize(deserializer)?;
    match size {
        Some(wrong) if !(1..=MOST_DISK_MIB).contains(&wrong) => {
            Err(de::Error::custom(format!("disk_mib is {wrong}, and may be 1 to {MOST_DISK_MIB}")))
        }
        _ => Ok(size),
    }
}

/// A kind of machine that an incident cannot do without.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Its root may mount, and a container's may not.
    Sandbox,
}

/// A text of the template that is there once, and another in its place.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Replacement {
    old: String,
    new: String,
}

/// Something that is done.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    /// A call by the account's root user; `${LogicalId}` in its input is the resource's physical id.
    Call(InsertedCall),
    /// A shell script, run as root on each instance.
    Script(String),
    /// Befalls each instance of the stack.
    Instance(InstanceFault),
}

/// Reads the `faults` of a file that has nothing else.
///
/// # Errors
/// The file cannot be read, or is not of the format; with line and column.
pub fn read_faults(path: &Path) -> Result<Vec<Rule>, IncidentError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Faults {
        faults: Vec<Rule>,
    }
    let file: Result<Faults, _> = serde_saphyr::from_str(&text(path)?);
    file.map(|file| file.faults).map_err(|error| IncidentError::format(path, error.to_string()))
}

fn text(path: &Path) -> Result<String, IncidentError> {
    std::fs::read_to_string(path).map_err(|source| IncidentError::Read { path: path.to_owned(), source })
}

impl Incident {
    /// The JSON Schema of the format, for editors.
    pub fn schema() -> Schema {
        schemars::schema_for!(Self)
    }

    /// Reads an incident file.
    ///
    /// # Errors
    /// The file cannot be read, or is not of the format; with line and column.
    pub fn read(path: &Path) -> Result<Self, IncidentError> {
        Self::parse(&text(path)?).map_err(|why| IncidentError::format(path, why))
    }

    /// Reads the text of an incident.
    ///
    /// # Errors
    /// It is not of the format: why, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let incident: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let Spanned { value: first, referenced: at, .. } = incident.first_night;
        if !(1..=incident.nights).contains(&first) {
            let (line, column, nights) = (at.line(), at.column(), incident.nights);
            return Err(format!(
                "line {line} column {column}: first_night is {first}, and may be 1 to {nights}, the nights that there are"
            ));
        }
        Ok(incident)
    }

    /// The first night in which `before` happens and `faults` hold.
    pub(crate) fn first_night(&self) -> u32 {
        self.first_night.value
    }

    /// Whether programs of instances must load a library for it.
    pub fn is_interposed(&self) -> bool {
        let before = |action: &Action| matches!(action, Action::Instance(fault) if fault.is_interposed());
        self.before.iter().any(before) || self.faults.iter().any(Rule::is_interposed)
    }

    /// The drill file, beside the incident's own `path`.
    pub fn drill_file(&self, path: &Path) -> Option<PathBuf> {
        self.drill.as_ref().map(|name| beside(path, name))
    }

    /// The template's file, beside the incident's own `path`; `None` stands for the bundled stack.
    pub fn template_file(&self, path: &Path) -> Option<PathBuf> {
        self.template.as_ref().map(|name| beside(path, name))
    }

    /// The folder of the web server's data, beside the incident's own `path`; `None` stands for generated data.
    pub fn data_folder(&self, path: &Path) -> Option<PathBuf> {
        self.data.as_ref().map(|name| beside(path, name))
    }

    /// The template's text with what is different in this incident, whose file is `path`.
    ///
    /// # Errors
    /// A text to be replaced is not in the template once.
    pub fn replaced(&self, path: &Path, mut template: String) -> Result<String, IncidentError> {
        for Replacement { old, new } in &self.replace {
            let times = template.matches(old.as_str()).count();
            if times != 1 {
                let why = format!("the template has this text {times} times, not once: {old}");
                return Err(IncidentError::format(path, why));
            }
            template = template.replacen(old.as_str(), new, 1);
        }
        Ok(template)
    }

    /// Refuses an incident that cannot happen where instances are containers.
    ///
    /// # Errors
    /// What it needs and a container lacks.
    pub fn check_in_containers(&self) -> Result<(), IncidentError> {
        match self {
            Self { disk_mib: Some(_), .. } => Err(IncidentError::DiskInContainers),
            Self { machine: Some(Kind::Sandbox), .. } => Err(IncidentError::MountInContainers),
            incident if incident.is_interposed() => Err(IncidentError::InterposedInContainers),
            _ => Ok(()),
        }
    }
}

fn beside(path: &Path, name: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new(".")).join(name)
}

#[cfg(test)]
mod tests {
    use boon::{Compiler, Schemas};
    use rstest::rstest;
    use serde_json::Value;

    use super::*;

    /// Whether the schema takes the text.
    fn is_of_schema(text: &str) -> bool {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("incident.json", Incident::schema().to_value()).unwrap();
        let schema = compiler.compile("incident.json", &mut schemas).unwrap();
        schemas.validate(&document, schema).is_ok()
    }

    #[test]
    fn the_schema_takes_all_incidents_of_the_library() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/incidents");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
        assert!(files.len() > 40, "{files:?}");
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(Incident::parse(&text).is_ok() && is_of_schema(&text), "{}", path.display());
        }
    }

    #[rstest]
    #[case::an_unknown_member("nigths: 2")]
    #[case::too_many_nights("nights: 367")]
    #[case::an_unknown_effect("faults: [{when: {}, then: {explode: 1}}]")]
    #[case::a_status_that_is_no_error("faults: [{when: {}, then: {error: {code: C, status: 200}}}]")]
    #[case::a_processor_of_nothing("before: [{instance: {cpu_percent: 0}}]")]
    #[case::two_effects_in_one("faults: [{when: {}, then: {delay: 1, error: {code: C}}}]")]
    fn what_is_refused_is_refused_by_the_schema_too(#[case] line: &str) {
        let text =
            |line: &str| format!("version: 1\ntitle: t\nsource: s\nnoticed_by: somebody\n{line}\nexpect: {{result: passed}}\n");
        assert!(Incident::parse(&text("")).is_ok() && is_of_schema(&text("")));
        assert!(Incident::parse(&text(line)).is_err(), "{line}");
        assert!(!is_of_schema(&text(line)), "{line}");
    }
}
