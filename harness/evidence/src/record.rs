//! The record of a drill, which stands by itself.

use nightproof_drill::{Budgets, DrillResult, Numbers, Outcome, spoken};
use nightproof_journal::StepOutcome;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::check;
use crate::journal_digest::JournalFacts;

/// Version of the form of [`Record`].
pub(crate) const VERSION: u32 = 1;

/// The evidence of a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Evidence of a drill by nightproof")]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of this form.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What made it.
    pub product: Product,
    /// Where and when, and as whom.
    pub drill: DrillFacts,
    /// What was drilled.
    pub template: Template,
    /// `passed`, `failed`, `not_supported`, `interrupted`.
    pub result: String,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weakness: Option<Weakness>,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// What was measured against what was allowed.
    pub budgets: Vec<Budget>,
    /// What did not break the drill and should be mended.
    pub findings: Vec<Finding>,
    /// What the stack's roles and the operator tried against the archives; nothing if nobody tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<Vec<Attempt>>,
    /// What was made wrong on purpose, and who noticed; nothing if it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controls: Option<Vec<Control>>,
    /// What the comparison left out, and why.
    pub left_out: Vec<LeftOut>,
    /// What the local region does not do, so that it was not looked at.
    pub not_looked_at: Vec<String>,
    /// Who was notified of the nights, where a local region knows.
    pub told: Vec<String>,
    /// The drill's journal.
    pub journal: JournalFacts,
}

/// What made a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Where and when a drill was, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillFacts {
    /// Its id.
    pub run: String,
    /// `embedded`, `localstack`: a region on this machine, not AWS; `aws`.
    pub cloud: String,
    /// The account; one made up where the region is local.
    pub account: String,
    /// ARN of who drilled.
    pub caller: String,
    /// RFC 3339, by the clock of the machine that it ran on.
    pub began: String,
    /// Likewise.
    pub ended: String,
    /// As many nights were begun.
    pub nights: u64,
}

/// What was drilled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its file, as it was named.
    pub name: String,
    /// SHA-256 of its text, in hexadecimal digits.
    pub sha256: String,
    /// The commit of git that its folder was at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
}

/// A commit of git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// Whether the template differs from what is committed.
    pub changed: bool,
}

/// Where and why a drill did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weakness {
    /// The hop of the chain that broke, or another point.
    pub point: String,
    /// Why.
    pub reason: String,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The drill's step.
    pub step: String,
    /// What it checks.
    pub what: String,
    /// Which night, from 1.
    pub night: u32,
    /// `passed`, `failed`, `skipped`.
    pub result: String,
    /// What was seen.
    pub seen: String,
}

/// A number against its budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// `RTO`, `RPO`, `change in size`.
    pub number: String,
    /// What was measured; nothing if it could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
    /// What was allowed, if something was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
    /// `held`, `over`, `not measured`; nothing where nothing was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its stable name.
    pub id: String,
    /// In a sentence.
    pub detail: String,
}

/// A call against the archives, or what protects them, that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Who tried: a role, `operator`.
    pub by: String,
    /// The action, as policies name it.
    pub call: String,
    /// On what.
    pub on: String,
    /// `refused`, `withstood`, `untried`, `weakened`, `hidden`, `copied`, `destroyed`.
    pub effect: String,
    /// In a sentence; empty if the call was refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The statements that allowed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_by: Vec<String>,
}

/// A negative control: a backup that goes wrong on purpose, which the drill has to notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its name.
    pub id: String,
    /// What was done.
    pub title: String,
    /// `noticed`, `noticed elsewhere`, `NOT NOTICED`, `not tried`, `does not apply`.
    pub result: String,
    /// Where the drill noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why the drill failed, why it should have, or why it was not tried.
    pub reason: String,
    /// Who else was notified.
    pub told: Vec<String>,
}

/// Something that the comparison left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Below the data path.
    pub path: String,
    /// Why.
    pub reason: String,
    /// As many entries of the data.
    pub entries: u64,
}

impl Attempt {
    fn new(attempt: &nightproof_drill::Attempt) -> Self {
        Self {
            by: attempt.by.clone(),
            call: attempt.call.clone(),
            on: attempt.on.clone(),
            effect: attempt.effect.to_string(),
            detail: attempt.detail.clone(),
            allowed_by: attempt.allowed_by.clone(),
        }
    }
}

impl Template {
    /// A template of this name and text.
    pub fn new(name: String, text: &str, commit: Option<Commit>) -> Self {
        Self { name, sha256: hex::encode(Sha256::digest(text)), commit }
    }
}

impl Record {
    /// The JSON Schema of its form.
    pub fn schema() -> Schema {
        schemars::schema_for!(Self)
    }

