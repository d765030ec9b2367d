//! What a night left: whether it restores, and whether its upload was logged.

use std::collections::BTreeSet;

use crate::archive::bucket::Object;
use crate::chain::failure::HopFailure;
use crate::evidence::findings;
use crate::restore::comparison::Comparison;
use crate::restore::ignored::IgnoredPaths;
use crate::restore::timing::{FETCH, Timing};
use crate::restore::{archive_check, promise};
use crate::steps::fingerprint::Said;
use crate::steps::restore_script::Backup;
use crate::steps::verify::{Left, Stored};
use crate::steps::{access_log, restore_script};
use crate::{Archive, FailurePoint, RestoreScript};

use super::Drill;
use super::nights::Stage;

impl Drill {
    pub(super) async fn restore(&self, stage: &Stage, left: &Left) -> Result<u64, HopFailure> {
        let mut timing = Timing::default();
        let restored = self.restore_timed(stage, left, &mut timing).await;
        self.note_night(|noted| noted.restore = timing.parts());
        restored
    }

    async fn restore_timed(&self, stage: &Stage, left: &Left, timing: &mut Timing) -> Result<u64, HopFailure> {
        let collected = timing.of(FETCH, promise::collect(&self.client, &left.stored, &left.companions)).await;
        let (promises, unmatched) = collected?;
        let ignored = IgnoredPaths::new(&self.plan.demands.ignored);
        let mut entries = 0;
        for key in unmatched {
            self.finding(findings::of_checksum(&key));
        }
        for share in left.stored.chunk_by(|one, next| one.archive.instance == next.archive.instance) {
            let share: Vec<&Stored> = share.iter().collect();
            let (manifest, data_path, folder) = (&stage.manifest, &self.plan.data_path, &self.plan.folder);
            let instance = share.first().map(|one| one.archive.instance.as_str()).unwrap_or_default();
            let said = self.said(stage, instance)?;
            let restored = match &self.plan.restore_script {
                None => {
                    let from = (promises.as_slice(), data_path.as_str());
                    archive_check::restore(&self.client, &share, from, manifest, folder, &ignored, timing).await?
                }
                Some(script) => {
                    let beside = beside(left, &share, script);
                    let backup = Backup { stored: &share, beside: &beside, manifest, said };
                    archive_check::by_script(&share, self.by_script(script, instance, &backup, timing).await?)
                }
            };
            let comparison = &restored.comparison;
            for (one, form) in share.iter().zip(&restored.forms) {
                self.note_archive(one, |noted| {
                    noted.form.clone_from(form);
                    noted.files = comparison.seeded;
                    noted.identical = comparison.is_identical();
                    noted.fingerprint = said.map(|said| said.sha256.clone());
                    noted.differences = archive_check::differences(comparison);
                });
            }
            archive_check::judge(&share, &restored)?;
            for finding in findings::of_restore(&share, &restored) {
                self.finding(finding);
            }
            entries += comparison.seeded;
        }
        Ok(entries)
    }

    /// Restores by the user's own script on an instance of its own, which is gone afterwards.
    async fn by_script(
        &self,
        script: &RestoreScript,
        like: &str,
        backup: &Backup<'_>,
        timing: &mut Timing,
    ) -> Result<Comparison, HopFailure> {
        let launched = restore_script::launch(&self.client, &self.plan, like);
        let instance = timing.of(restore_script::BOOT_PART, launched).await?;
        self.note(|state| state.made.instances.push(instance.clone()));
        let restored = restore_script::restore(&self.client, &self.plan, script, &instance, backup, timing).await;
        if !self.plan.keep {
            restore_script::terminate(&self.client, &instance).await?;
            self.note(|state| state.made.instances.retain(|made| *made != instance));
        }
        restored
    }

