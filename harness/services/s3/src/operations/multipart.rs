//! Multipart uploads.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use md5::Digest as _;
use nightproof_core::canonical_id;
use nightproof_core::credentials::random_string;
use nightproof_core::service::{Body, Call};
use nightproof_wire::AwsError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::acl::AskedAcl;
use crate::checksum::{Algorithm, BodyDigests, Checksum, GivenChecksums, Kind};
use crate::condition::{SourceConditions, WriteConditions};
use crate::customer_key::{OwnKey, SourceKey};
use crate::document::{set, whole_seconds};
use crate::encryption::{AskedEncryption, Encryption};
use crate::error::{invalid_argument, invalid_request, no_such_upload};
use crate::event::Event;
use crate::input::{OnBucket, Text};
use crate::object_lock::AskedLock;
use crate::operations::copy::CopiedFrom;
use crate::operations::put::{KeptMembers, ObjectMembers, Write, checked_key, initiator, kept_headers, storage_class};
use crate::records::{Attributes, Object, Part, PartFacts, S3, Upload};
use crate::{checksum, customer_key, encoded_word};

/// The least size of every part but the last.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// What an address leaves as it is.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const UPLOAD_ID: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// What an upload's parts need to know of it.
struct Underway {
    encryption: Encryption,
    algorithm: Algorithm,
    asked: bool,
    folder: std::path::PathBuf,
}

fn part_number(asked: i64) -> Result<i64, AwsError> {
    if (1..=10_000).contains(&asked) {
        return Ok(asked);
    }
    Err(invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", asked))
}

inputs! {
    /// `CreateMultipartUpload`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>
    CreateMultipartUpload {
        on: OnBucket, object: ObjectMembers, kept: KeptMembers, acl: AskedAcl, lock: AskedLock, encryption: AskedEncryption, customer: OwnKey;
        checksum_algorithm: Text,
        checksum_type: Text,
    }
    /// `UploadPart`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>
    UploadPart {
        on: OnBucket, part: PartOf, customer: OwnKey, checksums: GivenChecksums, digests: BodyDigests;
    }
    /// `UploadPartCopy`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>
    UploadPartCopy {
        on: OnBucket, part: PartOf, customer: OwnKey, from: CopiedFrom, source_conditions: SourceConditions, source_key: SourceKey;
        copy_source_range: Text,
    }
    /// `CompleteMultipartUpload`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    CompleteMultipartUpload {
        on: OnBucket, upload: UploadOf, conditions: WriteConditions, checksums: GivenChecksums | SameKey;
        multipart_upload: Option<CompletedUpload>,
        checksum_type: Text,
        mpu_object_size: Option<i64>,
    }
    /// `AbortMultipartUpload`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>
    AbortMultipartUpload {
        on: OnBucket, upload: UploadOf;
    }
    /// `ListParts`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>
    ListParts {
        on: OnBucket, upload: UploadOf | SameKey;
        max_parts: Option<i64>,
        part_number_marker: Option<i64>,
    }
    /// `ListMultipartUploads`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>
    ListMultipartUploads {
        on: OnBucket;
        prefix: Text,
        delimiter: Text,
        encoding_type: Option<String>,
        key_marker: Text,
        upload_id_marker: Text,
        max_uploads: Option<i64>,
    }
}

/// The upload that a request is about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UploadOf {
    #[serde(default)]
    key: String,
    #[serde(default)]
    upload_id: String,
}

/// The part of an upload that a request is about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PartOf {
    #[serde(default)]
    key: String,
    #[serde(default)]
    upload_id: String,
    #[serde(default)]
    part_number: i64,
}

/// The client's key of an upload, once more.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SameKey {
    #[expect(dead_code, reason = "the parts were encrypted by it, and no part is read here")]
    #[serde(rename = "SSECustomerAlgorithm")]
    algorithm: Option<String>,
    #[expect(dead_code, reason = "as above")]
    #[serde(rename = "SSECustomerKey")]
    key: Option<String>,
    #[expect(dead_code, reason = "as above")]
    #[serde(rename = "SSECustomerKeyMD5")]
    md5: Option<String>,
}

/// The parts that an object is to be made of.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CompletedUpload {
    #[serde(default)]
    parts: Vec<CompletedPart>,
}

