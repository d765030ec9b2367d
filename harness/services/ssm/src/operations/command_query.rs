//! ListCommands.

use jiff::Timestamp;
use nightproof_core::service::{AwsError, Call};
use serde::Deserialize;
use serde_json::Value;

use crate::command::Command;
use crate::page::page;
use crate::records::Ssm;

/// `ListCommands`. <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommands.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListCommands {
    command_id: Option<String>,
    instance_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

/// A `CommandFilter`, of commands and of invocations.
#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Filter {
    /// A filter value that has to be a time.
    pub(crate) fn time(&self) -> Result<Timestamp, AwsError> {
        self.value
            .parse()
            .map_err(|_| AwsError::new("InvalidFilterValue", 400, format!("The filter value {} isn't valid.", self.value)))
    }

    /// The error for a key that the operation does not have.
    pub(crate) fn unknown_key(&self) -> AwsError {
        AwsError::new("InvalidFilterKey", 400, format!("The specified key {} isn't valid.", self.key))
    }
}

fn keep(command: &Command, filters: &[Filter]) -> Result<bool, AwsError> {
    let verdict = command.verdict();
    for filter in filters {
        let value = filter.value.as_str();
        let good = match filter.key.as_str() {
            "InvokedAfter" => command.requested >= filter.time()?,
            "InvokedBefore" => command.requested < filter.time()?,
            "Status" => value == verdict.status || value == verdict.details,
            "ExecutionStage" => match value {
                "Executing" => !verdict.terminal(),
                "Complete" => verdict.terminal(),
                _ => false,
            },
            "DocumentName" => value == command.document_name,
            _ => return Err(filter.unknown_key()),
        };
        if !good {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Ssm {
    pub(crate) fn list_commands(&self, call: &Call, input: ListCommands) -> Result<Value, AwsError> {
        let found = self.with(call.account(), |records| {
            let mut found = Vec::new();
            for command in records.commands.iter_mut().rev() {
                let wanted = input.command_id.as_ref().is_none_or(|id| *id == command.id)
                    && input.instance_id.as_ref().is_none_or(|id| command.invocation(id).is_some());
                if wanted && keep(command, &input.filters)? {
                    found.push(command.describe(call.region.name()));
                }
            }
            Ok::<_, AwsError>(found)
        })?;
        if let Some(id) = &input.command_id
            && found.is_empty()
            && !self.with(call.account(), |records| records.command(id).is_some())
        {
            return Err(AwsError::new("InvalidCommandId", 400, format!("Command {id} does not exist.")));
        }
        page("Commands", found, input.next_token.as_deref(), input.max_results.unwrap_or(50))
    }
}
