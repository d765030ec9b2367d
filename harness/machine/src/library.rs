//! The loader and libraries that the guest needs in a system that is not this host's.
//!
//! The guest is nightproof itself, linked against this host's C library, while a container or a root file system may have an older one, or
//! another, or none. So the host's own loader and libraries are mounted beside it, read-only at a private path, and the guest is started by
//! that loader.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nightproof_machine_protocol::spec::inside;

/// How a program of this host is started in such a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// Outside and inside path of each file that it needs.
    pub(crate) files: Vec<(PathBuf, String)>,
    /// Its command line, but for the last argument.
    pub(crate) command: Vec<String>,
}

/// Asks the loader what `program` is loaded with, as `ldd` does. Inside it is to be at `inside`.
pub(crate) fn of(program: &Path, inside: &str) -> std::io::Result<Start> {
    let output =
        Command::new(program).arg("--version").env_clear().env("LD_TRACE_LOADED_OBJECTS", "1").stdin(Stdio::null()).output()?;
    Ok(start(program, inside, &String::from_utf8_lossy(&output.stdout)))
}

fn start(program: &Path, inside: &str, listing: &str) -> Start {
    let mut files = vec![(program.to_owned(), inside.to_owned())];
    let mut loader = None;
    for library in listing.lines().filter_map(library) {
        let Some(name) = library.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        let target = format!("{}/{name}", inside::LIBRARIES);
        if name.starts_with("ld-") {
            loader = Some(target.clone());
        }
        files.push((library, target));
    }
    let command = match loader {
        Some(loader) => {
            vec![loader, "--library-path".to_owned(), inside::LIBRARIES.to_owned(), inside.to_owned()]
        }
        // A static program, which ignores the question and needs nothing.
        None => vec![inside.to_owned()],
    };
    Start { files, command }
}

/// The path in `libc.so.6 => /lib/libc.so.6 (0x7f…)` and `/lib64/ld-linux-x86-64.so.2 (0x7f…)`; the kernel's own library has none.
fn library(line: &str) -> Option<PathBuf> {
    let (found, address) = line.trim().rsplit_once(" (0x")?;
    let path = found.rsplit_once("=> ").map_or(found, |(_, path)| path);
    (address.ends_with(')') && path.starts_with('/')).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_program_is_started_by_its_own_loader() {
        let listing = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f06)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f08)\n";
        let start = start(Path::new("/bin/nightproof"), inside::GUEST, listing);
        assert_eq!(
            start.command,
            ["/run/nightproof/lib/ld-linux-x86-64.so.2", "--library-path", "/run/nightproof/lib", "/run/nightproof/guest"]
        );
        let inside: Vec<&str> = start.files.iter().map(|(_, inside)| inside.as_str()).collect();
        assert_eq!(
            inside,
            ["/run/nightproof/guest", "/run/nightproof/lib/libc.so.6", "/run/nightproof/lib/ld-linux-x86-64.so.2"]
        );
    }

    #[test]
    fn a_static_program_is_started_as_it_is() {
        let start = start(Path::new("/bin/nightproof"), inside::GUEST, "nightproof 0.1.0\n");
        assert_eq!((start.command.len(), start.files.len()), (1, 1));
    }

    #[test]
    fn this_very_program_has_a_loader() {
        let start = of(&std::env::current_exe().unwrap(), inside::GUEST).unwrap();
        assert!(start.files.iter().all(|(outside, _)| outside.exists()), "{start:?}");
    }
}
