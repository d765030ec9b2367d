//! What of a plugin's streams is reported: so many bytes of each, and of both together.

/// Bytes of each stream that are reported.
pub(super) const LIMIT: usize = 24_000;
/// What a stream ends with that was cut.
pub(super) const TRUNCATED: &str = "--output truncated--";
/// Bytes of both streams together.
const BOTH: usize = 2_500;
const TITLE: &str = "\n----------ERROR-------\n";
const OUTPUT_TRUNCATED: &str = "\n---Output truncated---";
const ERROR_TRUNCATED: &str = "\n---Error truncated----";

/// A stream as it is reported: one of [`LIMIT`] bytes is cut already, wherever a character ends.
pub(super) fn cut(bytes: &[u8]) -> String {
    if bytes.len() < LIMIT {
        return text(bytes);
    }
    let kept = bytes.get(..LIMIT - TRUNCATED.len()).unwrap_or(bytes);
    text(kept) + TRUNCATED
}

/// Bytes as text: each that is part of no character is lost by itself, as in the JSON of the agent's language.
fn text(bytes: &[u8]) -> String {
    bytes.utf8_chunks().map(|chunk| chunk.valid().to_owned() + &"\u{fffd}".repeat(chunk.invalid().len())).collect()
}

/// Both streams as one text. Where they are too long for that, the longer is cut, or both.
pub(super) fn both(stdout: &str, stderr: &str) -> String {
    let room = if stderr.is_empty() { BOTH } else { BOTH - TITLE.len() };
    let error = |text: &str| if text.is_empty() { String::new() } else { format!("{TITLE}{text}") };
    if stdout.len() + stderr.len() < room {
        return stdout.to_owned() + &error(stderr);
    }
    let short = |text: &str| text.len() < room / 2;
    let cut = |text: &str, size: usize, mark: &str| first(text, size.saturating_sub(mark.len())) + mark;
    match (short(stdout), short(stderr)) {
        (true, _) => stdout.to_owned() + &error(&cut(stderr, room - stdout.len(), ERROR_TRUNCATED)),
        (_, true) => cut(stdout, room - stderr.len(), OUTPUT_TRUNCATED) + &error(stderr),
        _ => cut(stdout, room / 2, OUTPUT_TRUNCATED) + &error(&cut(stderr, room / 2, ERROR_TRUNCATED)),
    }
}

fn first(whole: &str, bytes: usize) -> String {
    text(whole.as_bytes().get(..bytes).unwrap_or(whole.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_by_bytes_from_24000_on() {
        assert_eq!(cut(&[b'x'; LIMIT - 1]).len(), LIMIT - 1);
        let long = cut(&[b'x'; LIMIT]);
        assert!(long.len() == LIMIT && long.ends_with(TRUNCATED));
        // The middle of a character is lost, as it is in JSON.
        let wide = cut("ä".repeat(LIMIT).as_bytes());
        assert!(wide.ends_with(&format!("ä{TRUNCATED}")), "{wide}");
        let odd = cut(format!("x{}", "ä".repeat(LIMIT)).as_bytes());
        assert!(odd.ends_with(&format!("ä\u{fffd}{TRUNCATED}")));
    }

    #[test]
    fn standard_error_is_kept_though_both_are_long() {
        let (out, err) = ("o".repeat(5000), "e".repeat(5000));
        assert!(both(&out, "").ends_with("o\n---Output truncated---"));
        let text = both(&out, &err);
        assert!(text.len() <= 2500 && text.contains("o\n---Output truncated---\n----------ERROR-------\ne"));
        assert!(text.ends_with("e\n---Error truncated----"));
        assert!(both("short", &err).starts_with("short\n----------ERROR-------\ne"));
        assert_eq!(both("a", "b"), "a\n----------ERROR-------\nb");
    }
}
