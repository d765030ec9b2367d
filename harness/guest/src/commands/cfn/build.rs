//! What a config has done: packages, groups, users, sources, files, commands and services, in this order.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-init.html>

use serde_json::{Map, Value};

use super::authentication::Authentication;
use super::changes::Changes;
use super::config_sets::configs;
use super::log::Log;
use super::{commands, files, packages, services, sources, users};

/// Runs the configs of all sets; the error is what the build failed with. `metadata` is that of the resource, `init` a member of it.
pub(super) fn run(metadata: &Value, init: &Value, sets: &[&str], log: &Log) -> Result<(), String> {
    log.info(format!("Running configSets: {}", sets.join(", ")));
    let authentication = Authentication::read(metadata, log);
    for set in sets {
        let configs = configs(init, set)?;
        log.info(format!("Running configSet {set}"));
        for (name, config) in configs {
            log.info(format!("Running config {name}"));
            build(config, &authentication, log)
                .inspect_err(|reason| log.error(format!("Error encountered during build of {name}: {reason}")))?;
        }
    }
    log.info("ConfigSets completed");
    Ok(())
}

fn build(config: &Value, authentication: &Authentication, log: &Log) -> Result<(), String> {
    let none = Map::new();
    let section = |name: &str| match config.get(name) {
        None | Some(Value::Null) => Ok(&none),
        Some(Value::Object(section)) => Ok(section),
        Some(other) => Err(format!("the section {name} is an object, and not {other}")),
    };
    let mut changes = Changes::default();
    packages::install(section("packages")?, &mut changes, log)?;
    changes.add("groups", users::make_groups(section("groups")?, log)?);
    changes.add("users", users::make_users(section("users")?, log)?);
    changes.add("sources", sources::unpack(section("sources")?, authentication, log)?);
    changes.add("files", files::write(section("files")?, authentication, log)?);
    changes.add("commands", commands::run(section("commands")?, log)?);
    services::apply(section("services")?, &changes, log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_sections_of_a_config_run_in_their_order_and_configs_in_that_of_their_set() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let init = json!({
            "configSets": {"default": ["first", "second"]},
            "second": {"commands": {"1": {"command": format!("cat {} > {}", at("a"), at("b"))}}},
            "first": {"commands": {"1": {"command": format!("echo more >> {}", at("a"))}}, "files": {at("a"): {"content": "a\n"}}},
        });
        run(&json!({}), &init, &["default"], &Log::none()).unwrap();
        assert_eq!(std::fs::read_to_string(at("b")).unwrap(), "a\nmore\n");
        let failing = json!({"config": {"commands": {"x": {"command": "false"}}, "files": []}});
        assert!(run(&json!({}), &failing, &["default"], &Log::none()).unwrap_err().contains("the section files is an object"));
    }
}
