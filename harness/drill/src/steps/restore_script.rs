//! A restore by the user's own script: on a fresh instance like the one that was backed up, with the night's objects at hand.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::account::dynamic_client::DynamicClient;
use crate::account::run_command;
use crate::archive::bucket::Object;
use crate::archive::manifest::Manifest;
use crate::archive::own_bucket;
use crate::archive::presigned;
use crate::chain::failure::{HopFailure, at};
use crate::cleanup::marks::RUN_TAG;
use crate::plan::RestoreScript;
use crate::restore::archive_check::download_object;
use crate::restore::budget::Budget;
use crate::restore::comparison::{self, Comparison};
use crate::restore::ignored::IgnoredPaths;
use crate::restore::opening;
use crate::restore::timing::{COMPARE, Timing};
use crate::restore::unreadable::Unreadable;
use crate::steps::boot::ONLINE;
use crate::steps::fingerprint::{Question, Said};
use crate::steps::shell::{self, quoted};
use crate::steps::verify::Stored;
use crate::{FailurePoint, Hop, Plan};

/// The part of a restore that launches a machine.
pub(crate) const BOOT_PART: &str = "boot";
/// The name of an instance that a restore runs on.
const NAME: &str = "nightproof restore";
/// For the instance to be managed by SSM. On AWS a cold one has been seen to take two minutes.
const BOOT: Duration = Duration::from_secs(300);
/// For the script; its execution time-out is the same.
const SCRIPT: Duration = Duration::from_secs(3600);
/// For the instance to be gone.
const END: Duration = Duration::from_secs(300);
/// How long a presigned URL holds.
const URL: Duration = Duration::from_secs(2 * 3600);

/// An instance for a restore, which nothing but the drill knows of.
pub(crate) async fn launch(client: &DynamicClient, plan: &Plan, like: &str) -> Result<String, HopFailure> {
    let drill = FailurePoint::Drill;
    let input = json!({ "InstanceIds": [like] });
    let answer = client.ask("ec2", "DescribeInstances", &input).await.map_err(at(drill, "DescribeInstances"))?;
    let Some(model) = answer.pointer("/Reservations/0/Instances/0") else {
        return Err(HopFailure::at(drill, format!("{like} is gone, so that no instance like it can be launched")));
    };
    let tags: Vec<Value> =
        plan.tags().chain([("Name", NAME)]).map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let groups: Vec<&Value> = model
        .get("SecurityGroups")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|group| group.get("GroupId"))
        .collect();
    let mut input = json!({
        "ImageId": model.get("ImageId"),
        "InstanceType": model.get("InstanceType"),
        "MinCount": 1,
        "MaxCount": 1,
        "NetworkInterfaces": [{
            "DeviceIndex": 0,
            "SubnetId": model.get("SubnetId"),
            "Groups": groups,
            "AssociatePublicIpAddress": model.get("PublicIpAddress").is_some(),
        }],
        // Its volumes go when it does.
        "TagSpecifications": [{ "ResourceType": "instance", "Tags": tags }],
    });
    if let (Some(members), Some(arn)) = (input.as_object_mut(), model.pointer("/IamInstanceProfile/Arn")) {
        members.insert("IamInstanceProfile".to_owned(), json!({ "Arn": arn }));
    }
    let launched = client.ask("ec2", "RunInstances", &input).await.map_err(at(drill, "RunInstances"))?;
    let id = launched.pointer("/Instances/0/InstanceId").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| HopFailure::at(drill, "RunInstances names no instance"))
}

/// Those of a run that were launched and not terminated.
pub(crate) async fn of_run(client: &DynamicClient, run: &str) -> Result<Vec<String>, HopFailure> {
    let input = json!({ "Filters": [
        { "Name": format!("tag:{RUN_TAG}"), "Values": [run] },
        { "Name": "tag:Name", "Values": [NAME] },
        { "Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"] },
    ] });
    let answer = client.ask("ec2", "DescribeInstances", &input).await;
    let answer = answer.map_err(at(FailurePoint::Drill, "DescribeInstances"))?;
    let reservations = answer.get("Reservations").and_then(Value::as_array).into_iter().flatten();
    let instances = reservations.filter_map(|reservation| reservation.get("Instances").and_then(Value::as_array)).flatten();
    Ok(instances.filter_map(|instance| instance.get("InstanceId").and_then(Value::as_str)).map(str::to_owned).collect())
}

