//! Any archive is compared or refused, and nothing of it comes to the disk or grows in memory.
#![no_main]
#![allow(dead_code, unused_imports, reason = "modules of another crate, of which this uses a part")]

// The drill's own modules, without the AWS SDKs that come with its crate and that would take half an hour to be instrumented.
#[path = "../../drill/src/archive"]
mod archive {
    pub(crate) mod manifest;
    pub(crate) mod tarball;
}
#[path = "../../drill/src/demands.rs"]
mod demands;
#[path = "../../drill/src/restore"]
mod restore {
    pub(crate) mod budget;
    pub(crate) mod comparison;
    pub(crate) mod decompression;
    pub(crate) mod ignored;
    pub(crate) mod looks_like;
    pub(crate) mod opening;
    pub(crate) mod path;
    pub(crate) mod peek;
    pub(crate) mod plain;
    pub(crate) mod read_ahead;
    pub(crate) mod tar_contents;
    pub(crate) mod tree;
    pub(crate) mod unreadable;
    pub(crate) mod zip_contents;
}

/// What a drill's demands name, and no archive has to do with.
#[derive(Debug, Clone)]
pub struct Age;

use std::io::Write as _;
use std::sync::Arc;

use archive::manifest::{Entry, Kind, Manifest};
use libfuzzer_sys::fuzz_target;
use restore::budget::Budget;
use restore::opening;
use restore::tree::Tree;

fuzz_target!(|data: &[u8]| {
    let manifest = Arc::new(Manifest::from([
        (b"a".to_vec(), Entry::bare(Kind::Folder)),
        (b"a/b".to_vec(), Entry::bare(Kind::File { bytes: 1, sha256: [0; 32] })),
        (b"a/c".to_vec(), Entry::bare(Kind::Link { target: b"b".to_vec() })),
    ]));
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(data).expect("a file");
    // A bomb takes its time and no memory; the fuzzer has better things to do.
    match opening::open(file, "backups/a.gz", &Budget::of(1 << 20, 1 << 22)) {
        Ok(opened) => {
            let mut tree = Tree::new(manifest);
            tree.add(opened, "backups/a.gz", "/srv/data");
            let comparison = tree.compared();
            assert_eq!(comparison.seeded, 3);
            assert!(comparison.missing.len() + comparison.different.len() <= 3);
        }
        Err(why) => assert!(why.to_string().chars().all(|character| !character.is_control())),
    }
});
