//! Paths of archives, as bytes.

/// Without leading `/`, without `.` and empty components.
pub(crate) fn normal(path: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    parts.join(&b'/')
}

/// `path` below `prefix`.
pub(crate) fn join(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    if prefix.is_empty() {
        path.to_vec()
    } else if path.is_empty() {
        prefix.to_vec()
    } else {
        [prefix, path].join(&b'/')
    }
}

/// The folder that holds `path`.
pub(crate) fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').and_then(|at| path.get(..at)).unwrap_or_default()
}

/// The last component.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    path.iter().rposition(|&byte| byte == b'/').and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

/// Whether `path` is `folder` or below it.
pub(crate) fn is_within(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// What is left of `path` below `folder`.
pub(crate) fn below<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix(b"/") }
}
