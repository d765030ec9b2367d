//! A web site, made up, with what breaks careless backups: odd names, links, empty files, unusual modes, many small files.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// Makes the site in `folder`, which must not exist.
///
/// # Errors
/// What the file system answered.
pub fn generate(folder: &Path) -> io::Result<()> {
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
    symlink("/nowhere/at all", folder.join("names/dangling"))?;
    symlink("articles", folder.join("blog"))?;
    for (name, mode) in [("private/settings.ini", 0o600), ("private", 0o700), ("cgi-bin/status", 0o755), ("uploads", 0o1777)] {
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