/// A part that an object is to be made of.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct CompletedPart {
    #[serde(rename = "ETag", default)]
    etag: String,
    #[serde(rename = "PartNumber", default)]
    number: i64,
    #[serde(rename = "ChecksumCRC32", default)]
    crc32: Text,
    #[serde(rename = "ChecksumCRC32C", default)]
    crc32c: Text,
    #[serde(rename = "ChecksumCRC64NVME", default)]
    crc64nvme: Text,
    #[serde(rename = "ChecksumSHA1", default)]
    sha1: Text,
    #[serde(rename = "ChecksumSHA256", default)]
    sha256: Text,
    #[serde(rename = "ChecksumSHA512", default)]
    sha512: Text,
}

impl CompletedPart {
    fn checksums(&self) -> GivenChecksums {
        GivenChecksums {
            crc32: self.crc32.clone(),
            crc32c: self.crc32c.clone(),
            crc64nvme: self.crc64nvme.clone(),
            sha1: self.sha1.clone(),
            sha256: self.sha256.clone(),
            sha512: self.sha512.clone(),
        }
    }
}

impl S3 {
    pub(crate) async fn create_multipart_upload(&self, call: &Call, input: &CreateMultipartUpload) -> Result<Value, AwsError> {
        let key = checked_key(&input.object.key)?;
        let write = Write {
            on: &input.on,
            key,
            acl: &input.acl,
            conditions: &WriteConditions::default(),
            lock: &input.lock,
            encryption: &input.encryption,
            customer: &input.customer,
        };
        let destination = self.destination(call, &write)?;
        let bucket_name = input.on.bucket.as_str();
        let asked = input.checksum_algorithm.get().map(Algorithm::parse).transpose()?;
        let algorithm = asked.unwrap_or(Algorithm::Crc64Nvme);
        let kind = match input.checksum_type.get() {
            None => algorithm.multipart_types().first().copied().unwrap_or(Kind::FullObject),
            Some(_) if asked.is_none() => {
                return Err(invalid_request(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
                ));
            }
            Some(name) => algorithm.multipart_types().iter().copied().find(|kind| kind.name() == name).ok_or_else(|| {
                invalid_request(format!(
                    "The {name} checksum type cannot be used with the {} checksum algorithm.",
                    algorithm.name().to_ascii_lowercase()
                ))
            })?,
        };
        let (mut headers, tags, class) = (
            kept_headers(&input.kept)?,
            crate::operations::tagging::of_header(&input.object.tagging)?,
            storage_class(&input.object.storage_class)?,
        );
        encoded_word::each_value(&mut headers, encoded_word::decode);
        let (encryption, _) = Encryption::begin(call, destination.wanted, bucket_name, key).await?;
        let id = random_string(UPLOAD_ID, 128);
        let mut output = json!({"Bucket": bucket_name, "Key": key, "UploadId": id});
        encryption.describe_write(&mut output);
        if asked.is_some() {
            set(&mut output, "ChecksumAlgorithm", json!(algorithm.name()));
            set(&mut output, "ChecksumType", json!(kind.name()));
        }
        let upload = Upload {
            key: key.to_owned(),
            initiated: whole_seconds(call.now),
            order: self.next_id(),
            headers,
            attributes: Attributes { tags, lock: destination.lock, acl: destination.acl, replication: None },
            storage_class: class,
            encryption,
            algorithm,
            kind,
            asked: asked.is_some(),
            initiator: initiator(call),
            overtaken: false,
            parts: std::collections::BTreeMap::new(),
        };
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        if bucket.incarnation != destination.incarnation {
            return Err(crate::error::no_such_bucket(bucket_name));
        }
        bucket.uploads.insert(id, upload);
        drop(state);
        Ok(output)
    }

