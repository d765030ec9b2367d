//! Bytes on disk: each blob one file, encrypted at rest in frames of AES-256-GCM, written to a temporary name and renamed.
//!
//! A file's key is derived from the object's data key and the file's id, so that every file has nonces of its own (the frame's
//! number). Frames let a range be read without what stands before it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use nightproof_core::service::Body;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

/// Plain bytes in a frame.
const FRAME: usize = 64 * 1024;
/// Bytes of the authentication tag behind each frame.
const TAG: usize = 16;

/// The key that an object's files are encrypted under. Shown by nothing.
#[derive(Clone)]
pub(super) struct DataKey([u8; 32]);

impl DataKey {
    /// A fresh key.
    pub(super) fn random() -> Self {
        Self(rand::random())
    }

    /// A key of exactly 32 bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    fn of_file(&self, id: &str) -> std::io::Result<LessSafeKey> {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), id.as_bytes());
        UnboundKey::new(&AES_256_GCM, derived.as_ref()).map(LessSafeKey::new).map_err(|_| std::io::Error::other("no AES-256 key"))
    }
}

/// A file that vanishes with its last owner: a version that was removed, or a reader that still streams it.
#[derive(Debug)]
struct OwnedFile(PathBuf);

impl Drop for OwnedFile {
    fn drop(&mut self) {
        // The region's folder may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A finished blob: an object's bytes, or a part's.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    file: Arc<OwnedFile>,
    id: Arc<str>,
    /// Plain bytes.
    pub(super) size: u64,
}

/// Writes a blob.
pub(super) struct Writer {
    file: tokio::fs::File,
    temporary: OwnedFile,
    path: PathBuf,
    id: String,
    key: LessSafeKey,
    frame: Vec<u8>,
    frames: u64,
    size: u64,
}

impl Writer {
    /// A new blob in `folder`, which is made if it is missing.
    pub(super) async fn create(folder: &Path, key: &DataKey) -> std::io::Result<Self> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let path = folder.join(&id);
        let temporary = path.with_extension("part");
        let options = {
            let mut options = tokio::fs::OpenOptions::new();
            options.write(true).create_new(true);
            options
        };
        let file = match options.open(&temporary).await {
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
                tokio::fs::create_dir_all(folder).await?;
                options.open(&temporary).await?
            }
            other => other?,
        };
        let key = key.of_file(&id)?;
        Ok(Self { file, temporary: OwnedFile(temporary), path, id, key, frame: Vec::new(), frames: 0, size: 0 })
    }

    /// Appends `bytes`.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(FRAME - self.frame.len()));
            self.frame.extend_from_slice(now);
            bytes = later;
            if self.frame.len() == FRAME {
                self.seal().await?;
            }
        }
        Ok(())
    }

    async fn seal(&mut self) -> std::io::Result<()> {
        self.key
            .seal_in_place_append_tag(nonce(self.frames), Aad::empty(), &mut self.frame)
            .map_err(|_| std::io::Error::other("a frame could not be sealed"))?;
        self.file.write_all(&self.frame).await?;
        self.frames += 1;
        self.frame.clear();
        Ok(())
    }

    /// Gives the blob its name.
    pub(super) async fn finish(mut self) -> std::io::Result<Blob> {
        if !self.frame.is_empty() {
            self.seal().await?;
        }
        self.file.flush().await?;
        tokio::fs::rename(&self.temporary.0, &self.path).await?;
        Ok(Blob { file: Arc::new(OwnedFile(self.path)), id: self.id.into(), size: self.size })
    }
}

fn nonce(frame: u64) -> Nonce {
    let mut bytes = [0; 12];
    for (to, from) in bytes.iter_mut().zip(frame.to_le_bytes()) {
        *to = from;
    }
    Nonce::assume_unique_for_key(bytes)
}

