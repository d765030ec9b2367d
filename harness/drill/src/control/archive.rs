//! Changes the archive of a night between its upload and the drill's own look at it.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::account::dynamic_client::DynamicClient;
use crate::archive::bucket::{self, Bucket, Listing, Object};
use crate::chain::failure::{HopFailure, at};
use crate::restore::archive_check::download_object;
use crate::steps::verify::is_companion;
use crate::{ArchiveControl, FailurePoint};

/// The key that AWS manages for S3 in each account.
const KEY_OF_S3: &str = "alias/aws/s3";

/// Changes the largest object that came since `before`, or all of them if they are to be missing. Returns what was done, or why there is nothing to
/// do: the control does not apply.
pub(crate) async fn apply(
    control: ArchiveControl,
    client: &DynamicClient,
    buckets: &[Bucket],
    before: &Listing,
    folder: &Path,
) -> Result<Result<String, String>, HopFailure> {
    let now = bucket::objects(client, buckets).await?;
    let mut fresh: Vec<&Object> = now.versions.difference(&before.versions).filter(|object| !is_companion(&object.key)).collect();
    fresh.sort_by_key(|object| std::cmp::Reverse(object.bytes));
    let Some(largest) = fresh.first().copied() else { return Ok(Err("no archive came".to_owned())) };
    let name = format!("s3://{}/{}", largest.bucket, largest.key);
    if control == ArchiveControl::Missing {
        for object in &fresh {
            delete(client, object).await?;
        }
        return Ok(Ok(format!("deleted {name} and {} more", fresh.len() - 1)));
    }
    let head = client.ask("s3", "HeadObject", &largest.input()).await.map_err(at(FailurePoint::Drill, "HeadObject"))?;
    let text = |name: &str| head.get(name).and_then(Value::as_str);
    let (algorithm, key) = match control {
        ArchiveControl::Unencrypted | ArchiveControl::WrongKey if text("ServerSideEncryption") != Some("aws:kms") => {
            return Ok(Err("the archive is encrypted by S3's own key, and S3 stores nothing without encryption".to_owned()));
        }
        ArchiveControl::WrongKey if is_key_of_s3(client, text("SSEKMSKeyId")).await? => {
            return Ok(Err("the archive is encrypted by AWS's own key for S3".to_owned()));
        }
        ArchiveControl::Unencrypted => (Some("AES256"), None),
        ArchiveControl::WrongKey => (Some("aws:kms"), Some(KEY_OF_S3)),
        _ => (text("ServerSideEncryption"), text("SSEKMSKeyId")),
    };
    let named = (largest.bucket.as_str(), largest.key.as_str(), largest.version.as_deref());
    let mut file = download_object(client, named, folder).await?;
    let broken = |error: std::io::Error| HopFailure::at(FailurePoint::Drill, format!("{name}: {error}"));
    let done = change(control, &mut file).map_err(broken)?;
    let changed = copied(file, folder).map_err(broken)?;
    delete(client, largest).await?;
    let input = json!({ "Bucket": largest.bucket, "Key": largest.key, "Metadata": head.get("Metadata"), "ContentType": text("ContentType"),
        "ServerSideEncryption": algorithm, "SSEKMSKeyId": key });
    client.upload(&input, changed.path()).await.map_err(at(FailurePoint::Drill, "PutObject"))?;
    Ok(Ok(format!("{name}: {done}")))
}

/// A file with a name, of the same content.
fn copied(mut file: std::fs::File, folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut named = NamedTempFile::new_in(folder)?;
    file.seek(SeekFrom::Start(0))?;
    std::io::copy(&mut file, &mut named)?;
    named.flush()?;
    Ok(named)
}

/// Changes the bytes in the file. Returns what was done.
fn change(control: ArchiveControl, file: &mut std::fs::File) -> std::io::Result<String> {
    let length = file.metadata()?.len();
    let kept = match control {
        ArchiveControl::Empty => 0,
        ArchiveControl::Truncated => length / 2,
        ArchiveControl::ByteChanged => {
            let at = flip(file, length)?;
            return Ok(format!("a bit of byte {at} of {length} is flipped"));
        }
        _ => return Ok(control.title().to_owned()),
    };
    file.set_len(kept)?;
    Ok(format!("{kept} of {length} bytes are left"))
}

/// Flips a bit of the first byte from the middle on that is not zero: zeros may be padding, which holds nothing.
fn flip(file: &mut std::fs::File, length: u64) -> std::io::Result<u64> {
    let middle = length / 2;
    file.seek(SeekFrom::Start(middle))?;
    let found = std::io::BufReader::new(&*file).bytes().enumerate().find(|(_, byte)| !matches!(byte, Ok(0)));
    let (offset, byte) = match found {
        Some((offset, byte)) => (middle + offset as u64, byte?),
        None => return Err(std::io::Error::other("its second half is all zeros")),
    };
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&[byte ^ 1])?;
    Ok(offset)
}

/// Whether a key is the one that AWS manages for S3.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key>
async fn is_key_of_s3(client: &DynamicClient, key: Option<&str>) -> Result<bool, HopFailure> {
    let Some(key) = key else { return Ok(true) };
    let described = client.ask("kms", "DescribeKey", &json!({ "KeyId": key })).await;
    let described = described.map_err(at(FailurePoint::Drill, "DescribeKey"))?;
    Ok(described.pointer("/KeyMetadata/KeyManager").and_then(Value::as_str) == Some("AWS"))
}

async fn delete(client: &DynamicClient, object: &Object) -> Result<(), HopFailure> {
    client.ask("s3", "DeleteObject", &object.input()).await.map(drop).map_err(at(FailurePoint::Drill, "DeleteObject"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(control: ArchiveControl, content: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(content)?;
        change(control, &mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let mut left = Vec::new();
        file.read_to_end(&mut left)?;
        Ok(left)
    }

    #[test]
    fn half_of_it_is_cut_off_or_all() {
        assert_eq!(changed(ArchiveControl::Truncated, b"abcd").unwrap(), b"ab");
        assert_eq!(changed(ArchiveControl::Empty, b"abcd").unwrap(), b"");
    }

    #[test]
    fn a_bit_is_flipped_that_is_no_padding() {
        assert_eq!(changed(ArchiveControl::ByteChanged, b"ab\0\0cd").unwrap(), b"ab\0\0bd");
        assert!(changed(ArchiveControl::ByteChanged, b"abc\0\0\0").is_err());
    }

    #[test]
    fn another_key_leaves_the_bytes() {
        assert_eq!(changed(ArchiveControl::WrongKey, b"abcd").unwrap(), b"abcd");
    }
}
