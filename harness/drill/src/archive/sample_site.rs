//! A web site, made up, with what breaks careless backups: odd names, links, empty files, unusual modes, many small files. And a harder one.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// What is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataProfile {
    /// A small web site of a few hundred files.
    #[default]
    Usual,
    /// The same, with all that file systems allow: links to nowhere, hard links, a sparse file, names that are no text, long paths, thousands of
    /// small files and a large one.
    Hard,
}

/// Makes the site in `folder`, which must not exist.
///
/// # Errors
/// What the file system answered.
pub fn generate(folder: &Path, profile: DataProfile) -> io::Result<()> {
    usual(folder)?;
    if profile == DataProfile::Hard { hard(&folder.join("hard")) } else { Ok(()) }
}

fn usual(folder: &Path) -> io::Result<()> {
    let write = |name: &str, content: &[u8]| -> io::Result<()> {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)
    };
    write("index.html", b"<!doctype html>\n<title>A site</title>\n<p>It is backed up every night.</p>\n")?;
    write("robots.txt", b"User-agent: *\nDisallow: /private/\n")?;
    write("favicon.ico", &noise(1, 1150))?;
    for article in 0..200_u64 {
        let text =
            format!("<!doctype html>\n<title>Article {article}</title>\n{}", "<p>words</p>\n".repeat(article as usize % 40));
        write(&format!("articles/{:02}/{article}.html", article % 20), text.as_bytes())?;
    }
    for image in 0..40_u64 {
        write(&format!("images/{image}.jpg"), &noise(image, 2000 + image as usize * 331))?;
    }
    // Larger than a pipe or a block, and a multiple of none; compressing more of it would be most of a drill's time.
    write("downloads/release.bin", &noise(7, 250_001))?;
    write("empty.txt", b"")?;
    write("names/with space.html", b"a space\n")?;
    write("names/grüße-日本.html", "UTF-8\n".as_bytes())?;
    write("names/line\nbreak.txt", b"a line break\n")?;
    write("names/-rf", b"looks like an option\n")?;
    write("names/'quotes\" $(and) more;.txt", b"shell\n")?;
    write("names/back\\slash", b"a backslash\n")?;
    write(".well-known/security.txt", b"Contact: mailto:security@example.com\n")?;
    write(&format!("names/{}", "long".repeat(50)), b"a name of 200 bytes\n")?;
    write("private/settings.ini", b"a mode of 0600\n")?;
    write("cgi-bin/status", b"#!/bin/sh\necho ok\n")?;
    fs::create_dir_all(folder.join("uploads/empty"))?;
    symlink("index.html", folder.join("home.html"))?;
    symlink("../images/1.jpg", folder.join("articles/cover.jpg"))?;
    symlink("./with space.html", folder.join("names/to a space"))?;
    symlink("articles", folder.join("blog"))?;
    for (name, mode) in [("private/settings.ini", 0o600), ("private", 0o700), ("cgi-bin/status", 0o755), ("uploads", 0o1777)] {
        fs::set_permissions(folder.join(name), Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn hard(folder: &Path) -> io::Result<()> {
    for small in 0..5000_u64 {
        let parent = folder.join(format!("small/{:02}", small % 50));
        fs::create_dir_all(&parent)?;
        fs::write(parent.join(small.to_string()), small.to_string())?;
    }
    // More than one part of a multipart upload.
    fs::write(folder.join("large.bin"), noise(11, 24 << 20))?;
    File::create(folder.join("sparse"))?.set_len(32 << 20)?;
    // As long as a name may be, and a path longer than the fields of a tar header.
    fs::write(folder.join("n".repeat(255)), b"a name of 255 bytes\n")?;
    let deep = (0..20).fold(folder.join("deep"), |path, _| path.join("d".repeat(60)));
    fs::create_dir_all(&deep)?;
    fs::write(deep.join("file"), b"a path of 1200 bytes\n")?;
    for name in
        [&b"no \xff\xfe text"[..], b"\ttab", b"trailing space ", b" ", b"*", b"~", b"#x#", b"...", b"\x1b[31mred", b"e\xcc\x81"]
    {
        fs::write(folder.join(OsStr::from_bytes(name)), b"an odd name\n")?;
    }
    symlink("/nowhere/at all", folder.join("dangling"))?;
    symlink("to-itself", folder.join("to-itself"))?;
    symlink("l".repeat(1000), folder.join("long-target"))?;
    fs::write(folder.join("one-name"), b"three names\n")?;
    fs::hard_link(folder.join("one-name"), folder.join("another-name"))?;
    fs::hard_link(folder.join("one-name"), folder.join("deep/third-name"))?;
    fs::write(folder.join("no-mode"), b"a mode of 0000\n")?;
    fs::create_dir(folder.join("group"))?;
    for (name, mode) in [("no-mode", 0), ("group", 0o2775)] {
        fs::set_permissions(folder.join(name), Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Bytes that do not compress and are the same on every run.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}
