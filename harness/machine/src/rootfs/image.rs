//! What a file or folder has: an image in layers, or a system's files as they are.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::archive::{Index, Parts, has_entry};
use super::layer::{self, Failed};
use super::manifest::{self, Layers};
use super::system::HOST;
use super::tree::Tree;
use super::{RootfsError, compression, copy};

/// A root file system as it is given.
pub(super) enum Source {
    /// An image.
    Layers(Parts, Layers),
    /// An archive of a system's files.
    Archive(Index),
    /// A folder with them.
    Folder(std::path::PathBuf),
}

impl Source {
    /// Looks at what is at `path`. Archives that are compressed are undone into `scratch`.
    pub(super) fn open(path: &Path, scratch: &Path) -> Result<Self, RootfsError> {
        let read = |source| RootfsError::Read { path: path.to_owned(), source };
        let form = |why: String| RootfsError::Form { path: path.to_owned(), why };
        let folder = fs::metadata(path).map_err(read)?.is_dir();
        let parts = if folder {
            Parts::Folder(path.to_owned())
        } else {
            let file = File::open(path).map_err(read)?;
            let index = Index::new(file, scratch).map_err(|error| form(format!("as a tar archive, {error}")))?;
            if index.is_empty() {
                return Err(form("there is nothing in it".to_owned()));
            }
            Parts::Archive(index)
        };
        if let Some(layers) = manifest::read(&parts, HOST).map_err(form)? {
            if layers.architecture != HOST {
                return Err(RootfsError::Architecture { path: path.to_owned(), found: layers.architecture, host: HOST });
            }
            return Ok(Self::Layers(parts, layers));
        }
        match parts {
            Parts::Archive(index) => Ok(Self::Archive(index)),
            Parts::Folder(folder) if ["bin", "usr", "etc"].iter().any(|name| has_entry(&folder, name)) => {
                Ok(Self::Folder(folder))
            }
            Parts::Folder(_) => Err(form("it has neither an image nor /bin, /usr and /etc".to_owned())),
        }
    }

    /// A digest of its content.
    pub(super) fn digest(&self) -> Result<String, Failed> {
        let failed = |entry: &str| {
            let entry = entry.to_owned();
            move |source| Failed { entry, source }
        };
        let of = |stream: Box<dyn Read + '_>| {
            let mut hashed = Hashed { stream, digest: Some(Sha256::new()) };
            io::copy(&mut hashed, &mut io::sink())?;
            Ok(hashed.digest.map(|digest| hex::encode(digest.finalize())).unwrap_or_default())
        };
        match self {
            // It has the digests of all layers.
            Self::Layers(parts, layers) => parts.open(&layers.config).and_then(of).map_err(failed(&layers.config)),
            Self::Archive(index) => index.whole().and_then(|whole| of(Box::new(whole))).map_err(failed("/")),
            Self::Folder(folder) => copy::digest(folder),
        }
    }

    /// Puts all files in their places.
    pub(super) fn unpack(&self, tree: &mut Tree) -> Result<(), Failed> {
        match self {
            Self::Layers(parts, layers) => {
                layers.parts.iter().try_for_each(|part| unpack_layer(tree, parts, part, layers.by_digest))
            }
            Self::Archive(index) => {
                let whole = index.whole().map_err(|source| Failed { entry: "/".to_owned(), source })?;
                layer::apply(tree, whole, false)
            }
            Self::Folder(folder) => copy::copy(tree, folder),
        }
    }
}

/// Puts a layer in its place, and holds its digest against its name, if that is one.
fn unpack_layer(tree: &mut Tree, parts: &Parts, part: &str, by_digest: bool) -> Result<(), Failed> {
    let failed = |source| Failed { entry: part.to_owned(), source };
    let mut hashed = Hashed { stream: parts.open(part).map_err(failed)?, digest: by_digest.then(Sha256::new) };
    layer::apply(tree, compression::open(&mut hashed).map_err(failed)?, true)
        .map_err(|Failed { entry, source }| Failed { entry: format!("{part}: {entry}"), source })?;
    // What follows an archive's end counts, too.
    io::copy(&mut hashed, &mut io::sink()).map_err(failed)?;
    match hashed.digest.map(|digest| hex::encode(digest.finalize())) {
        Some(digest) if part.starts_with("blobs/sha256/") && !part.ends_with(&digest) => {
            Err(failed(io::Error::new(io::ErrorKind::InvalidData, format!("its content has the digest {digest}"))))
        }
        _ => Ok(()),
    }
}

/// A stream whose digest is taken as it is read.
struct Hashed<R> {
    stream: R,
    digest: Option<Sha256>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if let (Some(digest), Some(read)) = (&mut self.digest, buffer.get(..count)) {
            digest.update(read);
        }
        Ok(count)
    }
}
