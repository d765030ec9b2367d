//! A template is looked at before anything is made, so that what is wrong with it is said with its place.

use std::path::Path;

use crate::{Exit, printer};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, SourceOffset};
use nightproof_template::{Template, TemplateError};

/// The bundled stack.
pub(crate) const BUNDLED: &str = include_str!("../../../stack/template.yaml");

/// The text of `file`, or the bundled stack. What is wrong with it is said before anything is made.
pub(crate) fn load(file: Option<&Path>) -> Result<String, Exit> {
    let text = match file {
        None => BUNDLED.to_owned(),
        Some(file) => std::fs::read_to_string(file).map_err(|error| {
            printer::error(&format!("cannot read the template `{}`: {error}", file.display()), None);
            Exit::Input
        })?,
    };
    check(file, &text).map_err(|errors| {
        printer::note(&errors);
        Exit::Input
    })?;
    Ok(text)
}

/// Reads the template; what is wrong with it comes back as text for a terminal.
pub(crate) fn check(file: Option<&Path>, text: &str) -> Result<(), String> {
    let name = file.map_or_else(|| "stack/template.yaml".to_owned(), |file| file.display().to_string());
    let Err(errors) = Template::parse(text) else { return Ok(()) };
    let drawn: Vec<String> = errors.iter().map(|error| draw(&name, text, error)).collect();
    Err(drawn.join("\n"))
}

fn draw(name: &str, text: &str, error: &TemplateError) -> String {
    let Some(place) = error.position else { return format!("error: {name}: {}", error.message) };
    let head = format!("error: {name}:{}:{}: {}", place.line, place.column, error.message);
    let offset = SourceOffset::from_location(text, place.line, place.column);
    let diagnostic = MietteDiagnostic::new(error.message.clone()).with_label(LabeledSpan::at_offset(offset.offset(), "here"));
    let report = Report::from(diagnostic).with_source_code(NamedSource::new(name, text.to_owned()));
    let mut drawing = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    // The first line says it all; the drawing is for the eye.
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
        let said = check(Some(Path::new("my.yaml")), text).unwrap_err();
        assert!(said.starts_with("error: my.yaml:5:10: "), "{said}");
        assert!(said.contains("x: !Ref Gone"), "{said}");
    }

    #[test]
    fn a_good_template_says_nothing() {
        assert_eq!(check(None, "Resources: {A: {Type: 'T::T::T'}}"), Ok(()));
    }
}
