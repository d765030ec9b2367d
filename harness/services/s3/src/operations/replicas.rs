//! Replicas of objects, which are made in the background by the bucket's replication role.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html>

use std::sync::Arc;

use nightproof_core::authorization::Need;
use nightproof_core::delivery;
use nightproof_core::service::Call;
use nightproof_core::{Caller, Region};
use nightproof_wire::AwsError;
use serde_json::Value;

use crate::arn::arn;
use crate::blob;
use crate::checksum::{BodyDigests, GivenChecksums};
use crate::encryption::{Encryption, Wanted};
use crate::error::no_such_bucket;
use crate::event::Event;
use crate::location;
use crate::records::{Attributes, Content, Object, S3, Version};
use crate::replication::{Candidate, Replication, ReplicationStatus, Rule};
use crate::replication_queue::ReplicationJob;

/// Who makes replicas: S3, as the role of the configuration.
const PRINCIPAL: &str = "s3.amazonaws.com";

/// A version with all that its replication needs.
struct Source {
    account: String,
    region: String,
    replication: Arc<Replication>,
    version: Version,
}

impl S3 {
    /// Notes which of the events of a bucket are to be repeated elsewhere.
    pub(crate) fn note_replication(&self, bucket: &str, events: &[Event]) {
        let mut state = self.state();
        let Some(found) = state.buckets.get_mut(bucket) else { return };
        let Some(replication) = found.replication.clone() else { return };
        for event in events {
            let repeated = event.name.starts_with("ObjectCreated:")
                || event.name.starts_with("ObjectTagging:")
                || event.name == "ObjectRemoved:DeleteMarkerCreated";
            let Some(id) = event.version.as_deref().filter(|_| repeated) else { continue };
            let Some(version) = found.version_mut(&event.key, Some(id)) else { continue };
            let is_replica = version.attributes.replication == Some(ReplicationStatus::Replica);
            if !is_replica && !rules_for(&replication, &event.key, version).is_empty() {
                version.attributes.replication = Some(ReplicationStatus::Pending);
                self.replications.push(bucket, &event.key, id);
            }
        }
    }

    /// Replicates what is noted until the region stops.
    pub(crate) async fn replicate_in_background(self: Arc<Self>, first: Region) {
        loop {
            let job = tokio::select! {
                job = self.replications.next() => job,
                () = first.stopping().cancelled() => return,
            };
            self.replicate(&first, &job).await;
        }
    }

    /// Returns when nothing is on its way to another bucket; true if nothing is.
    pub async fn replicated(&self) -> bool {
        self.replications.quiet().await
    }

    fn source(&self, job: &ReplicationJob) -> Option<Source> {
        let state = self.state();
        let bucket = state.buckets.get(&job.bucket)?;
        Some(Source {
            account: bucket.account.clone(),
            region: bucket.region.clone(),
            replication: bucket.replication.clone()?,
            version: bucket.version(&job.key, &job.version)?.clone(),
        })
    }

    async fn replicate(&self, first: &Region, job: &ReplicationJob) {
        // What was deleted meanwhile, or is no longer to be replicated, is not.
        let Some(source) = self.source(job) else { return };
        let region = location::home(first, &source.region);
        let service = Caller::service(&source.account, PRINCIPAL).acting_for(&arn(&job.bucket));
        let mut status = ReplicationStatus::Completed;
        for rule in rules_for(&source.replication, &job.key, &source.version) {
            let made = async {
                let role = delivery::assume_as(&region, &service, &source.replication.role, "s3-replication").await?;
                self.replicate_by(&region, role, job, &source, rule).await
            };
            if let Err(error) = made.await {
                let (rule, to) = (rule.id.as_str(), rule.destination.bucket_name());
                tracing::warn!(bucket = job.bucket, key = job.key, rule, to, %error, "an object was not replicated");
                status = ReplicationStatus::Failed;
            }
        }
        let mut state = self.state();
        let bucket = state.buckets.get_mut(&job.bucket);
        if let Some(version) = bucket.and_then(|bucket| bucket.version_mut(&job.key, Some(&job.version))) {
            version.attributes.replication = Some(status);
        }
    }

