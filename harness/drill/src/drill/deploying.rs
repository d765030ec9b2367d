//! How a drill gets its stack and its machines.

use nightproof_journal::{Event, MISSING_PACKAGE, NOT_ACTED_UPON, OTHER_RUNTIME, OTHER_SHELL, RUNTIME_LIFECYCLE};

use crate::account::dynamic_client::DynamicClient;
use crate::account::resources::Resources;
use crate::account::template_source;
use crate::chain::failure::HopFailure;
use crate::cleanup::destroy::ExistingStacks;
use crate::native::Audit;
use crate::steps::{boot, deploy, existing, package};
use crate::{Existing, Finding, Plan, Step};

use super::Drill;

impl Drill {
    pub(super) async fn deploy(&self) -> Result<Resources, HopFailure> {
        let plan = self.submit().await?;
        self.note(|state| state.made.stack = Some(self.stack.clone()));
        let resources = self
            .step(Step::Deploy, 1, deploy::deploy(&self.client, plan, &self.stack), |made| format!("{} resources", made.len()))
            .await?;
        for resource in resources.all() {
            self.journal.record(Event::Resource {
                logical_id: resource.logical.clone(),
                kind: resource.kind.clone(),
                physical_id: resource.physical.clone(),
            });
        }
        if let Some(local) = &self.local {
            local.deployed().await;
        }
        Ok(resources)
    }

    /// Makes what exists already, and uploads what the template names. Returns what is submitted then.
    async fn submit(&self) -> Result<&Plan, HopFailure> {
        let mut plan = self.plan.clone();
        if let Some(existing) = &self.plan.provisions.existing {
            plan.parameters.extend(self.existing(existing).await?);
        }
        if let Some(package) = &self.plan.provisions.package {
            self.note(|state| state.made.seed_bucket = Some(self.plan.seed_bucket()));
            let packaged = package::package(&self.client, &self.plan, package.as_ref());
            plan.template = self
                .step(Step::Package, 1, packaged, |_| format!("what the template names is in s3://{}", self.plan.seed_bucket()))
                .await?;
        }
        if template_source::is_large(&plan.template) {
            self.note(|state| state.made.seed_bucket = Some(self.plan.seed_bucket()));
        }
        Ok(self.submitted.get_or_init(|| plan))
    }

    /// Makes what exists already. Returns the parameters that are its outputs.
    async fn existing(&self, existing: &Existing) -> Result<Vec<(String, String)>, HopFailure> {
        let client = DynamicClient::new(&existing.endpoint);
        self.note(|state| {
            state.made.existing = Some(ExistingStacks { client: client.clone(), names: Vec::new() });
            if existing.stacks.iter().any(|one| template_source::is_large(&one.template)) {
                state.made.seed_bucket = Some(self.plan.seed_bucket());
            }
        });
        let begun = |name| {
            self.note(|state| {
                if let Some(existing) = &mut state.made.existing {
                    existing.names.push(name);
                }
            });
        };
        let labels: Vec<&str> = existing.stacks.iter().map(|one| one.label.as_str()).collect();
        let deployed = existing::deploy(&client, existing, &self.plan, begun);
        let values = self
            .step(Step::Existing, 1, deployed, |values: &Vec<(String, String)>| {
                let given = values.iter().map(|(name, value)| format!("{name}={value}"));
                std::iter::once(labels.join(", ")).chain(given).collect::<Vec<_>>().join("; ")
            })
            .await?;
        self.note(|state| {
            for guessed in state.guessed.iter_mut().filter(|guessed| guessed.value.is_none()) {
                let made = values.iter().find(|(name, _)| *name == guessed.parameter);
                guessed.value = made.map(|(_, value)| value.clone());
            }
        });
        Ok(values)
    }

    /// Has the template deployed by the other CloudFormation too, and compares.
    pub(super) async fn audit(&self, audit: &Audit, resources: &Resources) -> Result<(), HopFailure> {
        let audited = self
            .step(Step::Audit, 1, audit.deploy(&self.client, self.submitted(), &self.stack, resources), |audited| {
                let mended = if audited.mended.is_empty() { String::new() } else { format!(", {} mended", audited.mended.len()) };
                format!("{} properties compared with what the native CloudFormation made{mended}", audited.compared)
            })
            .await?;
        for (id, text) in audited.told() {
            self.journal.record(Event::Finding { id: id.to_owned(), detail: text });
        }
        Ok(())
    }

    pub(super) async fn boot(&self, resources: &Resources) -> Result<Vec<String>, HopFailure> {
        let booted = self
            .step(Step::Boot, 1, boot::boot(&self.client, &self.plan.template, resources, self.timeouts), |found| {
                found.join(", ")
            })
            .await;
        self.adopt_findings();
        booted
    }

    /// Takes over what the region has found of its machines and functions, which is in the journal already.
    fn adopt_findings(&self) {
        for record in self.journal.records() {
            match record.event {
                Event::Finding { id, detail }
                    if [OTHER_SHELL, OTHER_RUNTIME, RUNTIME_LIFECYCLE, MISSING_PACKAGE, NOT_ACTED_UPON]
                        .contains(&id.as_str()) =>
                {
                    self.note(|state| state.findings.push(Finding { id, detail }));
                }
                _ => {}
            }
        }
    }
}