    /// What `instance` said before the night; nothing if nobody was asked.
    fn said<'a>(&self, stage: &'a Stage, instance: &str) -> Result<Option<&'a Said>, HopFailure> {
        if self.plan.demands.fingerprint.is_none() {
            return Ok(None);
        }
        let said = stage.said.iter().find(|(asked, _)| asked == instance).map(|(_, said)| said);
        let unasked =
            || format!("{instance} left an archive, and was not there to be asked for its fingerprint before the night");
        said.map(Some).ok_or_else(|| HopFailure::at(FailurePoint::Drill, unasked()))
    }

    /// Notes something of an archive of the last night.
    pub(super) fn note_archive(&self, stored: &Stored, change: impl FnOnce(&mut Archive)) {
        self.note_night(|night| {
            let same = |noted: &&mut Archive| {
                noted.instance == stored.archive.instance
                    && noted.bucket == stored.archive.bucket
                    && noted.key == stored.archive.key
                    && noted.version == stored.archive.version
            };
            if let Some(noted) = night.archives.iter_mut().find(same) {
                change(noted);
            }
        });
    }

    pub(super) async fn access_log(&self, stage: &Stage, stored: &[Stored]) -> Result<usize, HopFailure> {
        let mut logged = 0;
        for one in stored {
            let Some(bucket) = stage.buckets.iter().find(|bucket| bucket.name == one.archive.bucket) else { continue };
            match access_log::find(&self.client, bucket, one.first_key(), self.timeouts.access_log).await? {
                Some(found) => {
                    logged += 1;
                    self.note_archive(one, |noted| noted.access_log = Some(found));
                }
                // Without logging there is a finding already.
                None if bucket.log.is_none() => {}
                // AWS delivers within hours and at best effort: that it did not come yet says nothing.
                // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#LogDeliveryBestEffort
                None if self.local.is_none() => {}
                None => self.finding(findings::of_access_log(one)),
            }
        }
        Ok(logged)
    }
}

/// What a script finds beside the archives of one instance: what came with them or, if it is given all objects, all else of the buckets; nothing of
/// another instance.
fn beside<'a>(left: &'a Left, share: &[&Stored], script: &RestoreScript) -> Vec<&'a Object> {
    let instance = share.first().map_or("", |one| one.archive.instance.as_str());
    let others: Vec<&str> =
        left.stored.iter().map(|one| one.archive.instance.as_str()).filter(|other| *other != instance).collect();
    let own: BTreeSet<(&str, &str)> = share.iter().flat_map(|one| one.objects()).map(Object::place).collect();
    let found = if script.all_objects { &left.current } else { &left.companions };
    let is_beside = |object: &&Object| !own.contains(&object.place()) && !others.iter().any(|other| object.key.contains(other));
    found.iter().filter(is_beside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::verify::{Part, Source};

    fn object(key: &str) -> Object {
        Object { bucket: "b".to_owned(), key: key.to_owned(), version: None, mark: String::new(), bytes: 1, at: 0 }
    }

    fn stored(instance: &str, key: &str) -> Stored {
        Stored {
            archive: Archive { instance: instance.to_owned(), ..Archive::default() },
            source: Source::Parts(vec![Part { object: object(key), sha256: None }]),
        }
    }

    #[test]
    fn a_script_finds_what_came_with_its_archives_or_all_that_is_there_but_nothing_of_another_instance() {
        let left = Left {
            stored: vec![stored("i-1", "i-1/snapshots/b"), stored("i-2", "i-2/snapshots/b")],
            companions: ["i-1/notes.json", "i-2/notes.json", "notes.json"].map(object).to_vec(),
            current: ["i-1/config", "i-1/snapshots/b", "i-2/config", "key"].map(object).to_vec(),
        };
        let found = |all_objects| {
            let script = RestoreScript { text: String::new(), secrets: Vec::new(), all_objects };
            let share: Vec<&Stored> = left.stored.iter().take(1).collect();
            beside(&left, &share, &script).into_iter().map(|object| object.key.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(found(false), ["i-1/notes.json", "notes.json"]);
        assert_eq!(found(true), ["i-1/config", "key"]);
    }
}
