//! `cfn-init`. <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-init.html>

use std::fs;

use serde_json::Value;

use super::build;
use super::client::{Access, Client};
use super::get_metadata::indented;
use super::log::Log;
use super::options::{CALLING, Definition, Failure, Options};
use super::stack_resource::StackResource;
use crate::commands::terminal::complain;

const OPTIONS: [Definition; 5] = [
    (Some('s'), "stack", true),
    (Some('r'), "resource", true),
    (Some('c'), "configsets", true),
    (Some('u'), "url", true),
    (Some('v'), "verbose", false),
];

/// Where the metadata that was applied is kept.
const DATA: &str = "/var/lib/cfn-init/data";
const INIT: &str = "AWS::CloudFormation::Init";

pub(super) fn main(arguments: &[String]) -> Result<u8, Failure> {
    let options = Options::parse(&[&OPTIONS, &CALLING], arguments)?;
    let log = Log::open("cfn-init", options.has("verbose"));
    let (stack, id) = options.stack_and_resource()?;
    let client = Client::new(&Access::from_options(&options)?).map_err(Failure::Failed)?;
    let resource = StackResource::describe(&client, stack, id).map_err(|reason| {
        log.error(&reason);
        Failure::Failed(reason)
    })?;
    if !resource.has_metadata() {
        return Err(Failure::Failed(format!("Error: {id} does not specify any metadata")));
    }
    let kept = fs::create_dir_all(DATA).and_then(|()| fs::write(format!("{DATA}/metadata.json"), indented(&resource.metadata)));
    if let Err(error) = kept {
        complain(&format!("Could not create {DATA} to store metadata"));
        log.error(format!("Could not create {DATA} to store metadata: {error}"));
    }
    let init = resource.metadata.get(INIT).filter(|init| init.as_object().is_some_and(|members| !members.is_empty()));
    let Some(init) = init else {
        complain(&format!("Could not find '{INIT}' key in metadata for {id}."));
        return Ok(0);
    };
    let sets: Vec<&str> = options.get("configsets").unwrap_or("default").split(',').collect();
    apply(&resource.metadata, init, &sets, &log)
}

fn apply(metadata: &Value, init: &Value, sets: &[&str], log: &Log) -> Result<u8, Failure> {
    log.info("-----------------------Starting build-----------------------");
    build::run(metadata, init, sets, log).map_err(|reason| {
        log.error("-----------------------BUILD FAILED!------------------------");
        log.error(format!("Unhandled exception during build: {reason}"));
        Failure::Failed(format!("Error occurred during build: {reason}"))
    })?;
    log.info("-----------------------Build complete-----------------------");
    Ok(0)
}
