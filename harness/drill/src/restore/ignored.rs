//! Paths that the comparison leaves out.

use nightproof_wildcard::{Pattern, Syntax};

use crate::demands::Ignored;

/// The patterns of what is left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoredPaths(Vec<Pattern>);

impl IgnoredPaths {
    pub(crate) fn new(ignored: &[Ignored]) -> Self {
        Self(ignored.iter().map(pattern).collect())
    }

    /// Whether a path below the data path is left out: it, or a folder above it, is as a pattern says.
    pub(crate) fn covers(&self, path: &[u8]) -> bool {
        covered(&self.0, path)
    }
}

/// How many of `paths` one pattern leaves out.
pub(crate) fn count<'a>(ignored: &Ignored, paths: impl Iterator<Item = &'a Vec<u8>>) -> u64 {
    let pattern = [pattern(ignored)];
    paths.filter(|path| covered(&pattern, path)).count() as u64
}

fn pattern(ignored: &Ignored) -> Pattern {
    Pattern::new(&ignored.path, Syntax { question_mark: true, escapes: false })
}

fn covered(patterns: &[Pattern], path: &[u8]) -> bool {
    if patterns.is_empty() {
        return false;
    }
    let text = String::from_utf8_lossy(path);
    let folders = text.match_indices('/').filter_map(|(at, _)| text.get(..at));
    let mut names = folders.chain([text.as_ref()]);
    names.any(|name| patterns.iter().any(|pattern| pattern.matches(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(path: &str) -> Ignored {
        Ignored { path: path.to_owned(), reason: "r".to_owned() }
    }

    #[test]
    fn a_path_is_left_out_by_its_name_or_by_that_of_a_folder_above_it() {
        let paths = IgnoredPaths::new(&[ignored("cache"), ignored("logs/*.log"), ignored("tmp?")]);
        for path in ["cache", "cache/a/b", "logs/a.log", "logs/x/b.log", "tmp1", "tmp1/x"] {
            assert!(paths.covers(path.as_bytes()), "{path}");
        }
        for path in ["cache2", "a/cache", "logs", "logs/a.txt", "tmp", "tmp12"] {
            assert!(!paths.covers(path.as_bytes()), "{path}");
        }
        assert!(!IgnoredPaths::default().covers(b"cache"));
    }

    #[test]
    fn how_many_a_pattern_leaves_out_is_counted() {
        let paths = [b"cache".to_vec(), b"cache/a".to_vec(), b"b".to_vec()];
        assert_eq!(count(&ignored("cache"), paths.iter()), 2);
        assert_eq!(count(&ignored("gone"), paths.iter()), 0);
    }
}
