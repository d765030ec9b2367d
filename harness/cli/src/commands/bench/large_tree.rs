//! Many files to back up, and how long `diff -r` takes to compare them with a copy.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Files of a folder.
const IN_A_FOLDER: u64 = 100;
/// Length of what is noise or text as a whole.
const PIECE: usize = 4096;

/// Makes as many files below `folder`, together of as many bytes. Half of each does not compress.
pub(super) fn generate(folder: &Path, files: u64, bytes: u64) -> io::Result<()> {
    let (text, mut state) = (b"It is backed up every night. ".repeat(PIECE / 29 + 1), 0x9E37_79B9_7F4A_7C15_u64);
    let mut noise = [0_u8; PIECE];
    for number in 0..files {
        let parent = folder.join(format!("{:03}/{:02}", number / IN_A_FOLDER / 100, number / IN_A_FOLDER % 100));
        fs::create_dir_all(&parent)?;
        let mut file = BufWriter::new(File::create(parent.join(format!("file-{number}.dat")))?);
        // One file is up to three times as long as the next.
        let (share, rest) = (bytes / files, bytes % files);
        let varied = if files.is_multiple_of(2) || number + 1 < files { share / 2 } else { 0 };
        let length = if number.is_multiple_of(2) { share + varied } else { share - varied } + u64::from(number < rest);
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            for word in noise.chunks_exact_mut(8) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_le_bytes());
            }
            for piece in [noise.as_slice(), text.as_slice()] {
                let piece = piece.get(..PIECE.min(left)).unwrap_or_default();
                file.write_all(piece)?;
                left -= piece.len();
            }
        }
        file.flush()?;
    }
    Ok(())
}

/// The shortest of three times that `diff -r` takes to find a copy of `folder` to be the same.
pub(super) fn diff(folder: &Path, copy: &Path) -> io::Result<Duration> {
    run(Command::new("cp").arg("-a").args([folder, copy]))?;
    let mut shortest = Duration::MAX;
    for _ in 0..3 {
        let begun = Instant::now();
        run(Command::new("diff").arg("-r").args([folder, copy]))?;
        shortest = shortest.min(begun.elapsed());
    }
    Ok(shortest)
}

fn run(command: &mut Command) -> io::Result<()> {
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if ended.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?} ends with {ended}"))) }
}

/// Where the files are, and where their copy goes.
pub(super) fn places(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("data"), folder.join("copy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_and_bytes_are_made_as_asked_for_and_their_copy_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (data, copy) = places(folder.path());
        for (files, bytes) in [(1, 10), (3, 100_003), (205, 1_000_000), (7, 0)] {
            generate(&data, files, bytes).unwrap();
            let made = walk(&data);
            assert_eq!((made.len() as u64, made.iter().sum::<u64>()), (files, bytes));
            assert!(diff(&data, &copy).unwrap() > Duration::ZERO);
            fs::remove_dir_all(&data).unwrap();
            fs::remove_dir_all(&copy).unwrap();
        }
    }

    fn walk(folder: &Path) -> Vec<u64> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries
            .flat_map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { vec![entry.metadata().unwrap().len()] })
            .collect()
    }

    #[test]
    fn a_copy_that_differs_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "a").unwrap();
        let error = run(Command::new("diff").arg("-r").args([folder.path(), Path::new("/proc/sys/kernel/keys")])).unwrap_err();
        assert!(error.to_string().contains("ends with exit status: 1"), "{error}");
    }
}
