//! MIME archives. <https://www.rfc-editor.org/rfc/rfc2046#section-5.1>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A part of an archive, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MimePart {
    /// `text/x-shellscript`
    pub(super) kind: String,
    pub(super) file_name: Option<String>,
    pub(super) text: String,
}

/// Whether a text begins as a message does.
pub(super) fn is_message(text: &str) -> bool {
    let head = text.split("\n\n").next().unwrap_or_default().to_lowercase();
    head.lines().any(|line| line.starts_with("content-type:")) || head.starts_with("mime-version:")
}

/// The parts of a message, those of archives within it too.
pub(super) fn parts(message: &str) -> Result<Vec<MimePart>, String> {
    let message = message.replace("\r\n", "\n");
    let (head, body) = message.split_once("\n\n").unwrap_or((&message, ""));
    let header = |name: &str| header(head, name);
    let content_type = header("content-type").unwrap_or_else(|| "text/plain".to_owned());
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    if kind.starts_with("multipart/") {
        let boundary = parameter(&content_type, "boundary").ok_or("a multipart message names no boundary")?;
        let mut found = Vec::new();
        for part in split(body, &boundary) {
            found.extend(parts(part)?);
        }
        return Ok(found);
    }
    let text = match header("content-transfer-encoding").unwrap_or_default().trim().to_lowercase().as_str() {
        "base64" => {
            let compact: String = body.split_whitespace().collect();
            let bytes = STANDARD.decode(compact).map_err(|error| format!("a part is no base64: {error}"))?;
            String::from_utf8(bytes).map_err(|error| format!("a part is no text: {error}"))?
        }
        "quoted-printable" => unquoted(body)?,
        _ => body.to_owned(),
    };
    let file_name = header("content-disposition").and_then(|value| parameter(&value, "filename"));
    Ok(vec![MimePart { kind, file_name, text }])
}

/// The value of a header, its continued lines included.
fn header(head: &str, name: &str) -> Option<String> {
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    unfolded.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// What is between the delimiters: the line end before one is the delimiter's.
fn split<'a>(body: &'a str, boundary: &str) -> Vec<&'a str> {
    let delimiter = format!("--{boundary}");
    let (mut found, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive('\n') {
        let end = line.trim_end();
        let closes = end == format!("{delimiter}--");
        if end == delimiter || closes {
            if let Some(part) = begin.and_then(|begin| body.get(begin..at)) {
                found.push(part.strip_suffix('\n').unwrap_or(part));
            }
            begin = (!closes).then_some(at + line.len());
            if closes {
                return found;
            }
        }
        at += line.len();
    }
    // The last delimiter may be missing.
    found.extend(begin.and_then(|begin| body.get(begin..)));
    found
}

fn unquoted(text: &str) -> Result<String, String> {
    let joined = text.replace("=\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].into_iter().flatten().map(char::from).collect::<String>();
        bytes.push(u8::from_str_radix(&digits, 16).map_err(|_| format!("={digits} is no quoted byte"))?);
    }
    String::from_utf8(bytes).map_err(|error| format!("a part is no text: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "Content-Type: multipart/mixed; boundary=\"//\"\nMIME-Version: 1.0\n\n--//\n\
                           Content-Type: text/cloud-config;\n charset=\"us-ascii\"\nContent-Disposition: attachment; filename=\"c.txt\"\n\n\
                           #cloud-config\nruncmd: [ls]\n\n--//\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n\
                           IyEvYmlu\nL3NoCg==\n--//--\nignored\n";

    #[test]
    fn parts_are_decoded_with_their_kinds_and_names() {
        assert!(is_message(MESSAGE) && !is_message("#!/bin/sh\necho content-type:"));
        for message in [MESSAGE.to_owned(), MESSAGE.replace('\n', "\r\n"), MESSAGE.replace("--//--\nignored\n", "")] {
            let found = parts(&message).unwrap();
            assert_eq!(found.len(), 2);
            let part = |kind: &str, file_name: Option<&str>, text: &str| MimePart {
                kind: kind.to_owned(),
                file_name: file_name.map(str::to_owned),
                text: text.to_owned(),
            };
            assert_eq!(found[0], part("text/cloud-config", Some("c.txt"), "#cloud-config\nruncmd: [ls]\n"));
            assert_eq!(found[1], part("text/x-shellscript", None, "#!/bin/sh\n"));
        }
    }

    #[test]
    fn a_message_is_quoted_nested_or_broken() {
        let quoted = "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n#!/bin/sh=0Aecho =\nhi\n";
        assert_eq!(parts(quoted).unwrap()[0].text, "#!/bin/sh\necho hi\n");
        let nested = format!("Content-Type: multipart/mixed; boundary=outer\n\n--outer\n{MESSAGE}\n--outer--\n");
        assert_eq!(parts(&nested).unwrap().len(), 2);
        assert_eq!(parts("Content-Type: multipart/mixed\n\nx").unwrap_err(), "a multipart message names no boundary");
        assert!(parts("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n?").is_err());
    }
}