    /// The evidence of a drill that came to `outcome`, held to `budgets`.
    pub fn new(
        outcome: &Outcome,
        product: Product,
        drill: DrillFacts,
        template: Template,
        budgets: &Budgets,
        journal: JournalFacts,
    ) -> Self {
        let checks = outcome.steps.iter().filter_map(|step| {
            Some(Check {
                step: step.step.to_string(),
                what: check::of_step(step.step)?.to_owned(),
                night: step.night,
                result: match step.outcome {
                    StepOutcome::Passed => "passed",
                    StepOutcome::Failed => "failed",
                    StepOutcome::Skipped => "skipped",
                }
                .to_owned(),
                seen: step.detail.clone(),
            })
        });
        let lacking = outcome.not_supported.iter().map(|item| format!("{item} is not supported"));
        let recorded = outcome.recorded.iter().map(|item| format!("{item} is a record, behind which nothing runs"));
        let guessed = outcome.guessed.iter().map(|one| format!("the value of the parameter {} is made up", one.parameter));
        Self {
            version: VERSION,
            product,
            drill: DrillFacts { run: outcome.run.clone(), nights: outcome.nights.len() as u64, ..drill },
            template,
            result: result(outcome.result).to_owned(),
            weakness: outcome
                .failure
                .as_ref()
                .map(|failure| Weakness { point: failure.point.to_string(), reason: failure.reason.clone() }),
            checks: checks.collect(),
            budgets: held(&outcome.numbers, budgets),
            findings: outcome.findings.iter().map(|one| Finding { id: one.id.clone(), detail: one.detail.clone() }).collect(),
            attack: outcome.attack.as_ref().map(|attack| attack.attempts.iter().map(Attempt::new).collect()),
            controls: None,
            left_out: outcome
                .ignored
                .iter()
                .map(|one| LeftOut { path: one.path.clone(), reason: one.reason.clone(), entries: one.entries })
                .collect(),
            not_looked_at: lacking.chain(recorded).chain(guessed).collect(),
            told: outcome.notifications.iter().filter(|sent| sent.night > 0).map(|sent| sent.whole()).collect(),
            journal,
        }
    }

    /// With the negative controls of the stack.
    #[must_use]
    pub fn with_controls(mut self, controls: Vec<Control>) -> Self {
        self.controls = Some(controls);
        self
    }

    /// Reads the text of a record.
    ///
    /// # Errors
    /// It is none, or of another version: why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let record: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if record.version == VERSION {
            Ok(record)
        } else {
            Err(format!("its version is {}, and {VERSION} is known", record.version))
        }
    }

    /// Whether it was a region on somebody's machine, and not AWS.
    pub(crate) fn is_local(&self) -> bool {
        self.drill.cloud != "aws"
    }
}

/// The word for a result.
const fn result(result: DrillResult) -> &'static str {
    match result {
        DrillResult::Passed => "passed",
        DrillResult::Failed => "failed",
        DrillResult::NotSupported => "not_supported",
        DrillResult::Interrupted => "interrupted",
    }
}

