//! A job of an instance's own cron or timers: which there are, and what a run of one came to.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::account::dynamic_client::DynamicClient;
use crate::account::instances;
use crate::account::resources::Resources;
use crate::chain::failure::HopFailure;
use crate::steps::rule::{Rule, Starts};
use crate::{Hop, InstanceJobs, JobRun, Local};

/// For user data to end.
const BOOT_BOUND: Duration = Duration::from_secs(600);
/// For a script to end.
const SCRIPT_BOUND: Duration = Duration::from_secs(7200);
/// What a shell exits with that does not find a program.
const NOT_FOUND: i32 = 127;

/// Jobs of the stack's instances.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    /// Those that are due some time, each once however many instances have it.
    pub(crate) found: Vec<Rule>,
    /// The others, and what is no job though somebody may have meant it to be one, each with the reason.
    pub(crate) others: Vec<String>,
}

/// What the stack's instances start by their own clocks.
///
/// `is_alone` says that nothing else starts a backup: then user data, which may make a job, is waited for.
pub(crate) async fn find(
    client: &DynamicClient,
    local: &dyn Local,
    resources: &Resources,
    is_alone: bool,
) -> Result<Jobs, HopFailure> {
    let present = instances::present(client, resources).await?;
    let bound = if is_alone { BOOT_BOUND } else { Duration::ZERO };
    let found = nightproof_poll::try_until(bound, || async {
        let mut all = local.instance_jobs().await;
        all.retain(|one| present.contains(&one.instance));
        Ok::<_, HopFailure>(if all.iter().all(|one| one.booted) { Ok(jobs(all.iter())) } else { Err(jobs(all.iter())) })
    });
    Ok(found.await?.unwrap_or_else(|unfinished| unfinished))
}

fn jobs<'a>(all: impl Iterator<Item = &'a InstanceJobs>) -> Jobs {
    let mut jobs = Jobs::default();
    let mut add_other = |text: String| {
        if !jobs.others.contains(&text) {
            jobs.others.push(text);
        }
    };
    let mut found: BTreeMap<&str, Rule> = BTreeMap::new();
    for one in all {
        one.ignored.iter().for_each(|ignored| add_other(format!("on {}: {ignored}", one.instance)));
        for job in &one.jobs {
            if let Some(idle) = &job.idle {
                add_other(format!("{} on {}: {idle}", job.place, one.instance));
                continue;
            }
            if job.next.is_none() {
                add_other(format!("{} on {}: `{}` names a time that never comes", job.place, one.instance, job.schedule));
                continue;
            }
            let rule = found.entry(&job.id).or_insert_with(|| Rule {
                logical: job.place.split(',').next().unwrap_or_default().to_owned(),
                name: job.place.clone(),
                arn: job.id.clone(),
                schedule: job.schedule.clone(),
                starts: Starts::Job { by: job.by.clone(), command: job.command.clone(), instances: Vec::new() },
                by_role: false,
                dead_letters: None,
                window: None,
                input: format!("{}\n{}", job.command, job.text),
                cause: None,
            });
            if let Starts::Job { instances, .. } = &mut rule.starts {
                instances.push(one.instance.clone());
            }
        }
    }
    jobs.found = found.into_values().collect();
    jobs
}

/// The number of each instance's last run.
#[derive(Debug, Default)]
pub(crate) struct EarlierRuns(BTreeMap<String, u64>);

impl EarlierRuns {
    /// Empty where the rule is no job.
    pub(crate) async fn take(rule: &Rule, local: Option<&dyn Local>) -> Self {
        let (Starts::Job { .. }, Some(local)) = (&rule.starts, local) else { return Self::default() };
        let all = local.instance_jobs().await;
        Self(all.into_iter().map(|one| (one.instance, one.runs.iter().map(|run| run.number).max().unwrap_or(0))).collect())
    }

    fn is_new(&self, instance: &str, run: &JobRun) -> bool {
        self.0.get(instance).is_none_or(|last| run.number > *last)
    }
}

/// Waits for the job's run on each of its instances after those `before`, and returns the instances: it ended well on all of them.
pub(crate) async fn observe(rule: &Rule, before: &EarlierRuns, local: &dyn Local) -> Result<Vec<String>, HopFailure> {
    let Starts::Job { by, command, instances } = &rule.starts else { return Ok(Vec::new()) };
    let ended = nightproof_poll::try_until(SCRIPT_BOUND, || async {
        let all = local.instance_jobs().await;
        let mut ended = Vec::new();
        for instance in instances {
            let here = all.iter().find(|one| one.instance == *instance);
            let run = here.and_then(|one| one.runs.iter().rfind(|run| run.job == rule.arn && before.is_new(instance, run)));
            match run {
                // Whoever is asked has begun all that is due.
                None => {
                    let why = here.and_then(|one| one.jobs.iter().find(|job| job.id == rule.arn)?.idle.clone());
                    let why = why.unwrap_or_else(|| "the instance has gone, or its job was changed".to_owned());
                    return Err(HopFailure::at(Hop::Rule, format!("{} was due and did not run on {instance}: {why}", rule.name)));
                }
                Some(run) if run.code.is_none() => return Ok(Err(instance.clone())),
                Some(run) => ended.push((instance.clone(), run.clone())),
            }
        }
        Ok(Ok(ended))
    });
    let late = |instance| {
        HopFailure::at(Hop::Script, format!("`{command}` on {instance} has not ended after {} s", SCRIPT_BOUND.as_secs()))
    };
    let ended = ended.await?.map_err(late)?;
    if let Some((instance, run)) = ended.iter().find(|(_, run)| run.code != Some(0)) {
        let code = run.code.unwrap_or_default();
        let hint =
            if code == NOT_FOUND { format!(" (a program was not found: {by} has a path of its own)") } else { String::new() };
        let reason = format!("`{command}` on {instance} is Failed, exit code {code}{hint}; nobody is told of it");
        let broken = HopFailure::at(Hop::Script, reason).with("output of the job", &run.output);
        return Err(broken.with("what becomes of that output on AWS", &run.fate));
    }
    Ok(ended.into_iter().map(|(instance, _)| instance).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InstanceJob;

    fn job(id: &str, next: Option<i64>, idle: Option<&str>) -> InstanceJob {
        InstanceJob {
            id: id.to_owned(),
            by: "cron".to_owned(),
            place: format!("/etc/cron.d/{id}, line 1"),
            schedule: "0 3 * * *".to_owned(),
            user: "root".to_owned(),
            command: "/opt/backup.sh".to_owned(),
            next,
            idle: idle.map(str::to_owned),
            text: "aws s3 cp".to_owned(),
        }
    }

    #[test]
    fn a_job_of_several_instances_is_one_and_what_never_runs_is_none() {
        let all = ["i-1", "i-2"].map(|instance| InstanceJobs {
            instance: instance.to_owned(),
            jobs: vec![job("a", Some(1), None), job("never", None, None), job("idle", Some(1), Some("cron does not run"))],
            ..InstanceJobs::default()
        });
        let Jobs { found, others } = jobs(all.iter());
        let [rule] = found.as_slice() else { panic!("{found:#?}") };
        let Starts::Job { instances, .. } = &rule.starts else { panic!("{rule:#?}") };
        assert_eq!((instances.len(), rule.logical.as_str()), (2, "/etc/cron.d/a"));
        assert_eq!(others.len(), 4, "{others:#?}");
        assert!(others[0].contains("names a time that never comes") && others[1].contains("cron does not run"), "{others:#?}");
    }
}