/// `length` plain bytes from `start` of the concatenation of `blobs`, as a stream.
pub(super) fn read(blobs: &[Blob], key: &DataKey, start: u64, length: u64) -> Body {
    let mut spans = Vec::new();
    let (mut skip, mut left) = (start, length);
    for blob in blobs {
        if skip >= blob.size {
            skip -= blob.size;
            continue;
        }
        let take = left.min(blob.size - skip);
        if take > 0 {
            spans.push((blob.clone(), skip, take));
        }
        left -= take;
        skip = 0;
    }
    spans.reverse();
    let state = (spans, None::<Reader>, key.clone());
    let frames = futures_util::stream::try_unfold(state, |(mut spans, mut reader, key)| async move {
        loop {
            if let Some(open) = &mut reader
                && let Some(bytes) = open.next().await?
            {
                return Ok(Some((Frame::data(bytes), (spans, reader, key))));
            }
            match spans.pop() {
                Some((blob, start, length)) => reader = Some(Reader::open(blob, &key, start, length).await?),
                None => return Ok::<_, std::io::Error>(None),
            }
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

struct Reader {
    file: tokio::fs::File,
    key: LessSafeKey,
    blob: Blob,
    frame: u64,
    skip: usize,
    left: u64,
}

impl Reader {
    async fn open(blob: Blob, key: &DataKey, start: u64, length: u64) -> std::io::Result<Self> {
        let mut file = tokio::fs::File::open(&blob.file.0).await?;
        let frame = start / FRAME as u64;
        file.seek(std::io::SeekFrom::Start(frame * (FRAME + TAG) as u64)).await?;
        let key = key.of_file(&blob.id)?;
        let skip = usize::try_from(start % FRAME as u64).map_err(std::io::Error::other)?;
        Ok(Self { file, key, blob, frame, skip, left: length })
    }

    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let plain = (self.blob.size - self.frame * FRAME as u64).min(FRAME as u64);
        let mut sealed = BytesMut::zeroed(usize::try_from(plain).map_err(std::io::Error::other)? + TAG);
        self.file.read_exact(&mut sealed).await?;
        let opened = self
            .key
            .open_in_place(nonce(self.frame), Aad::empty(), &mut sealed)
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "a stored frame does not decrypt"))?
            .len();
        sealed.truncate(opened);
        let mut bytes = sealed.freeze();
        let bytes = bytes.split_off(self.skip.min(bytes.len()));
        let bytes = bytes.slice(..bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX)));
        self.left -= bytes.len() as u64;
        self.frame += 1;
        self.skip = 0;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn written(folder: &Path, key: &DataKey, bytes: &[u8]) -> Blob {
        let mut writer = Writer::create(folder, key).await.expect("created");
        for piece in bytes.chunks(10_007) {
            writer.write(piece).await.expect("written");
        }
        writer.finish().await.expect("finished")
    }

    async fn bytes_of(body: Body) -> Bytes {
        body.collect().await.expect("readable").to_bytes()
    }

    #[tokio::test]
    async fn any_range_over_several_blobs_reads_as_written() {
        let folder = tempfile::tempdir().expect("folder");
        let key = DataKey::random();
        let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let blobs =
            [written(folder.path(), &key, &content[..131_072]).await, written(folder.path(), &key, &content[131_072..]).await];
        for (start, length) in
            [(0, 300_000), (0, 0), (65_535, 2), (131_071, 2), (131_072, 168_928), (299_999, 1), (70_000, 140_000)]
        {
            let read = bytes_of(read(&blobs, &key, start, length)).await;
            assert!(read == content[start as usize..(start + length) as usize], "{start}+{length}");
        }
    }

    #[tokio::test]
    async fn what_stands_on_disk_is_not_the_plain_text() {
        let folder = tempfile::tempdir().expect("folder");
        let blob = written(folder.path(), &DataKey::random(), &[7; 1000]).await;
        let stored = std::fs::read(&blob.file.0).expect("stored");
        assert_eq!(stored.len(), 1016);
        assert!(!stored.windows(8).any(|window| window == [7; 8]));
    }

    #[tokio::test]
    async fn a_file_goes_with_its_last_owner_and_an_abandoned_one_at_once() {
        let folder = tempfile::tempdir().expect("folder");
        let key = DataKey::random();
        let blob = written(folder.path(), &key, b"abc").await;
        let reader = read(std::slice::from_ref(&blob), &key, 0, 3);
        drop(blob);
        assert_eq!(bytes_of(reader).await, "abc");
        let mut writer = Writer::create(folder.path(), &key).await.expect("created");
        writer.write(b"half").await.expect("written");
        drop(writer);
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[tokio::test]
    async fn another_key_does_not_open_it() {
        let folder = tempfile::tempdir().expect("folder");
        let blob = written(folder.path(), &DataKey::random(), b"secret").await;
        assert!(read(&[blob], &DataKey::random(), 0, 6).collect().await.is_err());
    }
}