/// Each number that was measured, or that was to be held.
fn held(numbers: &Numbers, budgets: &Budgets) -> Vec<Budget> {
    let over = |measured: Option<bool>| match measured {
        None => "not measured",
        Some(true) => "over",
        Some(false) => "held",
    };
    let line = |number: &str, measured: Option<String>, allowed: Option<String>, is_over: Option<bool>| {
        let result = allowed.as_ref().map(|_| over(is_over).to_owned());
        (measured.is_some() || allowed.is_some()).then(|| Budget { number: number.to_owned(), measured, allowed, result })
    };
    let rto = numbers.rto.as_ref();
    let rpo = numbers.rpo.as_ref();
    let rto_over = rto.zip(budgets.rto).map(|(rto, budget)| rto.milliseconds > budget.as_secs_f64() * 1000.0);
    let rpo_over = rpo.zip(budgets.rpo).map(|(rpo, budget)| rpo.seconds > budget.as_secs());
    let age = numbers.age.as_ref();
    let age_over = age.zip(budgets.rpo).map(|(age, budget)| age.seconds.is_none_or(|seconds| seconds > budget.as_secs()));
    // The age of the newest archive is held against the same budget.
    let rpo_allowed = budgets.rpo.filter(|_| rpo.is_some() || age.is_none());
    let size_over = numbers.size_change.zip(budgets.size_change).map(|(change, budget)| change > budget);
    let percent = |percent: f64| format!("{percent:.1} %");
    [
        line("RTO", rto.map(ToString::to_string), budgets.rto.map(spoken), rto_over),
        line("RPO", rpo.map(ToString::to_string), rpo_allowed.map(spoken), rpo_over),
        line("newest archive", age.map(ToString::to_string), age.and(budgets.rpo).map(spoken), age_over),
        line("change in size", numbers.size_change.map(percent), budgets.size_change.map(percent), size_over),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use boon::{Compiler, Schemas};
    use nightproof_drill::{Attack, AttackEffect, Failure, FailurePoint, Finding as DrillFinding, Hop, Rto, Step, StepTime};

    use super::*;

    fn outcome() -> Outcome {
        let step = |step, outcome| StepTime { step, night: 1, milliseconds: 1.0, outcome, detail: "288 entries".to_owned() };
        Outcome {
            version: 2,
            run: "0a1b2c3d".to_owned(),
            stack: "nightproof-0a1b2c3d".to_owned(),
            result: DrillResult::Failed,
            failure: Some(Failure {
                point: FailurePoint::Hop(Hop::Restore),
                reason: "it does not restore <script>".to_owned(),
                evidence: Vec::new(),
            }),
            not_supported: Vec::new(),
            recorded: vec!["`AWS::RDS::DBInstance` (Db)".to_owned()],
            guessed: vec![nightproof_drill::Guessed { parameter: "Vpc".to_owned(), value: None }],
            absent: Vec::new(),
            parts: Vec::new(),
            archive: None,
            nights: vec![nightproof_drill::Night { night: 1, ..Default::default() }],
            findings: vec![DrillFinding { id: "open-port".to_owned(), detail: "22".to_owned() }],
            ignored: vec![nightproof_drill::LeftOut { path: "cache".to_owned(), reason: "made anew".to_owned(), entries: 3 }],
            numbers: Numbers {
                rto: Some(Rto { milliseconds: 350.0, night: 1, local: true, parts: Vec::new() }),
                ..Numbers::default()
            },
            notifications: Vec::new(),
            not_applicable: None,
            attack: Some(Attack {
                attempts: vec![nightproof_drill::Attempt {
                    by: "role InstanceRole".to_owned(),
                    call: "s3:PutObject".to_owned(),
                    on: "s3://archives/site.tgz".to_owned(),
                    effect: AttackEffect::Hidden,
                    detail: "a new version is in its place".to_owned(),
                    allowed_by: vec!["InstanceRole, line 80".to_owned()],
                }],
            }),
            leftovers: Vec::new(),
            steps: vec![
                step(Step::Pack, StepOutcome::Passed),
                step(Step::Deploy, StepOutcome::Passed),
                step(Step::Restore, StepOutcome::Failed),
            ],
        }
    }

    /// A record of a drill that ended on this day.
    pub(crate) fn record(day: &str) -> Record {
        let product = Product { name: "nightproof".to_owned(), version: "0.1.0".to_owned() };
        let drill = DrillFacts {
            cloud: "embedded".to_owned(),
            account: "123456789012".to_owned(),
            caller: "arn:aws:iam::123456789012:root".to_owned(),
            began: format!("{day}T02:59:00Z"),
            ended: format!("{day}T03:00:00Z"),
            ..DrillFacts::default()
        };
        let template = Template { name: "backup.yaml".to_owned(), sha256: "ab".repeat(32), commit: None };
        let budgets =
            Budgets { rto: Some(Duration::from_millis(300)), rpo: Some(Duration::from_secs(93_600)), ..Budgets::default() };
        let journal = JournalFacts { sha256: "cd".repeat(32), lines: 12 };
        let controls = vec![Control {
            id: "archive-missing".to_owned(),
            title: "the archive is gone".to_owned(),
            result: "noticed".to_owned(),
            at: Some("at object".to_owned()),
            reason: "no new object <b>".to_owned(),
            told: vec!["topic BackupAlarms".to_owned()],
        }];
        Record::new(&outcome(), product, drill, template, &budgets, journal).with_controls(controls)
    }

    #[test]
    fn a_record_has_checks_numbers_and_what_was_not_looked_at() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&record("2026-11-29")).unwrap());
    }

    #[test]
    fn a_record_is_of_its_schema_and_reads_as_what_it_was() {
        let record = record("2026-11-29");
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(Record::parse(&text), Ok(record));
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("evidence.json", Record::schema().to_value()).unwrap();
        let schema = compiler.compile("evidence.json", &mut schemas).unwrap();
        assert!(schemas.validate(&serde_json::from_str(&text).unwrap(), schema).is_ok());
        let other = text.replacen("\"version\":1", "\"version\":2", 1);
        assert!(schemas.validate(&serde_json::from_str(&other).unwrap(), schema).is_err());
        assert!(Record::parse(&other).unwrap_err().contains("version is 2"));
    }
}
