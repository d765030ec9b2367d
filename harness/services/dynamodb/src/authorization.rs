//! The ARNs that requests mean by tables and streams, and the tags of tables.

use nightproof_core::document::Members as _;
use nightproof_core::service::{Call, arn};
use serde_json::Value;

use crate::operations::streams::stream_of_iterator;
use crate::records::DynamoDb;
use crate::table_name::TableName;

impl DynamoDb {
    /// The ARN of a `kind` that a request names.
    pub(crate) fn named(call: &Call, kind: &str, input: &Value) -> Vec<String> {
        let table = |member: &str| input.text(member).map(|given| TableName::read(call, given).arn);
        let found = match kind {
            "table" => table("TableName"),
            "backups" => table("TableName").map(|arn| format!("{arn}/backup/*")),
            "source" => table("SourceTableArn").or_else(|| table("SourceTableName")),
            "target" => table("TargetTableName"),
            "iterator" => input.text("ShardIterator").and_then(stream_of_iterator),
            _ => None,
        };
        found.into_iter().collect()
    }

    /// The tags of the table that an ARN is of, or of its index.
    pub(crate) fn tags(&self, resource: &str) -> Vec<(String, String)> {
        let name = arn::resource_of(resource).trim_start_matches("table/").split('/').next().unwrap_or_default().to_owned();
        self.look(arn::account_of(resource), |records| {
            let table = records.tables.get(&name).filter(|table| resource.starts_with(&table.arn));
            table.map(|table| table.tags.pairs()).unwrap_or_default()
        })
    }
}
