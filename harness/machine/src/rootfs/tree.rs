//! A folder that is filled with a system's files, none of which leads out of it.
//!
//! Each path is resolved as that system would, its root being the folder: a link to `/run` in it is its own `/run`.
//! <https://man7.org/linux/man-pages/man2/openat2.2.html> has how the kernel does that.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawMode, ResolveFlags, Timespec, Timestamps, chmodat, fchmod, futimens, linkat,
    mkdirat, mknodat, open, openat, openat2, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

/// Permissions that a file keeps: neither set-user-id nor set-group-id, as there is one owner.
const PERMISSIONS: RawMode = 0o777;
/// Those of a folder, which may have the sticky bit, too.
const FOLDER_PERMISSIONS: RawMode = 0o1777;
/// Those of a folder that is being filled.
const OPEN: Mode = Mode::RWXU;

/// The folder.
pub(super) struct Tree {
    root: OwnedFd,
    /// What folders are to have for permissions once everything is in them.
    folders: BTreeMap<PathBuf, RawMode>,
}

/// A path's folder and its name there; the root itself has none.
struct Place {
    folder: OwnedFd,
    name: OsString,
}

impl Tree {
    /// Fills `folder`, which exists.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let root = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root, folders: BTreeMap::new() })
    }

    /// Makes a folder, unless there is one; whatever else is in its place goes.
    pub(super) fn folder(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        let path = relative(path)?;
        self.folders.insert(path.clone(), mode & FOLDER_PERMISSIONS);
        let Some(place) = self.place(&path)? else { return Ok(()) };
        match kind(&place)? {
            Some(FileType::Directory) => return Ok(()),
            Some(_) => remove(&place)?,
            None => {}
        }
        Ok(mkdirat(&place.folder, &place.name, OPEN)?)
    }

    /// Makes a file with what `content` has.
    pub(super) fn file(&mut self, path: &Path, mode: u32, modified: i64, content: &mut dyn Read) -> io::Result<()> {
        let Some(place) = self.cleared(path)? else { return Ok(()) };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&place.folder, &place.name, flags, Mode::RUSR | Mode::WUSR)?);
        io::copy(content, &mut file)?;
        fchmod(&file, Mode::from_raw_mode(mode & PERMISSIONS))?;
        let time = Timespec { tv_sec: modified, tv_nsec: 0 };
        Ok(futimens(&file, &Timestamps { last_access: time, last_modification: time })?)
    }

    /// Makes a symbolic link.
    pub(super) fn link(&mut self, path: &Path, target: &Path) -> io::Result<()> {
        let Some(place) = self.cleared(path)? else { return Ok(()) };
        Ok(symlinkat(target, &place.folder, &place.name)?)
    }

    /// Gives a file that is there a second name.
    pub(super) fn hard_link(&mut self, path: &Path, file: &Path) -> io::Result<()> {
        let Some(file) = self.place(&relative(file)?)? else { return Err(io::ErrorKind::InvalidInput.into()) };
        let Some(place) = self.place(&relative(path)?)? else { return Ok(()) };
        if same(&file, &place)? {
            return Ok(());
        }
        remove(&place)?;
        Ok(linkat(&file.folder, &file.name, &place.folder, &place.name, AtFlags::empty())?)
    }

    /// Makes a named pipe.
    pub(super) fn pipe(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        let Some(place) = self.cleared(path)? else { return Ok(()) };
        Ok(mknodat(&place.folder, &place.name, FileType::Fifo, Mode::from_raw_mode(mode & PERMISSIONS), 0)?)
    }

    /// Removes what is there, with all below it; nothing may be.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let path = relative(path)?;
        self.folders.retain(|folder, _| path.as_os_str().is_empty() || !folder.starts_with(&path));
        match self.existing(&path)? {
            Some(place) => remove(&place),
            None => Ok(()),
        }
    }

    /// Names of what is in a folder; none if there is no such folder.
    pub(super) fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = match within(&self.root, &relative(path)?, flags) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Vec::new()),
            opened => opened?,
        };
        fs::read_dir(by_descriptor(&folder))?.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// Gives all folders the permissions that they are to have, the deepest first.
    pub(super) fn finish(self) -> io::Result<()> {
        for (path, mode) in self.folders.iter().rev() {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            // Another layer may have put something else there, or nothing.
            let Ok(folder) = within(&self.root, path, flags) else { continue };
            chmodat(CWD, by_descriptor(&folder), Mode::from_raw_mode(*mode), AtFlags::empty())?;
        }
        Ok(())
    }

    /// A path's place, cleared of what was there, with all folders above it.
    fn cleared(&mut self, path: &Path) -> io::Result<Option<Place>> {
        let path = relative(path)?;
        let place = self.place(&path)?;
        if let Some(place) = &place {
            remove(place)?;
            self.folders.remove(&path);
        }
        Ok(place)
    }

    /// A path's place, whose folders are made where they are not there; `None` for the root.
    fn place(&self, path: &Path) -> io::Result<Option<Place>> {
        let (Some(name), Some(above)) = (path.file_name(), path.parent()) else { return Ok(None) };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = match within(&self.root, above, flags) {
            Err(Errno::NOENT) => {
                let mut made = PathBuf::new();
                for part in above.components() {
                    let folder = within(&self.root, &made, flags)?;
                    match mkdirat(&folder, part.as_os_str(), Mode::from_raw_mode(0o755)) {
                        Err(Errno::EXIST) | Ok(()) => {}
                        Err(error) => return Err(error.into()),
                    }
                    made.push(part);
                }
                within(&self.root, above, flags)?
            }
            opened => opened?,
        };
        Ok(Some(Place { folder, name: name.to_owned() }))
    }

    /// The place of what may be there.
    fn existing(&self, path: &Path) -> io::Result<Option<Place>> {
        let (Some(name), Some(above)) = (path.file_name(), path.parent()) else { return Ok(None) };
        match within(&self.root, above, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC) {
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            opened => Ok(Some(Place { folder: opened?, name: name.to_owned() })),
        }
    }
}

