//! The parts of user data.

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::mime;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Run once, at the end of the first boot.
    Script,
    CloudConfig,
    /// Run early, at every boot.
    Boothook,
}

/// A part of user data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: Kind,
    /// Its file's name.
    pub(super) name: String,
    pub(super) text: String,
}

/// The longest user data, unpacked, bytes.
const LONGEST: u64 = 16 << 20;

/// Forms of cloud-init's that are not acted upon: how their first line begins, and their type in an archive.
const UNSERVED: [(&str, &str); 7] = [
    ("#include-once", "text/x-include-once-url"),
    ("#include", "text/x-include-url"),
    ("#part-handler", "text/part-handler"),
    ("#upstart-job", "text/upstart-job"),
    ("#cloud-config-archive", "text/cloud-config-archive"),
    ("#cloud-config-jsonp", "text/cloud-config-jsonp"),
    ("## template:", "text/jinja2"),
];

/// The parts of user data, which may be compressed, and what is wrong with those that are none.
pub(super) fn read(bytes: &[u8]) -> (Vec<Part>, Vec<String>) {
    let mut unpacked = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        match GzDecoder::new(bytes).take(LONGEST).read_to_end(&mut unpacked) {
            Ok(_) => unpacked.as_slice(),
            Err(error) => return (Vec::new(), vec![format!("it cannot be uncompressed: {error}")]),
        }
    } else {
        bytes
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return (Vec::new(), vec!["it is no text".to_owned()]);
    };
    let found = if mime::is_message(text) {
        match mime::parts(text) {
            Ok(parts) => parts.into_iter().map(|part| (part.kind, part.file_name, part.text)).collect(),
            Err(reason) => return (Vec::new(), vec![reason]),
        }
    } else {
        vec![("text/plain".to_owned(), None, text.to_owned())]
    };
    let (mut parts, mut wrong) = (Vec::new(), Vec::new());
    for (number, (kind, file_name, text)) in found.into_iter().enumerate() {
        // A name may hold what leads elsewhere.
        let name = file_name.as_deref().and_then(|name| name.rsplit('/').next()).filter(|name| !name.is_empty() && *name != "..");
        let name = name.map_or_else(|| format!("part-{:03}", number + 1), str::to_owned);
        match kind_of(&kind, &text) {
            Ok(kind) => parts.push(Part { kind, name, text }),
            Err(form) => wrong.push(form),
        }
    }
    (parts, wrong)
}

/// What the text's beginning says, and else the type that is given.
fn kind_of(given: &str, text: &str) -> Result<Kind, String> {
    if let Some((form, _)) = UNSERVED.iter().find(|(begin, kind)| text.starts_with(begin) || given == *kind) {
        return Err(format!("user data of the form `{form}` is not acted upon in this machine"));
    }
    let begins = [
        ("#!", Kind::Script, "text/x-shellscript"),
        ("#cloud-config", Kind::CloudConfig, "text/cloud-config"),
        ("#cloud-boothook", Kind::Boothook, "text/cloud-boothook"),
    ];
    let found =
        begins.iter().find(|(begin, ..)| text.starts_with(begin)).or_else(|| begins.iter().find(|(.., kind)| given == *kind));
    found.map(|(_, kind, _)| *kind).ok_or_else(|| {
        let line: String = text.lines().next().unwrap_or_default().chars().take(40).collect();
        format!("user data that begins with `{line}` is neither a script nor cloud-config, and cloud-init ignores it")
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn kinds(bytes: &[u8]) -> Vec<(Kind, String)> {
        read(bytes).0.into_iter().map(|part| (part.kind, part.name)).collect()
    }

    #[test]
    fn a_part_is_what_its_first_line_says() {
        let first = "part-001".to_owned();
        assert_eq!(kinds(b"#!/bin/sh\n"), [(Kind::Script, first.clone())]);
        assert_eq!(kinds(b"#cloud-config\n"), [(Kind::CloudConfig, first.clone())]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"#cloud-boothook\n#!/bin/sh\n").unwrap();
        assert_eq!(kinds(&packed.finish().unwrap()), [(Kind::Boothook, first)]);
        let archive = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/x-shellscript\n\
                       Content-Disposition: attachment; filename=\"../a.sh\"\n\necho\n--b\nContent-Type: text/plain\n\n#!/bin/sh\n--b--\n";
        assert_eq!(kinds(archive.as_bytes()), [(Kind::Script, "a.sh".to_owned()), (Kind::Script, "part-002".to_owned())]);
    }

    #[test]
    fn other_forms_are_named() {
        let wrong = |text: &str| read(text.as_bytes()).1;
        assert_eq!(wrong("#include\nhttps://x"), ["user data of the form `#include` is not acted upon in this machine"]);
        assert!(wrong("## template: jinja\n#cloud-config")[0].contains("`## template:`"));
        assert!(wrong("echo hi")[0].contains("begins with `echo hi`"));
        assert_eq!(read(&[0xff, 0xfe]).1, ["it is no text"]);
    }
}
