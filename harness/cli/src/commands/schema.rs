//! `nightproof schema`: prints the JSON Schema of a file.

use crate::arguments::{SchemaKind, SchemaOptions};
use crate::error::Error;
use crate::{Exit, printer};

pub(crate) fn schema(options: &SchemaOptions) -> Result<Exit, Error> {
    let schema = match options.of {
        SchemaKind::Drill => nightproof_drill_file::DrillFile::schema(),
        SchemaKind::Incident => nightproof_incident::Incident::schema(),
        SchemaKind::Evidence => nightproof_evidence::Record::schema(),
    };
    printer::line(&serde_json::to_string_pretty(&schema).unwrap_or_default());
    Ok(Exit::Passed)
}
