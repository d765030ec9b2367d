//! Templates are read before anything is made, so that an error is reported with its file, line and column.

use std::fmt;
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, SourceOffset};
use nightproof_template::{Template, TemplateError};

use crate::error::Error;

/// The bundled stack.
pub(crate) const BUNDLED: &str = include_str!("../../../stack/template.yaml");

/// The errors of a template, each drawn with its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TemplateErrors(Vec<String>);

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\nerror: "))
    }
}

/// The text of `file`, or the bundled stack.
pub(crate) fn load(file: Option<&Path>) -> Result<String, Error> {
    let text = match file {
        None => BUNDLED.to_owned(),
        Some(file) => std::fs::read_to_string(file).map_err(|source| Error::ReadTemplate { path: file.to_owned(), source })?,
    };
    parse(file, &text)?;
    Ok(text)
}

/// Reads the text of `file`, or of the bundled stack.
pub(crate) fn parse(file: Option<&Path>, text: &str) -> Result<Template, Error> {
    let name = file.map_or_else(|| "stack/template.yaml".to_owned(), |file| file.display().to_string());
    Template::parse(text)
        .map_err(|errors| Error::Template(TemplateErrors(errors.iter().map(|one| draw(&name, text, one)).collect())))
}

fn draw(name: &str, text: &str, error: &TemplateError) -> String {
    let Some(place) = error.position else { return format!("{name}: {}", error.message) };
    let head = format!("{name}:{}:{}: {}", place.line, place.column, error.message);
    let offset = SourceOffset::from_location(text, place.line, place.column);
    let diagnostic = MietteDiagnostic::new(error.message.clone()).with_label(LabeledSpan::at_offset(offset.offset(), "here"));
    let report = Report::from(diagnostic).with_source_code(NamedSource::new(name, text.to_owned()));
    let mut drawing = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    // The first line is enough without the drawing.
    if handler.render_report(&mut drawing, report.as_ref()).is_err() {
        return head;
    }
    format!("{head}\n{drawing}")
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
