//! The arrows between crates, as ARCHITECTURE.md draws them, and the licences of what we depend on.

use serde::Deserialize;
use serde_json::Value;

use crate::step::{self, StepError};

/// Which of our crates each of our crates may use. Each service may use [`SERVICE`].
const ARROWS: &[(&str, &[&str])] = &[
    ("nightproof-wire", &[]),
    ("nightproof-wildcard", &[]),
    ("nightproof-event-pattern", &["nightproof-wildcard"]),
    ("nightproof-poll", &[]),
    ("nightproof-schedule", &[]),
    ("nightproof-iam-policy", &["nightproof-wildcard"]),
    ("nightproof-template", &[]),
    ("nightproof-parameters", &["nightproof-template"]),
    ("nightproof-journal", &[]),
    ("nightproof-network", &[]),
    ("nightproof-machine-image", &[]),
    ("nightproof-machine-protocol", &[]),
    ("nightproof-registry", &[]),
    ("nightproof-session-channel", &[]),
    (
        "nightproof-guest",
        &["nightproof-machine-image", "nightproof-machine-protocol", "nightproof-schedule", "nightproof-session-channel"],
    ),
    ("nightproof-machine", &["nightproof-journal", "nightproof-machine-image", "nightproof-machine-protocol", "nightproof-poll"]),
    ("nightproof-connection", &[]),
    ("nightproof-vpc-link", &["nightproof-core", "nightproof-machine-protocol"]),
    ("nightproof-core", &["nightproof-iam-policy", "nightproof-journal", "nightproof-wire"]),
    ("nightproof-store", &["nightproof-core", "nightproof-wire"]),
    ("nightproof-authorization", &["nightproof-core", "nightproof-iam-policy", "nightproof-journal"]),
    ("nightproof-faults", &["nightproof-core", "nightproof-journal", "nightproof-wildcard"]),
    (
        "nightproof-gateway",
        &["nightproof-connection", "nightproof-core", "nightproof-faults", "nightproof-journal", "nightproof-wire"],
    ),
    ("nightproof-test-region", &["nightproof-core", "nightproof-faults", "nightproof-gateway", "nightproof-resource"]),
    ("nightproof-resource", &["nightproof-core", "nightproof-poll", "nightproof-wire"]),
    (
        "nightproof-cloudformation",
        &[
            "nightproof-core",
            "nightproof-journal",
            "nightproof-registry",
            "nightproof-resource",
            "nightproof-template",
            "nightproof-wildcard",
        ],
    ),
    (
        "nightproof-console",
        &[
            "nightproof-connection",
            "nightproof-core",
            "nightproof-faults",
            "nightproof-gateway",
            "nightproof-journal",
            "nightproof-machine",
            "nightproof-region",
        ],
    ),
    (
        "nightproof-region",
        &[
            ANY_SERVICE,
            "nightproof-authorization",
            "nightproof-cloudformation",
            "nightproof-core",
            "nightproof-faults",
            "nightproof-gateway",
            "nightproof-guest",
            "nightproof-journal",
            "nightproof-machine",
            "nightproof-resource",
            "nightproof-store",
            "nightproof-vpc-link",
            "nightproof-wire",
        ],
    ),
    (
        "nightproof-drill",
        &[
            "nightproof-journal",
            "nightproof-network",
            "nightproof-poll",
            "nightproof-template",
            "nightproof-wildcard",
            "nightproof-wire",
        ],
    ),
    ("nightproof-drill-file", &["nightproof-machine-image", "nightproof-template"]),
    ("nightproof-evidence", &["nightproof-drill", "nightproof-journal"]),
    (
        "nightproof-audit",
        &[
            "nightproof-drill",
            "nightproof-iam-policy",
            "nightproof-journal",
            // AWS's managed policies, which the grants of a role are compared with.
            "nightproof-service-iam",
            "nightproof-template",
        ],
    ),
    ("nightproof-capture", &["nightproof-drill", "nightproof-template", "nightproof-wire"]),
    (
        "nightproof-incident",
        &[
            "nightproof-core",
            "nightproof-drill",
            "nightproof-drill-file",
            "nightproof-faults",
            "nightproof-journal",
            "nightproof-poll",
        ],
    ),
    ("nightproof-prove", &["nightproof-drill", "nightproof-journal"]),
    ("nightproof-report", &["nightproof-drill", "nightproof-journal", "nightproof-prove", "nightproof-template"]),
    (
        "nightproof",
        &[
            "nightproof-audit",
            "nightproof-capture",
            "nightproof-console",
            "nightproof-core",
            "nightproof-drill",
            "nightproof-drill-file",
            "nightproof-evidence",
            "nightproof-faults",
            "nightproof-guest",
            "nightproof-incident",
            "nightproof-journal",
            "nightproof-machine",
            "nightproof-parameters",
            "nightproof-prove",
            "nightproof-region",
            "nightproof-report",
            "nightproof-session-channel",
            "nightproof-store",
            "nightproof-template",
            // The names in calls that a test asks for.
            "nightproof-wildcard",
        ],
    ),
    ("nightproof-rstest", &["nightproof"]),
    (
        "nightproof-scenarios",
        &[
            "nightproof",
            "nightproof-core",
            "nightproof-drill",
            "nightproof-faults",
            "nightproof-journal",
            "nightproof-machine",
            "nightproof-poll",
            "nightproof-region",
            // The names of a template's grants.
            "nightproof-template",
            "nightproof-rstest",
        ],
    ),
    ("xtask", &["nightproof-poll", "nightproof-wildcard"]),
];

/// What names a crate of one service begin with.
const ANY_SERVICE: &str = "nightproof-service-";

