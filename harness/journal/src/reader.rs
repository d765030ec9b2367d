//! Reading a journal that was written earlier.

use crate::{Record, VERSION};

/// A line is no record of a journal.
#[derive(Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Which, from 1.
    pub line: usize,
    /// Why, as a fragment.
    pub why: String,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for ReadError {}

/// The records of a journal's text. A last line that breaks off, as a killed writer leaves it, is left out.
///
/// # Errors
/// The first line that is none, or of another version.
pub fn read(text: &str) -> Result<Vec<Record>, ReadError> {
    let mut records = Vec::new();
    let whole = text.ends_with('\n');
    let count = text.lines().count();
    for (index, line) in text.lines().enumerate() {
        let failed = |why: String| ReadError { line: index + 1, why };
        match serde_json::from_str::<Record>(line) {
            Ok(record) if record.version == VERSION => records.push(record),
            Ok(record) => return Err(failed(format!("its version is {}, and {VERSION} is known", record.version))),
            Err(_) if index + 1 == count && !whole => break,
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"version":1,"sequence":0,"event":"finding","id":"open-port","detail":"22"}"#;

    #[test]
    fn what_was_written_is_read_and_a_torn_end_left_out() {
        assert_eq!(read(&format!("{LINE}\n{LINE}\n")).unwrap().len(), 2);
        assert_eq!(read(&format!("{LINE}\n{{\"vers")).unwrap().len(), 1);
        assert_eq!(read("").unwrap().len(), 0);
    }

    #[test]
    fn what_is_no_record_is_said_with_its_line() {
        assert_eq!(read(&format!("{LINE}\nnonsense\n")).unwrap_err().line, 2);
        let newer = LINE.replace(r#""version":1"#, r#""version":2"#);
        assert!(read(&newer).unwrap_err().why.contains("version is 2"));
    }
}
