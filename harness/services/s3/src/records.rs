//! The records: buckets, keys, versions and uploads. Bytes are on disk.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use nightproof_core::authorization::PolicyDocument;
use nightproof_wire::AwsError;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Map, Value, json};

use crate::access_log::{AccessLog, LOG_DELAY};
use crate::acl::Acl;
use crate::blob::Blob;
use crate::checksum::{Algorithm, Checksum, Kind};
use crate::cors::Cors;
use crate::encryption::Encryption;
use crate::error::{access_denied, no_such_bucket};
use crate::input::OnBucket;
use crate::notification::Notifications;
use crate::object_lock::Lock;
use crate::replication::{Replication, ReplicationStatus};
use crate::replication_queue::ReplicationQueue;

/// The service `s3`.
pub struct S3 {
    pub(crate) folder: PathBuf,
    pub(crate) state: Mutex<State>,
    pub(crate) next: AtomicU64,
    pub(crate) log: AccessLog,
    pub(crate) replications: ReplicationQueue,
}

impl S3 {
    /// Objects live under `folder`, a folder by account and bucket.
    pub fn new(folder: impl Into<PathBuf>) -> Arc<Self> {
        Self::with_log_delay(folder, LOG_DELAY)
    }

    /// As [`S3::new`], with another time from the first access log line of a batch to its delivery.
    pub fn with_log_delay(folder: impl Into<PathBuf>, log_delay: Duration) -> Arc<Self> {
        Arc::new(Self {
            folder: folder.into(),
            state: Mutex::default(),
            next: AtomicU64::new(1),
            log: AccessLog::new(log_delay),
            replications: ReplicationQueue::default(),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// All buckets, by name: names are global over accounts.
#[derive(Default)]
pub(super) struct State {
    pub(super) buckets: BTreeMap<String, Bucket>,
}

impl State {
    /// The bucket `name`; `NoSuchBucket` without it, `AccessDenied` if the request expects another owner.
    pub(super) fn bucket(&mut self, on: &OnBucket) -> Result<&mut Bucket, AwsError> {
        let name = on.bucket.as_str();
        let expected = on.expected_bucket_owner.as_deref();
        if let Some(expected) = expected.filter(|owner| owner.len() != 12 || !owner.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(AwsError::new(
                "InvalidBucketOwnerAWSAccountID",
                400,
                format!("The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]"),
            ));
        }
        let bucket = self.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))?;
        match expected {
            Some(expected) if expected != bucket.account => Err(access_denied("Access Denied")),
            _ => Ok(bucket),
        }
    }
}

/// A bucket.
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) account: String,
    /// Where it is.
    pub(super) region: String,
    /// How its creation named that, if it did.
    pub(super) constraint: Option<String>,
    pub(super) created: Timestamp,
    /// Differs from that of an earlier bucket of the same name.
    pub(super) incarnation: u64,
    /// Configuration subresources as documents, by the member that carries them (`PublicAccessBlockConfiguration`).
    pub(super) config: BTreeMap<&'static str, Value>,
    /// Whether somebody chose its default encryption.
    pub(super) encryption_chosen: bool,
    /// Its policy, as it was put.
    pub(super) policy: Option<PolicyDocument>,
    /// Its access control list, unless its owner alone may use it.
    pub(super) acl: Option<Acl>,
    /// Which pages of other origins may read it.
    pub(super) cors: Option<Cors>,
    /// Where its objects are replicated to.
    pub(super) replication: Option<Arc<Replication>>,
    /// Its notification configuration.
    pub(super) notifications: Notifications,
    /// Versions of each key, the newest last; never an empty list.
    pub(super) keys: BTreeMap<String, Vec<Version>>,
    pub(super) uploads: HashMap<String, Upload>,
}

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

/// The version id of objects stored without versioning.
pub(super) const NULL: &str = "null";

impl Bucket {
    pub(super) fn versioning(&self) -> Versioning {
        match self.config.get("VersioningConfiguration").and_then(|config| config.get("Status")).and_then(Value::as_str) {
            Some("Enabled") => Versioning::Enabled,
            Some("Suspended") => Versioning::Suspended,
            _ => Versioning::Never,
        }
    }

    /// Whether versions can be locked.
    pub(super) fn has_object_lock(&self) -> bool {
        self.config.contains_key("ObjectLockConfiguration")
    }

    /// The lock of a version that is written now, by what its request asks for.
    pub(super) fn lock(&self, asked: Lock, now: Timestamp) -> Lock {
        asked.or_default(self.config.get("ObjectLockConfiguration"), now)
    }

    /// The current version of `key`, a delete marker included.
    pub(super) fn latest(&self, key: &str) -> Option<&Version> {
        self.keys.get(key).and_then(|versions| versions.last())
    }