/// Opens a file of the system that is in `folder`, as that system finds it.
pub(super) fn open_in(folder: &Path, path: &Path) -> io::Result<File> {
    let root = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    // What is no ordinary file, such as a pipe, is not waited for.
    Ok(File::from(within(&root, &relative(path)?, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC)?))
}

/// Where a folder of the system that is in `folder` is, below that, with all links followed; `None` if it is not there.
pub(super) fn resolve(folder: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    let root = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let found = match within(&root, &relative(path)?, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        opened => opened?,
    };
    let (root, found) = (fs::read_link(by_descriptor(&root))?, fs::read_link(by_descriptor(&found))?);
    Ok(found.strip_prefix(root).ok().map(Path::to_owned))
}

/// Opens a path below `root` that leads out of it by no link.
fn within(root: &OwnedFd, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    loop {
        match openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS) {
            // Somebody renamed something on the way.
            Err(Errno::AGAIN | Errno::INTR) => {}
            opened => return opened,
        }
    }
}

/// A path as it is below the root.
fn relative(path: &Path) -> io::Result<PathBuf> {
    let mut relative = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => relative.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "its path leads upwards"));
            }
        }
    }
    Ok(relative)
}

fn by_descriptor(folder: &OwnedFd) -> PathBuf {
    Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string())
}

fn kind(place: &Place) -> io::Result<Option<FileType>> {
    match statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn same(one: &Place, other: &Place) -> io::Result<bool> {
    let stat = |place: &Place| match statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some((found.st_dev, found.st_ino))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(io::Error::from(error)),
    };
    let (one, other) = (stat(one)?, stat(other)?);
    Ok(one.is_some() && one == other)
}

fn remove(place: &Place) -> io::Result<()> {
    match kind(place)? {
        None => Ok(()),
        Some(FileType::Directory) => fs::remove_dir_all(by_descriptor(&place.folder).join(OsStr::new(&place.name))),
        Some(_) => Ok(unlinkat(&place.folder, &place.name, AtFlags::empty())?),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn links_lead_to_places_in_the_folder_and_never_out_of_it() {
        let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut tree = Tree::new(folder.path()).unwrap();
        for (link, target) in [("escape", outside.path()), ("up", Path::new("../../../../..")), ("absolute", Path::new("/run"))] {
            tree.link(Path::new(link), target).unwrap();
            let _ = tree.file(&Path::new(link).join("written"), 0o644, 0, &mut &b"x"[..]);
        }
        tree.folder(Path::new("run"), 0o755).unwrap();
        tree.file(Path::new("absolute/pid"), 0o644, 0, &mut &b"1"[..]).unwrap();
        tree.file(Path::new("up/top"), 0o644, 0, &mut &b"2"[..]).unwrap();
        assert!(tree.file(Path::new("../written"), 0o644, 0, &mut &b"x"[..]).is_err());
        tree.finish().unwrap();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        assert!(!Path::new("/run/pid").exists() && !Path::new("/top").exists());
        assert_eq!(fs::read_to_string(folder.path().join("run/pid")).unwrap(), "1");
        assert_eq!(fs::read_to_string(folder.path().join("top")).unwrap(), "2");
    }

    #[test]
    fn a_folder_that_nobody_may_write_to_is_filled_before_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(folder.path()).unwrap();
        tree.folder(Path::new("closed"), 0o500).unwrap();
        tree.folder(Path::new("closed/deep"), 0o1777).unwrap();
        tree.file(Path::new("closed/deep/su"), 0o4755, 86_400, &mut &b"x"[..]).unwrap();
        tree.finish().unwrap();
        let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("closed"), mode("closed/deep"), mode("closed/deep/su")), (0o500, 0o1777, 0o755));
        fs::set_permissions(folder.path().join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn a_path_is_found_as_the_system_itself_would() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("etc/pki/tls/certs")).unwrap();
        fs::create_dir_all(folder.path().join("etc/ssl")).unwrap();
        symlink("/etc/pki/tls/certs", folder.path().join("etc/ssl/certs")).unwrap();
        assert_eq!(resolve(folder.path(), Path::new("/etc/ssl/certs")).unwrap(), Some("etc/pki/tls/certs".into()));
        assert_eq!(resolve(folder.path(), Path::new("/no/such")).unwrap(), None);
    }
}