    fn underway(&self, on: &OnBucket, key: &str, id: &str) -> Result<Underway, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(on)?;
        let folder = self.bucket_folder(bucket);
        let upload = bucket.uploads.get(id).filter(|upload| upload.key == key).ok_or_else(|| no_such_upload(id))?;
        Ok(Underway { encryption: upload.encryption.clone(), algorithm: upload.algorithm, asked: upload.asked, folder })
    }

    /// Streams a part in, and makes it the upload's part of that number. The checksum beside it is the client's own, which the answer has.
    async fn add_part(
        &self,
        call: &Call,
        (on, of, key): (&OnBucket, &PartOf, &OwnKey),
        (checksums, digests): (&GivenChecksums, &BodyDigests),
        body: Body,
    ) -> Result<(Part, Checksum, Underway), AwsError> {
        let customer = key.read(call)?;
        let number = part_number(of.part_number)?;
        let upload = self.underway(on, &of.key, &of.upload_id)?;
        let given = match checksum::given(checksums)? {
            Some((algorithm, _)) => Some(algorithm),
            None => checksum::announced(call, digests)?,
        };
        if let Some(given) = given
            && upload.asked
            && given != upload.algorithm
        {
            return Err(invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                upload.algorithm.name().to_ascii_lowercase(),
                given.name().to_ascii_lowercase()
            )));
        }
        customer_key::check_part(upload.encryption.customer_key(), customer.as_ref())?;
        let key = upload.encryption.open(call, customer.as_ref()).await?;
        let mut received =
            self.receive(call, (checksums, digests, true), body, &upload.folder, &key, Some(upload.algorithm)).await?;
        let digest: [u8; 16] = if upload.encryption.hides_md5() { rand::random() } else { received.md5 };
        let shown = received.client.take();
        let part = Part {
            checksum: received.checksum(upload.algorithm).ok_or_else(|| crate::error::internal("a part without checksum"))?,
            etag: format!("\"{}\"", hex::encode(digest)),
            digest,
            modified: whole_seconds(call.now),
            blob: received.blob,
        };
        let id = of.upload_id.as_str();
        let mut state = self.state();
        let stored = state.bucket(on)?.uploads.get_mut(id).ok_or_else(|| no_such_upload(id))?;
        stored.parts.insert(number, part.clone());
        let shown = shown.unwrap_or_else(|| part.checksum.clone());
        Ok((part, shown, upload))
    }

    pub(crate) async fn upload_part(&self, call: &Call, input: &UploadPart, body: Body) -> Result<Value, AwsError> {
        let (part, checksum, upload) =
            self.add_part(call, (&input.on, &input.part, &input.customer), (&input.checksums, &input.digests), body).await?;
        let mut output = json!({"ETag": part.etag});
        upload.encryption.describe(&mut output);
        checksum.describe(&mut output, false);
        Ok(output)
    }

    pub(crate) async fn upload_part_copy(&self, call: &Call, input: &UploadPartCopy) -> Result<Value, AwsError> {
        part_number(input.part.part_number)?;
        self.underway(&input.on, &input.part.key, &input.part.upload_id)?;
        let found = self.copy_source(call, &input.from, &input.source_conditions)?;
        let size = found.object.size;
        let (start, length) = match input.copy_source_range.get() {
            None => (0, size),
            Some(range) => {
                let refused = || {
                    invalid_argument(
                        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
                        "x-amz-copy-source-range",
                        range,
                    )
                };
                let (first, last) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or_else(refused)?;
                let (first, last): (u64, u64) = (first.parse().map_err(|_| refused())?, last.parse().map_err(|_| refused())?);
                if first > last {
                    return Err(refused());
                }
                if first >= size {
                    return Err(invalid_request("The specified copy range is invalid for the source object size"));
                }
                if last >= size {
                    return Err(invalid_argument(
                        format!("Range specified is not valid for source object of size: {size}"),
                        "x-amz-copy-source-range",
                        range,
                    ));
                }
                (first, last - first + 1)
            }
        };
        let source = self.read_source(call, &input.source_key, &found.object, (start, length)).await?;
        let quiet = Call { http: None, ..call.clone() };
        let (part, _, upload) = self
            .add_part(
                &quiet,
                (&input.on, &input.part, &input.customer),
                (&GivenChecksums::default(), &BodyDigests::default()),
                source,
            )
            .await?;
        let mut result = json!({"ETag": part.etag, "LastModified": part.modified});
        if upload.asked {
            part.checksum.describe(&mut result, false);
        }
        let mut output = json!({"CopyPartResult": result, "CopySourceVersionId": found.shown});
        upload.encryption.describe(&mut output);
        Ok(output)
    }

    pub(crate) async fn complete_multipart_upload(
        &self,
        call: &Call,
        input: &CompleteMultipartUpload,
    ) -> Result<Value, AwsError> {
        let key = checked_key(&input.upload.key)?;
        let id = input.upload.upload_id.as_str();
        if let Some(output) = self.completed(call, &input.on, key, id)? {
            return Ok(output);
        }
        let encryption = self.underway(&input.on, key, id)?.encryption;
        // As AWS does, completing needs the right to decrypt.
        if encryption.customer_key().is_none() {
            encryption.open(call, None).await?;
        }
        let (mut output, event) = self.complete(call, input, key, id)?;
        if let Some(expiration) = self.expiration(&input.on, key) {
            set(&mut output, "Expiration", json!(expiration));
        }
        self.notify(call, &input.on.bucket, vec![event]).await;
        Ok(output)
    }

    /// The answer to who completes an upload once more, as long as what it made is the newest version of its key.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    fn completed(&self, call: &Call, on: &OnBucket, key: &str, id: &str) -> Result<Option<Value>, AwsError> {
        let mut state = self.state();
        let bucket = state.bucket(on)?;
        let Some(version) = bucket.latest(key) else { return Ok(None) };
        let made = version.object().filter(|object| object.upload.as_deref() == Some(id));
        Ok(made.map(|object| {
            let mut output = outcome(call, &bucket.name, key, object);
            if let Some(checksum) = &object.checksum {
                checksum.describe(&mut output, true);
            }
            set(&mut output, "VersionId", bucket.written_version(&version.id));
            output
        }))
    }

    /// Makes an object of an upload's parts.
    fn complete(&self, call: &Call, input: &CompleteMultipartUpload, key: &str, id: &str) -> Result<(Value, Event), AwsError> {
        let wanted = input.multipart_upload.as_ref().map_or(&[][..], |upload| &upload.parts);
        if wanted.is_empty() {
            return Err(invalid_request("You must specify at least one part"));
        }
        let whole = checksum::given(&input.checksums)?;
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        crate::condition::check_write(&input.conditions, bucket, key)?;
        let upload = bucket.uploads.get(id).ok_or_else(|| no_such_upload(id))?;
        crate::condition::check_completion(&input.conditions, upload)?;
        let kind = if upload.asked { upload.kind.name() } else { "null" };
        if input.checksum_type.get().is_some_and(|given| given != kind) {
            return Err(invalid_request(format!(
                "The upload was created using the {kind} checksum mode. The complete request must use the same checksum mode."
            )));
        }
        let object = assemble(upload, id, wanted)?;
        // What an upload did not ask for is not looked at.
        let whole = whole.filter(|(algorithm, _)| upload.asked || *algorithm == upload.algorithm);
        if let (Some((algorithm, value)), Some(computed)) = (&whole, &object.checksum)
            && (*algorithm != computed.algorithm
                || asked_kind(input.checksum_type.get(), *algorithm) != computed.kind.name()
                || !computed.is(value))
        {
            let name = computed.algorithm.name().to_ascii_lowercase();
            let message = format!("The {name} you specified did not match the calculated checksum.");
            return Err(AwsError::new("BadDigest", 400, message));
        }
        if let Some(expected) = input.mpu_object_size.filter(|size| u64::try_from(*size).ok() != Some(object.size)) {
            return Err(invalid_request(format!(
                "The provided 'x-amz-mp-object-size' header value {expected} does not match what was computed: {}",
                object.size
            )));
        }
        let attributes = upload.attributes.clone();
        let attributes = Attributes { lock: bucket.lock(attributes.lock, call.now), ..attributes };
        let mut output = outcome(call, &bucket.name, key, &object);
        if let Some(checksum) = object.checksum.as_ref().filter(|_| upload.asked || !object.encryption.hides_md5()) {
            checksum.describe(&mut output, true);
        }
        bucket.uploads.remove(id);
        let object = std::sync::Arc::new(object);
        let content = crate::records::Content::Object(std::sync::Arc::clone(&object));
        let version = bucket.add(key, content, attributes, whole_seconds(call.now));
        set(&mut output, "VersionId", bucket.written_version(&version));
        drop(state);
        Ok((output, Event::created(call, "CompleteMultipartUpload", key, &version, &object)))
    }

    pub(crate) fn abort_multipart_upload(&self, input: &AbortMultipartUpload) -> Result<Value, AwsError> {
        let id = input.upload.upload_id.as_str();
        self.underway(&input.on, &input.upload.key, id)?;
        self.state().bucket(&input.on)?.uploads.remove(id);
        Ok(json!({}))
    }

    pub(crate) fn list_parts(&self, input: &ListParts) -> Result<Value, AwsError> {
        let id = input.upload.upload_id.as_str();
        self.underway(&input.on, &input.upload.key, id)?;
        let most = usize::try_from(input.max_parts.unwrap_or(1000)).unwrap_or(1000).min(1000);
        let marker = input.part_number_marker.unwrap_or(0);
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let owner = json!({"ID": canonical_id(&bucket.account)});
        let upload = bucket.uploads.get(id).ok_or_else(|| no_such_upload(id))?;
        let after: Vec<_> = upload.parts.range(marker + 1..).collect();
        let page: Vec<_> = after.iter().take(most).collect();
        let parts: Vec<Value> = page
            .iter()
            .map(|(number, part)| {
                let mut shown =
                    json!({"PartNumber": number, "LastModified": part.modified, "ETag": part.etag, "Size": part.blob.size});
                if upload.asked {
                    part.checksum.describe(&mut shown, false);
                }
                shown
            })
            .collect();
        let mut output = json!({
            "Bucket": bucket.name,
            "Key": upload.key,
            "UploadId": id,
            "PartNumberMarker": marker,
            "NextPartNumberMarker": page.last().map_or(0, |(number, _)| **number),
            "MaxParts": most,
            "IsTruncated": after.len() > page.len(),
            "Parts": parts,
            "Initiator": upload.initiator,
            "Owner": owner,
            "StorageClass": upload.storage_class,
        });
        if upload.asked {
            set(&mut output, "ChecksumAlgorithm", json!(upload.algorithm.name()));
            set(&mut output, "ChecksumType", json!(upload.kind.name()));
        }
        Ok(output)
    }

    pub(crate) fn list_multipart_uploads(&self, input: &ListMultipartUploads) -> Result<Value, AwsError> {
        let most = usize::try_from(input.max_uploads.unwrap_or(1000)).unwrap_or(1000).min(1000);
        let prefix = input.prefix.or_empty();
        let delimiter = input.delimiter.get();
        let url = crate::operations::list::encoding(input.encoding_type.as_deref())?;
        let write = |text: &str| if url { crate::operations::list::encoded(text) } else { text.to_owned() };
        let key_marker = input.key_marker.or_empty();
        // Without a key an upload is no marker.
        let id_marker = input.upload_id_marker.get().filter(|_| !key_marker.is_empty()).unwrap_or_default();
        let mut state = self.state();
        let bucket = state.bucket(&input.on)?;
        let owner = json!({"ID": canonical_id(&bucket.account)});
        let mut all: Vec<(&String, &Upload)> =
            bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(prefix)).collect();
        all.sort_by_key(|(_, upload)| (upload.key.as_str(), upload.order));
        if !id_marker.is_empty() && bucket.uploads.get(id_marker).is_none_or(|upload| upload.key != key_marker) {
            return Err(invalid_argument("Invalid uploadId marker", "upload-id-marker", id_marker));
        }
        let resume = all.iter().position(|(id, upload)| upload.key == key_marker && id.as_str() == id_marker);
        let start = match resume {
            Some(at) => at + 1,
            None => all.iter().filter(|(_, upload)| !key_marker.is_empty() && upload.key.as_str() <= key_marker).count(),
        };
        let (mut uploads, mut groups): (Vec<Value>, Vec<String>) = Default::default();
        let mut last = None;
        let mut truncated = false;
        for (id, upload) in all.into_iter().skip(start) {
            let group = delimiter.and_then(|delimiter| {
                let rest = upload.key.strip_prefix(prefix)?;
                let at = rest.find(delimiter)?;
                upload.key.get(..prefix.len() + at + delimiter.len())
            });
            if group.is_some_and(|group| key_marker.starts_with(group) || groups.last().is_some_and(|last| last == group)) {
                continue;
            }
            if uploads.len() + groups.len() >= most {
                truncated = most > 0;
                break;
            }
            match group {
                Some(group) => groups.push(group.to_owned()),
                None => {
                    last = Some((write(&upload.key), id.clone()));
                    let mut shown = json!({
                        "UploadId": id, "Key": write(&upload.key), "Initiated": upload.initiated, "StorageClass": upload.storage_class,
                        "Owner": owner, "Initiator": upload.initiator,
                    });
                    if upload.asked {
                        set(&mut shown, "ChecksumAlgorithm", json!(upload.algorithm.name()));
                        set(&mut shown, "ChecksumType", json!(upload.kind.name()));
                    }
                    uploads.push(shown);
                }
            }
        }
        let mut output = json!({
            "Bucket": bucket.name,
            "KeyMarker": write(key_marker),
            "UploadIdMarker": id_marker,
            "Prefix": input.prefix.get().map(write),
            "Delimiter": delimiter.map(write),
            "MaxUploads": most,
            "IsTruncated": truncated,
            "Uploads": uploads,
            "CommonPrefixes": groups.iter().map(|group| json!({"Prefix": write(group)})).collect::<Value>(),
        });
        if url {
            set(&mut output, "EncodingType", json!("url"));
        }
        // They are of the last upload in the list, whether or not there is more, and empty without one.
        let (key, id) = last.unwrap_or_default();
        set(&mut output, "NextKeyMarker", json!(key));
        set(&mut output, "NextUploadIdMarker", json!(id));
        Ok(output)
    }
}