    /// The version `id` of `key`.
    pub(super) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.keys.get(key)?.iter().find(|version| version.id == id)
    }

    /// As [`Bucket::version`], to change its tags.
    pub(super) fn version_mut(&mut self, key: &str, id: Option<&str>) -> Option<&mut Version> {
        let versions = self.keys.get_mut(key)?;
        match id {
            Some(id) => versions.iter_mut().find(|version| version.id == id),
            None => versions.last_mut(),
        }
    }

    /// Makes `content` the current version of `key`, and returns its id.
    pub(super) fn add(&mut self, key: &str, content: Content, attributes: Attributes, now: Timestamp) -> String {
        let id = match self.versioning() {
            Versioning::Enabled => new_version_id(),
            Versioning::Never | Versioning::Suspended => NULL.to_owned(),
        };
        self.overtake(key);
        let versions = self.keys.entry(key.to_owned()).or_default();
        if id == NULL {
            versions.retain(|version| version.id != NULL);
        }
        versions.push(Version { id: id.clone(), modified: now, content, attributes });
        id
    }

    /// Adds a replica under the id of its source, or puts it in the place of the one that has that id: what was written later stays the current version.
    pub(super) fn add_replica(&mut self, key: &str, replica: Version) {
        self.overtake(key);
        let versions = self.keys.entry(key.to_owned()).or_default();
        versions.retain(|version| version.id != replica.id);
        let at = versions.iter().position(|version| version.modified > replica.modified).unwrap_or(versions.len());
        versions.insert(at, replica);
    }

    /// Removes one version for good.
    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        self.overtake(key);
        let versions = self.keys.get_mut(key)?;
        let at = versions.iter().position(|version| version.id == id)?;
        let removed = versions.remove(at);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(removed)
    }

    /// Notes that `key` was written while uploads of it were under way: their completion can have no condition any more.
    fn overtake(&mut self, key: &str) {
        for upload in self.uploads.values_mut().filter(|upload| upload.key == key) {
            upload.overtaken = true;
        }
    }

    /// The id that the answer to a write carries: none unless versions are kept.
    pub(super) fn written_version(&self, id: &str) -> Value {
        if self.versioning() == Versioning::Enabled { json!(id) } else { Value::Null }
    }

    /// The id that outputs carry; `null` on a bucket that never had versions.
    pub(super) fn shown_version(&self, id: &str) -> Value {
        if self.versioning() == Versioning::Never { Value::Null } else { json!(id) }
    }
}

/// Characters of a version's id, and those of them that follow from the others.
const VERSION_LENGTH: usize = 32;
const VERSION_CHECK: usize = 4;

/// An id whose end follows from its beginning, so that one that was never given can be told from one that is gone.
fn new_version_id() -> String {
    let id = nightproof_core::credentials::random_string(VERSION_ID, VERSION_LENGTH - VERSION_CHECK);
    let check = version_check(&id);
    id + &check
}

fn version_check(id: &str) -> String {
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, id.as_bytes());
    let letter = |at: usize| VERSION_ID.get((sum >> (6 * at)) as usize % VERSION_ID.len()).map(|byte| char::from(*byte));
    (0..VERSION_CHECK).filter_map(letter).collect()
}

/// Whether a version may have had this id.
pub(super) fn is_version_id(id: &str) -> bool {
    let (Some(random), Some(check)) = (id.get(..VERSION_LENGTH - VERSION_CHECK), id.get(VERSION_LENGTH - VERSION_CHECK..)) else {
        return id == NULL;
    };
    id == NULL || version_check(random) == check
}

const VERSION_ID: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// One version of a key.
#[derive(Clone)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: Timestamp,
    pub(super) content: Content,
    pub(super) attributes: Attributes,
}

/// What can be changed of a version.
#[derive(Clone, Default)]
pub(super) struct Attributes {
    /// `{Key, Value}` documents.
    pub(super) tags: Vec<Value>,
    /// What keeps it from being deleted.
    pub(super) lock: Lock,
    /// Its access control list, unless its owner alone may use it.
    pub(super) acl: Option<Acl>,
    /// How far it is replicated, if it is to be.
    pub(super) replication: Option<ReplicationStatus>,
}

/// An object, or the mark that it was deleted.
#[derive(Clone)]
pub(super) enum Content {
    Object(Arc<Object>),
    DeleteMarker,
}

impl Version {
    pub(super) fn object(&self) -> Option<&Arc<Object>> {
        match &self.content {
            Content::Object(object) => Some(object),
            Content::DeleteMarker => None,
        }
    }
}

/// The object of a version; never changes.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) size: u64,
    /// With its quotes.
    pub(super) etag: String,
    pub(super) blobs: Vec<Blob>,
    /// The upload that it was made by, which may be completed again.
    pub(super) upload: Option<String>,
    /// Of a multipart object: number, size and checksum of each part.
    pub(super) parts: Vec<PartFacts>,
    /// `ContentType`, `CacheControl`, …, `Metadata`: members as they came, sent back as they are.
    pub(super) headers: Map<String, Value>,
    pub(super) storage_class: String,
    pub(super) encryption: Encryption,
    pub(super) checksum: Option<Checksum>,
}

/// A part of a finished multipart object.
#[derive(Clone)]
pub(super) struct PartFacts {
    pub(super) number: i64,
    pub(super) size: u64,
    pub(super) checksum: Option<Checksum>,
}

/// A multipart upload that has not ended.
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) initiated: Timestamp,
    /// Grows from one upload to the next.
    pub(super) order: u64,
    pub(super) headers: Map<String, Value>,
    /// Those of the version that it becomes.
    pub(super) attributes: Attributes,
    pub(super) storage_class: String,
    pub(super) encryption: Encryption,
    /// The checksum of the whole object; `asked` if the client chose it.
    pub(super) algorithm: Algorithm,
    pub(super) kind: Kind,
    pub(super) asked: bool,
    pub(super) initiator: Value,
    /// Whether its key was written since it began.
    pub(super) overtaken: bool,
    pub(super) parts: BTreeMap<i64, Part>,
}

/// An uploaded part.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) blob: Blob,
    pub(super) etag: String,
    /// The MD5 that the final ETag is made from (of a KMS-encrypted part: the digest in its ETag).
    pub(super) digest: [u8; 16],
    pub(super) checksum: Checksum,
    pub(super) modified: Timestamp,
}