    async fn replicate_by(
        &self,
        region: &Region,
        role: Caller,
        job: &ReplicationJob,
        source: &Source,
        rule: &Rule,
    ) -> Result<(), AwsError> {
        let Source { version, .. } = source;
        let target = rule.destination.bucket_name();
        let place =
            self.state().buckets.get(target).map(|found| (found.region.clone(), found.incarnation, self.bucket_folder(found)));
        let (there, incarnation, folder) = place.ok_or_else(|| no_such_bucket(target))?;
        let there = location::home(region, &there);
        let reading = Call::internal(region, role.clone(), PRINCIPAL);
        let writing = Call::internal(&there, role, PRINCIPAL);
        check_role(&reading, &writing, job, version, rule)?;
        let content = match version.object() {
            None => Content::DeleteMarker,
            Some(object) => {
                let (blobs, encryption) = match wanted(object, rule) {
                    // Nobody but the client can read it: the bytes are kept as they are.
                    None => (object.blobs.clone(), object.encryption.clone()),
                    Some(wanted) => {
                        let key = object.encryption.open(&reading, None).await?;
                        let bytes = blob::read(&object.blobs, &key, 0, object.size);
                        let (encryption, key) = Encryption::begin(&writing, wanted, target, &job.key).await?;
                        let whole = (&GivenChecksums::default(), &BodyDigests::default(), false);
                        let received = self.receive(&writing, whole, bytes, &folder, &key, None).await?;
                        (vec![received.blob], encryption)
                    }
                };
                let storage_class = rule.destination.storage_class.clone().unwrap_or_else(|| object.storage_class.clone());
                Content::Object(Arc::new(Object { blobs, encryption, storage_class, upload: None, ..Object::clone(object) }))
            }
        };
        let replica = Version {
            attributes: Attributes { replication: Some(ReplicationStatus::Replica), ..version.attributes.clone() },
            content,
            ..version.clone()
        };
        let event = match replica.object() {
            None => Event::removed(&job.key, &job.version, true),
            Some(object) => Event::created(&writing, "PutObject", &job.key, &job.version, object),
        };
        {
            let mut state = self.state();
            let bucket = state.buckets.get_mut(target).filter(|bucket| bucket.incarnation == incarnation);
            bucket.ok_or_else(|| no_such_bucket(target))?.add_replica(&job.key, replica);
        }
        self.notify(&writing, target, vec![event]).await;
        Ok(())
    }
}

fn rules_for<'a>(replication: &'a Replication, key: &str, version: &Version) -> Vec<&'a Rule> {
    let object = version.object();
    replication.rules_for(&Candidate {
        key,
        tags: &version.attributes.tags,
        under_kms: object.is_some_and(|object| matches!(object.encryption, Encryption::Kms { .. })),
        is_marker: object.is_none(),
    })
}

/// What a replica is encrypted by: that of the object's own kind, whatever the destination's default; `None` if its client has the key.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html>
fn wanted(object: &Object, rule: &Rule) -> Option<Wanted> {
    match &object.encryption {
        Encryption::Customer { .. } => None,
        Encryption::S3 { .. } => Some(Wanted::S3),
        Encryption::Kms { bucket_key, .. } => {
            let key_id = rule.destination.encryption_configuration.replica_kms_key_id.clone();
            Some(Wanted::Kms { key_id, bucket_key: *bucket_key, given_context: None })
        }
    }
}

/// Whether the role may read the version and write its replica.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
fn check_role(reading: &Call, writing: &Call, job: &ReplicationJob, version: &Version, rule: &Rule) -> Result<(), AwsError> {
    let Some(authorizer) = reading.region.authorizer() else { return Ok(()) };
    let own = arn(format!("{}/{}", job.bucket, job.key));
    let replica = arn(format!("{}/{}", rule.destination.bucket_name(), job.key));
    let need = |action: &str, resource: &str| Need { action: action.to_owned(), resource: resource.to_owned(), keys: Vec::new() };
    let tagged = !version.attributes.tags.is_empty();
    authorizer.check(reading, "s3", need("s3:GetReplicationConfiguration", &arn(&job.bucket)))?;
    if version.object().is_none() {
        return authorizer.check(writing, "s3", need("s3:ReplicateDelete", &replica));
    }
    for action in ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"] {
        authorizer.check(reading, "s3", need(action, &own))?;
    }
    authorizer.check(writing, "s3", need("s3:ReplicateObject", &replica))?;
    if tagged {
        authorizer.check(reading, "s3", need("s3:GetObjectVersionTagging", &own))?;
        authorizer.check(writing, "s3", need("s3:ReplicateTags", &replica))?;
    }
    if rule.destination.access_control_translation.as_ref().is_some_and(Value::is_object) {
        authorizer.check(writing, "s3", need("s3:ObjectOwnerOverrideToBucketOwner", &replica))?;
    }
    Ok(())
}
