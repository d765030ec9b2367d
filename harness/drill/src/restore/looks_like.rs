//! What a file is that is opened by nobody but its owner, by its first bytes.

/// First bytes, and whose they are.
const MARKS: &[(&[u8], &str)] = &[
    (b"Salted__", "a file encrypted by `openssl enc`"),
    (b"U2FsdGVkX1", "a file encrypted by `openssl enc -base64`"),
    (b"-----BEGIN PGP MESSAGE-----", "an OpenPGP message, as gpg makes"),
    (b"age-encryption.org/v1", "a file encrypted by age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "a file encrypted by age"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"PGDMP", "a dump of PostgreSQL in pg_dump's custom format"),
    (b"SQLite format 3\0", "a database of SQLite"),
    (b"REDIS0", "a snapshot of Redis"),
    (b"XBSTCK01", "an xbstream, as xtrabackup makes"),
    (b"BORG_SEG", "a segment of a Borg repository"),
    (b"070701", "a cpio archive"),
    (b"070702", "a cpio archive"),
    (b"070707", "a cpio archive"),
    (b"!<arch>\n", "an ar archive"),
    (b"LUKS\xba\xbe", "an encrypted disk (LUKS)"),
    (b"hsqs", "a SquashFS image"),
    (b"LZIP", "a file compressed by lzip"),
    (b"LRZI", "a file compressed by lrzip"),
    (b"\x89LZO\0", "a file compressed by lzop"),
    (b"\x5d\0\0", "a file compressed by lzma"),
    (b"\x1f\x9d", "a file compressed by compress"),
    (b"\x02\x21\x4c\x18", "a file compressed by `lz4 -l`"),
    (b"\x1f\x8b", "gzip within more compressions than are undone"),
];

/// Longest beginning of a text that is shown, in characters.
const SHOWN: usize = 60;

/// What a file is that begins with `start`, as a noun.
pub(crate) fn looks_like(start: &[u8]) -> String {
    if let Some((_, name)) = MARKS.iter().find(|(mark, _)| start.starts_with(mark)) {
        return (*name).to_owned();
    }
    if is_openpgp(start) {
        return "an OpenPGP message, as gpg makes".to_owned();
    }
    match beginning_of_text(start) {
        Some(text) => format!("text that begins `{text}`"),
        None => "no form that is known: encrypted, perhaps".to_owned(),
    }
}

/// The first line, if all of `start` is text.
fn beginning_of_text(start: &[u8]) -> Option<String> {
    // A character may be cut at the end.
    let text = match str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => str::from_utf8(start.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    let is_text = !text.is_empty() && text.chars().all(|character| !character.is_control() || "\t\r\n".contains(character));
    is_text.then(|| {
        let line = text.trim_start().lines().next().unwrap_or_default();
        line.chars().filter(|character| !character.is_control()).take(SHOWN).collect()
    })
}

/// Whether the first packet is one that begins an encrypted, compressed or signed message.
/// <https://www.rfc-editor.org/rfc/rfc9580#name-packet-headers>
fn is_openpgp(start: &[u8]) -> bool {
    let (tag, body) = match start {
        // The former form of a header, by the length of its length.
        [head @ 0x80..=0xbf, rest @ ..] => {
            let length = match head & 3 {
                0 => 1,
                1 => 2,
                2 => 4,
                _ => 0,
            };
            ((head >> 2) & 0x0f, rest.get(length..))
        }
        [head @ 0xc0..=0xff, length, rest @ ..] => {
            let more = match length {
                0..=191 | 224..=254 => 0,
                192..=223 => 1,
                255 => 4,
            };
            (head & 0x3f, rest.get(more..))
        }
        _ => return false,
    };
    let Some([first, ..]) = body else { return false };
    match tag {
        // A session key for somebody's key or for a passphrase: the version.
        1 => matches!(first, 3 | 6),
        3 => matches!(first, 4..=6),
        4 => matches!(first, 3 | 6),
        // A compressed message: how.
        8 => matches!(first, 1..=3),
        18 => matches!(first, 1 | 2),
        20 => *first == 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::openssl(b"Salted__\x01\x02\x03", "a file encrypted by `openssl enc`")]
    #[case::gpg_symmetric(b"\x8c\x0d\x04\x09\x03\x02\xff", "an OpenPGP message, as gpg makes")]
    #[case::gpg_recipient(b"\x85\x01\x8c\x03\xff", "an OpenPGP message, as gpg makes")]
    #[case::gpg_new_header(b"\xc1\xc0\x4c\x03\xff", "an OpenPGP message, as gpg makes")]
    #[case::age(b"age-encryption.org/v1\n-> X25519", "a file encrypted by age")]
    #[case::text(b"An error occurred (AccessDenied)\nwhen", "text that begins `An error occurred (AccessDenied)`")]
    #[case::cut_text("gr\u{fc}\u{df}e".as_bytes().get(..6).unwrap(), "text that begins `gr\u{fc}\u{df}`")]
    #[case::noise(b"\x00\x01\x1b[2J", "no form that is known: encrypted, perhaps")]
    fn a_form_is_named_by_its_first_bytes(#[case] start: &[u8], #[case] name: &str) {
        assert_eq!(looks_like(start), name);
    }
}
