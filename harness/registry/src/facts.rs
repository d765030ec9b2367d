//! The data file: one line for each type, sorted by name. `extract.py` says what is in a line.

use std::io::Read as _;
use std::sync::LazyLock;

/// All lines. Some milliseconds of work, done when a first type is asked for.
static LINES: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    let mut reader = flate2::read::ZlibDecoder::new(&include_bytes!("../data/resource_types.zlib")[..]);
    // A file that cannot be read has no types; a test holds that it can.
    match reader.read_to_string(&mut text) {
        Ok(_) => text,
        Err(_) => String::new(),
    }
});

/// The names of all types, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    LINES.lines().filter_map(|line| line.split_once('\t')).map(|(name, _)| name)
}

/// The facts of the type with this name, as JSON.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    static STARTS: LazyLock<Vec<(&'static str, &'static str)>> =
        LazyLock::new(|| LINES.lines().filter_map(|line| line.split_once('\t')).collect());
    let at = STARTS.binary_search_by_key(&name, |(known, _)| known).ok()?;
    STARTS.get(at).map(|(_, facts)| *facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_whole_and_sorted() {
        let names: Vec<&str> = LINES.lines().map(|line| line.split_once('\t').unwrap().0).collect();
        assert!(names.len() > 1800, "{}", names.len());
        assert!(names.is_sorted());
        for name in names {
            let facts: serde_json::Value = serde_json::from_str(find(name).unwrap()).unwrap();
            assert!(facts["p"].is_object(), "{name}");
        }
    }
}