/// What a completion takes its checksum for: what it says, or what the algorithm is for parts by itself.
fn asked_kind(given: Option<&str>, algorithm: Algorithm) -> &str {
    let default = algorithm.multipart_types().first().map(|kind| kind.name());
    given.or(default).unwrap_or_default()
}

/// What the completion of an upload answers of the object that it makes.
fn outcome(call: &Call, bucket: &str, key: &str, object: &Object) -> Value {
    let encoded = percent_encoding::utf8_percent_encode(key, UNRESERVED);
    let location = format!("https://{bucket}.s3.{}.amazonaws.com/{encoded}", call.region.name());
    let mut output = json!({"Bucket": bucket, "Key": key, "ETag": object.etag, "Location": location});
    if object.encryption.customer_key().is_none() {
        object.encryption.describe(&mut output);
    }
    output
}

/// The object that the wanted parts make.
fn assemble(upload: &Upload, id: &str, wanted: &[CompletedPart]) -> Result<Object, AwsError> {
    let mut etags = md5::Md5::new();
    let (mut blobs, mut facts, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    let numbers: Vec<i64> = wanted.iter().map(|one| one.number).collect();
    if !numbers.is_sorted_by(|before, after| before < after) {
        return Err(AwsError::new(
            "InvalidPartOrder",
            400,
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        )
        .with("UploadId", id));
    }
    let count = wanted.len();
    for (at, one) in wanted.iter().enumerate() {
        let (number, etag) = (one.number, one.etag.as_str());
        let given = checksum::given(&one.checksums())?;
        let part = upload.parts.get(&number).filter(|part| {
            let same_sum = match &given {
                None => true,
                // Parts have checksums to be compared only if the upload asked for them.
                Some(_) if !upload.asked => false,
                Some((algorithm, value)) => *algorithm != part.checksum.algorithm || *value == part.checksum.value,
            };
            part.etag.trim_matches('"') == etag.trim_matches('"') && same_sum
        });
        let Some(part) = part else {
            return Err(AwsError::new(
                "InvalidPart",
                400,
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
            )
            .with("UploadId", id)
            .with("PartNumber", number)
            .with("ETag", etag.trim_matches('"')));
        };
        match &given {
            Some((algorithm, _)) if *algorithm != upload.algorithm => {
                let name = algorithm.name().to_ascii_lowercase();
                let message = format!("The {name} you specified for part {number} did not match what we received.");
                return Err(AwsError::new("BadDigest", 400, message));
            }
            None if upload.asked && upload.kind == Kind::Composite => {
                let name = upload.algorithm.name().to_ascii_lowercase();
                return Err(invalid_request(format!(
                    "The upload was created using a {name} checksum. The complete request must include the checksum for each part. It was missing for part {number} in the request."
                )));
            }
            _ => {}
        }
        if at + 1 < count && part.blob.size < SMALLEST_PART {
            return Err(AwsError::new("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size")
                .with("ProposedSize", part.blob.size)
                .with("MinSizeAllowed", SMALLEST_PART)
                .with("PartNumber", number)
                .with("ETag", etag.trim_matches('"')));
        }
        etags.update(part.digest);
        blobs.push(part.blob.clone());
        facts.push(PartFacts { number, size: part.blob.size, checksum: Some(part.checksum.clone()) });
        sums.push((part.checksum.clone(), part.blob.size));
    }
    Ok(Object {
        size: blobs.iter().map(|blob| blob.size).sum(),
        etag: format!("\"{}-{count}\"", hex::encode(etags.finalize())),
        blobs,
        upload: Some(id.to_owned()),
        parts: facts,
        headers: upload.headers.clone(),
        storage_class: upload.storage_class.clone(),
        encryption: upload.encryption.clone(),
        // Under a client's key S3 has nothing to compute one from later.
        checksum: (upload.asked || upload.encryption.customer_key().is_none())
            .then(|| checksum::of_parts(upload.algorithm, upload.kind, &sums)),
    })
}
