//! The built-in SSM agent beside a real one.

use std::path::Path;

use crate::step::{self, StepError};

/// The programs that a folder of the agent has to have.
const PROGRAMS: [&str; 3] = ["amazon-ssm-agent", "ssm-agent-worker", "ssm-document-worker"];

/// Records the answers of the agent in `folder`, then compares the built-in one's with them.
pub(crate) fn record(folder: &Path) -> Result<(), StepError> {
    let folder = folder.canonicalize().map_err(|error| StepError::Found(format!("`{}`: {error}", folder.display())))?;
    if let Some(missing) = PROGRAMS.iter().find(|program| !folder.join(program).is_file()) {
        return Err(StepError::Found(format!("there is no `{missing}` in `{}`", folder.display())));
    }
    let test = |name: &str, more: &[&str]| {
        let arguments = ["test", "--workspace", "--test", "it", "--", "--exact", name];
        let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
        step::cargo(&arguments, &[("NIGHTPROOF_SSM_AGENT", &folder.display().to_string())])
    };
    test("agent_parity::the_real_agent_is_recorded", &["--ignored"])?;
    test("agent_parity::the_built_in_agent_answers_as_the_real_one_did", &[])
}
