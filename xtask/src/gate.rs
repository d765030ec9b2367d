//! The scenarios of the gate: in containers and on LocalStack one for each mechanism, about a tenth of all. `cargo xtask conformance` runs
//! every scenario in every place.

use nightproof_wildcard::{Pattern, Syntax};

use crate::step::{self, StepError};

/// Tests by name, `*` for any text, each with what it is here for.
type Chosen = [(&'static str, &'static str)];

/// With machines as containers.
pub(crate) const CONTAINERS: &Chosen = &[
    ("container::*", "the container of a machine itself, its image, and the sweep of what is left"),
    ("happy::the_bundled_stack_passes_strictly", "boot, user data, a function in a container: a whole night"),
    ("happy::every_tagged_instance_is_backed_up_and_no_other", "several instances side by side"),
    ("data::*_odd_names", "files of any name into a container and out of it"),
    ("chain::a_handler_that_raises_is_told_with_its_exception", "what a function in a container writes as it fails"),
    ("chain::a_port_open_beside_https_fails_a_strict_drill_only", "a published port"),
    (
        "incidents::an_incident_shows_as_described::*_function_times_out_yaml",
        "a function's container that is stopped at its time-out",
    ),
    ("incidents::an_incident_shows_as_described::*_reboot_asked_for_yaml", "a reboot: the disk is kept"),
    (
        "incidents::an_incident_shows_as_described::*_rebooted_in_mid_command_yaml",
        "a container that is started again in the middle of a command",
    ),
    ("incidents::an_incident_shows_as_described::*_instance_stopped_yaml", "an instance that is stopped"),
    ("incidents::an_incident_shows_as_described::*_agent_crashes_in_mid_command_yaml", "an agent that crashes in a container"),
    ("incidents::an_incident_shows_as_described::*_offline_for_a_moment_yaml", "a link outage"),
    ("incidents::an_incident_shows_as_described::*_slow_processor_yaml", "a throttled CPU"),
    ("incidents::what_no_container_can_show_is_refused_for_containers::*", "faults that need a sandbox"),
    ("container_lost::an_instance_whose_container_is_removed_in_mid_command_fails_the_drill", "a lost container"),
    ("container_lost::an_engine_that_goes_away_fails_the_drill_which_says_what_is_left", "a lost engine"),
    ("killed::*_EMBEDDED::*_observe*", "a killed drill"),
];

/// With objects and messages in LocalStack, and machines as containers.
pub(crate) const LOCALSTACK: &Chosen = &[
    ("store::*", "the contract of a store, versions included, and a store that is none"),
    ("happy::the_bundled_stack_passes_strictly", "the object store: a whole night, with encryption and access logs"),
    ("data::*_more_than_one_part", "multipart uploads"),
    ("data::*_odd_names", "keys and files of any name"),
    ("permissions::a_function_without_permission_for_the_rule_is_not_invoked", "the message store: a dead-letter queue"),
    ("permissions::a_grant_on_another_bucket_allows_no_upload", "the region decides, and not the store"),
    (
        "incidents::an_incident_shows_as_described::*_key_disabled_yaml",
        "a data key that the region refuses for an object of the store",
    ),
    (
        "incidents::an_incident_shows_as_described::*_upload_breaks_off_once_yaml",
        "an upload that breaks off on its way to the store",
    ),
    ("smoke::a_smoke_drill_passes_by_invoking_and_says_no_secret", "`nightproof up` with a store"),
    ("container_lost::a_localstack_that_dies_fails_the_drill_with_its_address::*_observe", "a lost LocalStack"),
    ("container_lost::a_localstack_that_is_too_slow_is_said_with_its_remedy", "a LocalStack that does not start"),
    ("killed::*_LOCALSTACK::*_observe*", "a killed drill with a LocalStack of its own"),
    ("native::what_its_cloudformation_drops_fails_the_drill_by_property", "native CloudFormation, compared"),
    ("native::what_was_dropped_is_mended_and_the_night_passes", "native CloudFormation, repaired"),
];

/// Runs the chosen tests in an environment. A name that no test has is an error.
pub(crate) fn run(chosen: &Chosen, environment: &[(&str, &str)]) -> Result<(), StepError> {
    let list = ["test", "--workspace", "--test", "it", "--", "--list", "--format", "terse"];
    let listed = step::said(step::cargo_command().args(list))?;
    let tests: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let names = names(chosen, &tests)?;
    let mut arguments = vec!["test", "--workspace", "--test", "it", "--", "--include-ignored", "--exact"];
    arguments.extend(names);
    let threads = step::threads();
    step::cargo(&arguments, &[environment, &[("RUST_TEST_THREADS", threads.as_str())]].concat())
}

/// Those of `tests` that are chosen.
fn names<'a>(chosen: &Chosen, tests: &[&'a str]) -> Result<Vec<&'a str>, StepError> {
    let mut found = Vec::new();
    for (pattern, purpose) in chosen {
        let before = found.len();
        // `*` stands for any text.
        let wanted = Pattern::new(pattern, Syntax::default());
        found.extend(tests.iter().copied().filter(|test| wanted.matches(test)));
        if found.len() == before {
            return Err(StepError::Found(format!("no test is called `{pattern}`, which the gate has for: {purpose}")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_test_has_is_an_error() {
        let chosen = [("a::*", "a"), ("b", "what b is for")];
        assert_eq!(names(&chosen, &["a::x", "c", "b"]).unwrap(), ["a::x", "b"]);
        assert!(names(&chosen, &["a::x"]).unwrap_err().to_string().contains("`b`, which the gate has for: what b is for"));
    }
}
