//! What the scripts hold that a command names, so that whoever looks for a bucket's name finds it.

use std::collections::BTreeSet;
use std::fs;

/// How many files are followed, and bytes of each.
const FILES: usize = 32;
const BYTES: u64 = 64 * 1024;
/// Where people keep scripts and their settings.
const FOLDERS: [&str; 8] = ["/etc/", "/home/", "/opt/", "/root/", "/srv/", "/usr/local/", "/var/", "/mnt/"];

/// The text of all files that `text` names, and of those that they name.
pub(super) fn named_files(text: &str) -> String {
    let (mut seen, mut open, mut found) = (BTreeSet::new(), vec![text.to_owned()], String::new());
    while let Some(text) = open.pop() {
        for path in paths(&text) {
            if seen.len() >= FILES || !seen.insert(path.to_owned()) {
                continue;
            }
            let is_small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= BYTES);
            if let Some(text) = is_small.then(|| fs::read_to_string(path).ok()).flatten() {
                found.push_str(&text);
                found.push('\n');
                open.push(text);
            }
        }
    }
    found
}

fn paths(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|each: char| each.is_whitespace() || "'\"`;|&()<>={}$,".contains(each));
    words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_between_other_words() {
        let found: Vec<&str> =
            paths("flock -n /run/lock '/opt/a b' && . /etc/default/backup; PATH=/usr/local/bin x /bin/y").collect();
        assert_eq!(found, ["/opt/a", "/etc/default/backup", "/usr/local/bin"]);
    }
}
