//! What is wrong with a template, for a person: file, line and column, and the line itself.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, SourceOffset};
use nightproof_template::TemplateError;

/// The errors of a template, each drawn with its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TemplateErrors(Vec<String>);

impl TemplateErrors {
    /// The errors of the template `text`, whose file is called `name`.
    pub(crate) fn new(name: &str, text: &str, errors: &[TemplateError]) -> Self {
        Self(errors.iter().map(|error| draw(name, text, error)).collect())
    }
}

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\nerror: "))
    }
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
