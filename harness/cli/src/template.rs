//! Templates are read before anything is made, so that an error is reported with its file, line and column.

use std::path::Path;

use nightproof_template::Template;

use crate::error::Error;
use crate::template_errors::TemplateErrors;

/// The bundled stack.
pub(crate) const BUNDLED: &str = include_str!("../stack/template.yaml");

/// The text of `file`, or the bundled stack.
pub(crate) fn load(file: Option<&Path>) -> Result<String, Error> {
    let text = match file {
        None => BUNDLED.to_owned(),
        Some(file) => std::fs::read_to_string(file).map_err(|source| Error::ReadTemplate { path: file.to_owned(), source })?,
    };
    parse(file, &text)?;
    Ok(text)
}

/// What `file`, or the bundled stack, is called.
pub(crate) fn name(file: Option<&Path>) -> String {
    file.map_or_else(|| "stack/template.yaml".to_owned(), |file| file.display().to_string())
}

/// Reads the text of `file`, or of the bundled stack.
pub(crate) fn parse(file: Option<&Path>, text: &str) -> Result<Template, Error> {
    Template::parse(text).map_err(|errors| Error::Template(TemplateErrors::new(&name(file), text, &errors)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_point_at_file_line_and_column() {
        let text = "Resources:\n  A:\n    Type: T::T::T\n    Properties:\n      x: !Ref Gone\n";
        let said = parse(Some(Path::new("my.yaml")), text).unwrap_err().to_string();
        assert!(said.starts_with("my.yaml:5:10: "), "{said}");
        assert!(said.contains("x: !Ref Gone"), "{said}");
    }

    #[test]
    fn a_good_template_has_no_errors() {
        assert!(parse(None, "Resources: {A: {Type: 'T::T::T'}}").is_ok());
    }
}