/// What a service may use: never another one, nor gateway, policies or region.
const SERVICE: &[&str] = &[
    "nightproof-core",
    "nightproof-iam-policy",
    "nightproof-journal",
    "nightproof-registry",
    "nightproof-resource",
    "nightproof-wildcard",
    "nightproof-wire",
];

/// What some services may use beside.
const MORE: &[(&str, &[&str])] = &[
    ("nightproof-service-autoscaling", &["nightproof-schedule"]),
    ("nightproof-service-dynamodb", &["nightproof-poll"]),
    (
        "nightproof-service-ec2",
        &[
            "nightproof-connection",
            "nightproof-machine",
            "nightproof-machine-image",
            "nightproof-machine-protocol",
            "nightproof-network",
            "nightproof-vpc-link",
        ],
    ),
    ("nightproof-service-events", &["nightproof-event-pattern", "nightproof-schedule"]),
    (
        "nightproof-service-lambda",
        &[
            "nightproof-connection",
            "nightproof-event-pattern",
            "nightproof-machine",
            "nightproof-machine-protocol",
            "nightproof-vpc-link",
        ],
    ),
    ("nightproof-service-s3", &["nightproof-store"]),
    ("nightproof-service-scheduler", &["nightproof-schedule"]),
    ("nightproof-service-sns", &["nightproof-event-pattern"]),
    ("nightproof-service-sqs", &["nightproof-store"]),
    ("nightproof-service-ssm", &["nightproof-machine-image", "nightproof-schedule", "nightproof-session-channel"]),
];

/// What pure crates may not depend on: they decide, and leave acting to others.
const PURE: &[&str] = &[
    "nightproof-event-pattern",
    "nightproof-wire",
    "nightproof-wildcard",
    "nightproof-iam-policy",
    "nightproof-template",
    "nightproof-registry",
    "nightproof-journal",
    "nightproof-machine-image",
    "nightproof-machine-protocol",
    "nightproof-network",
    "nightproof-schedule",
];
const IMPURE: &[&str] = &["tokio", "hyper", "rustix", "nix", "tempfile", "ureq"];

/// The file whose list of licences holds here and for cargo-deny.
const DENY: &str = "deny.toml";

/// Packages that name a file instead of a licence, and what stands in it. cargo-deny recognizes the text.
const LICENCE_FILES: &[(&str, &str)] = &[("libyaml-safer", "MIT")];

/// What [`DENY`] allows; the rest of it is cargo-deny's.
#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    /// Licences that may be linked into a program under Apache-2.0.
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

/// Licences that one package alone may have.
#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

impl Licences {
    fn read() -> Result<Self, StepError> {
        let wrong = |error: &dyn std::fmt::Display| StepError::Found(format!("{DENY}: {error}"));
        let text = std::fs::read_to_string(DENY).map_err(|error| wrong(&error))?;
        let file: Deny = toml::from_str(&text).map_err(|error| wrong(&error))?;
        Ok(file.licenses)
    }

    fn allow(&self, package: &str, licence: &str) -> bool {
        let mut excepted = self.exceptions.iter().filter(|exception| exception.package == package);
        self.allow.iter().any(|one| one == licence) || excepted.any(|exception| exception.allow.iter().any(|one| one == licence))
    }
}

/// Checks all arrows and licences; names every offence.
pub(crate) fn check() -> Result<(), StepError> {
    let text = step::output(step::cargo_command().args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_slice(&text).map_err(|error| StepError::Found(format!("cargo metadata: {error}")))?;
    let licences = Licences::read()?;
    let mut offences = Vec::new();
    for package in metadata.get("packages").and_then(Value::as_array).into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        match allowed(name) {
            Some(allowed) => offences.extend(wrong_arrows(name, &allowed, package)),
            None => offences.extend(wrong_licence(&licences, name, package)),
        }
    }
    if offences.is_empty() { Ok(()) } else { Err(StepError::Found(offences.join("\n"))) }
}

/// What a crate of ours may use; `None` for one that is not ours.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    let of = |table: &[(&str, &'static [&'static str])]| {
        table.iter().find(|(ours, _)| *ours == name).map(|(_, allowed)| allowed.to_vec())
    };
    if name.starts_with(ANY_SERVICE) {
        return Some(SERVICE.iter().copied().chain(of(MORE).unwrap_or_default()).collect());
    }
    of(ARROWS)
}

fn wrong_arrows(name: &str, allowed: &[&str], package: &Value) -> Vec<String> {
    let normal = package["dependencies"].as_array().into_iter().flatten().filter(|dependency| dependency["kind"].is_null());
    normal
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|dependency| {
            let ours = self::allowed(dependency).is_some();
            let fits = |one: &&str| one == dependency || (*one == ANY_SERVICE && dependency.starts_with(ANY_SERVICE));
            (ours && !allowed.iter().any(fits)) || (PURE.contains(&name) && IMPURE.contains(dependency))
        })
        .map(|dependency| format!("{name} must not depend on {dependency}"))
        .collect()
}

fn wrong_licence(licences: &Licences, name: &str, package: &Value) -> Option<String> {
    let in_file = || LICENCE_FILES.iter().find(|(of, _)| *of == name).map(|(_, licence)| *licence);
    let licence = package["license"].as_str().or_else(in_file).unwrap_or("none");
    let fits = |expression: &str| {
        expression.trim_matches(['(', ')', ' ']).split(" AND ").all(|one| licences.allow(name, one.trim_matches(['(', ')', ' '])))
    };
    let normal = licence.replace('/', " OR ");
    // `(A OR B) AND C` is fine when C and one of A, B are.
    let fine = normal.split(" OR ").any(fits) || normal.split(" AND ").all(|part| part.split(" OR ").any(fits));
    (!fine).then(|| format!("{name}: licence `{licence}` is not on the list of {DENY}"))
}