/// Terminates it, and waits until it is gone.
pub(crate) async fn terminate(client: &DynamicClient, instance: &str) -> Result<(), HopFailure> {
    let drill = FailurePoint::Drill;
    let input = json!({ "InstanceIds": [instance] });
    client.ask("ec2", "TerminateInstances", &input).await.map_err(at(drill, "TerminateInstances"))?;
    let gone = nightproof_poll::try_until(END, || async {
        let answer = client.ask("ec2", "DescribeInstances", &input).await.map_err(at(drill, "DescribeInstances"))?;
        let state = answer.pointer("/Reservations/0/Instances/0/State/Name").and_then(Value::as_str).unwrap_or("terminated");
        Ok::<_, HopFailure>(if state == "terminated" { Ok(()) } else { Err(state.to_owned()) })
    });
    gone.await?.map_err(|seen| HopFailure::at(drill, format!("{instance} is {seen} after {} s", END.as_secs())))
}

/// What one instance left, and what it was.
pub(crate) struct Backup<'a> {
    pub(crate) stored: &'a [&'a Stored],
    /// What the script finds beside it.
    pub(crate) beside: &'a [&'a Object],
    pub(crate) manifest: &'a Arc<Manifest>,
    /// What it said before the night, if it was asked.
    pub(crate) said: Option<&'a Said>,
}

/// Restores a backup on `instance`, which was just launched, and compares what is at the data path then, and what the machine says.
pub(crate) async fn restore(
    client: &DynamicClient,
    plan: &Plan,
    script: &RestoreScript,
    instance: &str,
    backup: &Backup<'_>,
    timing: &mut Timing,
) -> Result<Comparison, HopFailure> {
    timing.of(BOOT_PART, online(client, instance)).await?;
    let asked = Question::new(client, plan).zip(backup.said);
    if let Some((question, said)) = &asked {
        question.empty(instance, said).await?;
    }
    let result = timing.of("script", restored(client, plan, script, instance, (backup.stored, backup.beside))).await?;
    let comparison = if plan.has_tree() {
        timing.of(COMPARE, compare(client, plan, &result, backup.manifest)).await?
    } else {
        Comparison::default()
    };
    if let Some((question, said)) = &asked {
        timing.of("fingerprint", question.restored(instance, said)).await?;
    }
    Ok(comparison)
}

/// Runs the script, which finds what was stored, and what is beside it. Returns the key of what was at the data path then.
pub(crate) async fn restored(
    client: &DynamicClient,
    plan: &Plan,
    script: &RestoreScript,
    instance: &str,
    (stored, beside): (&[&Stored], &[&Object]),
) -> Result<String, HopFailure> {
    let bucket = plan.seed_bucket();
    let mut uploads = vec![("script".to_owned(), script.text.clone().into_bytes())];
    uploads.extend(script.secrets.iter().map(|(name, secret)| (format!("secrets/{name}"), secret.clone())));
    let (result, starter) = (format!("restore/{instance}/result"), format!("restore/{instance}/starter"));
    let mut fetched = String::new();
    for (name, content) in uploads {
        let key = format!("restore/{instance}/{name}");
        own_bucket::put(client, plan, &key, &content).await?;
        fetch(&mut fetched, &name, &presigned::to_read(client, (&bucket, &key, None), URL).await?);
    }
    let objects: Vec<&Object> = stored.iter().flat_map(|one| one.objects()).collect();
    for object in objects.iter().chain(beside) {
        let place = (object.bucket.as_str(), object.key.as_str(), object.version.as_deref());
        let url = presigned::to_read(client, place, URL).await?;
        fetch(&mut fetched, &format!("objects/{}", object.key), &url);
    }
    let result_url = presigned::to_write(client, (&bucket, &result), URL).await?;
    let text = starting(plan, &objects, &fetched, &result_url);
    own_bucket::put(client, plan, &starter, text.as_bytes()).await?;
    let url = presigned::to_read(client, (&bucket, &starter, None), URL).await?;
    run(client, instance, &url).await?;
    Ok(result)
}

async fn online(client: &DynamicClient, instance: &str) -> Result<(), HopFailure> {
    let instances = [instance.to_owned()];
    let seen = nightproof_poll::try_until(BOOT, || async {
        let known = run_command::managed(client, &instances).await;
        let known = known.map_err(at(FailurePoint::Drill, "DescribeInstanceInformation"))?;
        let status = known.first().map_or("not registered", |found| found.ping_status.as_str());
        Ok::<_, HopFailure>(if status == ONLINE { Ok(()) } else { Err(status.to_owned()) })
    });
    seen.await?.map_err(|seen| {
        let seconds = BOOT.as_secs();
        HopFailure::at(FailurePoint::Drill, format!("{instance}, launched for the restore, is {seen} after {seconds} s"))
    })
}

