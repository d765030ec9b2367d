//! Lines of shell for Run Command, each a string.

/// A script's first lines: it ends at the first error, and `$file` is a temporary file of its own, called after `name`.
pub(crate) fn with_file(name: &str) -> Vec<String> {
    vec![
        "#!/bin/bash".to_owned(),
        "set -euo pipefail".to_owned(),
        format!("file=$(mktemp /var/tmp/{name}.XXXXXXXX)"),
        "trap 'rm -f \"$file\"' EXIT".to_owned(),
    ]
}

/// As [`with_file`], with what is at `url` in the file.
pub(crate) fn with_download(name: &str, url: &str) -> Vec<String> {
    let mut lines = with_file(name);
    lines.push(format!("curl -fsS --retry 2 -o \"$file\" -- {}", quoted(url)));
    lines
}

/// In single quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_quote_stays_one_word() {
        assert_eq!(quoted("/srv/it's; rm -rf /"), r"'/srv/it'\''s; rm -rf /'");
    }
}
