//! Data for instances.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A folder of data that a scenario fills.
#[derive(Debug)]
pub struct Site(PathBuf);

impl Site {
    /// An empty one, in `parent`.
    ///
    /// # Errors
    /// What the file system answered; so for all below.
    pub fn new(parent: &Path) -> io::Result<Self> {
        let folder = parent.join("data");
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file with this content; its folders are made.
    ///
    /// # Errors
    /// See [`Site::new`].
    pub fn file(self, name: &str, content: &[u8]) -> io::Result<Self> {
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
        Ok(self)
    }

    /// A symbolic link.
    ///
    /// # Errors
    /// See [`Site::new`].
    pub fn link(self, name: &str, target: &str) -> io::Result<Self> {
        symlink(target, self.0.join(name))?;
        Ok(self)
    }

    /// `count` small files, a hundred to a folder.
    ///
    /// # Errors
    /// See [`Site::new`].
    pub fn files(mut self, count: usize) -> io::Result<Self> {
        for number in 0..count {
            self = self.file(&format!("{:03}/{number}.txt", number / 100), format!("file {number}\n").as_bytes())?;
        }
        Ok(self)
    }

    /// A file of bytes that do not compress.
    ///
    /// # Errors
    /// See [`Site::new`].
    pub fn noise(self, name: &str, mebibytes: usize) -> io::Result<Self> {
        let mut file = io::BufWriter::new(File::create(self.0.join(name))?);
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..mebibytes * 1024 * 1024 / 8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            file.write_all(&state.to_le_bytes())?;
        }
        file.flush()?;
        Ok(self)
    }
}