/// A line that downloads something into the folder of the restore.
fn fetch(lines: &mut String, name: &str, url: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(lines, "curl -fsS --retry 2 --create-dirs -o \"$work\"/{} -- {}", quoted(name), quoted(url));
}

/// The script around the user's: fetches what it needs, and sends what is at the data path afterwards.
fn starting(plan: &Plan, objects: &[&Object], fetched: &str, result: &str) -> String {
    let list =
        |each: &dyn Fn(&Object) -> String| quoted(&objects.iter().map(|object| each(object)).collect::<Vec<_>>().join("\n"));
    let bucket = objects.first().map(|object| object.bucket.clone()).unwrap_or_default();
    let keys = list(&|object| object.key.clone());
    let versions = list(&|object| object.version.clone().unwrap_or_default());
    let (path, result) = (quoted(&plan.data_path), quoted(result));
    let sent = if plan.has_tree() {
        format!("tar -C {path} -czf \"$work/result\" .\ncurl -fsS --retry 2 -T \"$work/result\" -- {result}\n")
    } else {
        String::new()
    };
    format!(
        "#!/bin/bash\n\
         set -euo pipefail\n\
         umask 077\n\
         work=$(mktemp -d /var/tmp/restore.XXXXXXXX)\n\
         trap 'rm -rf \"$work\"' EXIT\n\
         mkdir -p \"$work/secrets\" \"$work/objects\"\n\
         {fetched}\
         umask 022\n\
         mkdir -p -- {path}\n\
         export AWS_DEFAULT_REGION={region} NIGHTPROOF_DATA_PATH={path} NIGHTPROOF_BUCKET={bucket} NIGHTPROOF_KEYS={keys}\n\
         export NIGHTPROOF_VERSIONS={versions} NIGHTPROOF_OBJECTS=\"$work/objects\" NIGHTPROOF_SECRETS=\"$work/secrets\"\n\
         chmod 700 \"$work/script\"\n\
         cd \"$work\"\n\
         case $(head -c 2 script) in '#!') ./script ;; *) bash -euo pipefail script ;; esac\n\
         {sent}",
        region = quoted(&plan.endpoint.region),
        bucket = quoted(&bucket),
    )
}

/// Runs what is at `url` on the instance.
async fn run(client: &DynamicClient, instance: &str, url: &str) -> Result<(), HopFailure> {
    let mut lines = shell::with_download("starter", url);
    lines.push("bash \"$file\"".to_owned());
    let parameters = json!({ "commands": lines, "executionTimeout": [SCRIPT.as_secs().to_string()] });
    let sent = run_command::send(client, "nightproof restores", &[instance.to_owned()], &parameters).await;
    let id = sent.map_err(at(FailurePoint::Drill, "SendCommand"))?;
    let ended = run_command::ended(client, &id, instance, SCRIPT).await;
    let answer = ended.map_err(at(FailurePoint::Drill, "GetCommandInvocation"))?.map_err(|seen| {
        HopFailure::at(Hop::Restore, format!("the restore script on {instance} is {seen} after {} s", SCRIPT.as_secs()))
    })?;
    if answer.status == "Success" {
        return Ok(());
    }
    let (details, code) = (answer.status_details, answer.response_code);
    Err(HopFailure::at(Hop::Restore, format!("the restore script on {instance} is {details}, exit code {code}"))
        .with("standard error of the restore script", &answer.standard_error_content)
        .with("standard output of the restore script", &answer.standard_output_content))
}

/// Compares what the instance sent with the data, path by path.
async fn compare(client: &DynamicClient, plan: &Plan, key: &str, manifest: &Arc<Manifest>) -> Result<Comparison, HopFailure> {
    let file = download_object(client, (&plan.seed_bucket(), key, None), &plan.folder).await?;
    let (manifest, ignored) = (Arc::clone(manifest), IgnoredPaths::new(&plan.demands.ignored));
    let compared = tokio::task::spawn_blocking(move || {
        let opened = opening::open(file, "result", &Budget::new(&manifest))?;
        Ok(comparison::compare_entries(&opened.entries, &manifest, b"", &ignored))
    });
    let compared =
        compared.await.map_err(|error| HopFailure::at(FailurePoint::Drill, format!("the comparison ended early: {error}")))?;
    compared.map_err(|error: Unreadable| {
        HopFailure::at(Hop::Restore, format!("what the restore script left at {} {error}", plan.data_path))
    })
}
