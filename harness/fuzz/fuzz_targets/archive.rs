//! Any archive is compared or refused, and nothing of it comes to the disk or grows in memory. Its first byte says whether it is compressed.
#![no_main]
#![allow(dead_code, unused_imports, reason = "modules of another crate, of which this uses a part")]

// The drill's own modules, without the AWS SDKs that come with its crate and that would take half an hour to be instrumented.
#[path = "../../drill/src/archive"]
mod archive {
    pub(crate) mod manifest;
    pub(crate) mod tarball;
}
#[path = "../../drill/src/restore"]
mod restore {
    pub(crate) mod comparison;
}

use std::io::Read as _;

use archive::manifest::{Entry, Manifest};
use restore::comparison::compare;
use flate2::read::MultiGzDecoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    let manifest = Manifest::from([
        (b"a".to_vec(), Entry::Folder { mode: 0o755 }),
        (b"a/b".to_vec(), Entry::File { mode: 0o644, bytes: 1, sha256: [0; 32] }),
        (b"a/c".to_vec(), Entry::Link { target: b"b".to_vec() }),
    ]);
    // A bomb takes its time and no memory; the fuzzer has better things to do.
    let compared = if kind % 2 == 0 {
        compare(bytes, &manifest, "/srv/data")
    } else {
        compare(MultiGzDecoder::new(bytes).take(1 << 22), &manifest, "/srv/data")
    };
    if let Ok(comparison) = compared {
        assert_eq!(comparison.seeded, 3);
        assert!(comparison.missing.len() + comparison.different.len() <= 3);
    }
});
