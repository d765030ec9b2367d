//! The environment variables of a function.

use std::collections::BTreeMap;

use nightproof_core::Region;
use serde_json::Value;

use crate::definition::Definition;
use crate::log::Log;
use crate::node;

/// All but the credentials.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub(super) fn variables(
    region: &Region,
    packages: &str,
    definition: &Definition,
    log: &Log,
    provisioned: bool,
) -> BTreeMap<String, String> {
    let memory = definition.number("MemorySize").to_string();
    let runtime = definition.text("Runtime");
    let is_node = node::runs(runtime);
    let (search_path, path) = if is_node {
        let major = runtime.trim_start_matches("nodejs").trim_end_matches(".x");
        let path = format!("/opt/nodejs/node{major}/node_modules:/opt/nodejs/node_modules:{packages}:/var/runtime:/var/task");
        ("NODE_PATH", path)
    } else {
        let layers = match definition.layers.merged {
            Some(_) => format!("/opt/python/lib/{runtime}/site-packages:/opt/python:"),
            None => String::new(),
        };
        ("PYTHONPATH", format!("/var/task:{layers}{packages}"))
    };
    let initialization = if provisioned { "provisioned-concurrency" } else { "on-demand" };
    let mut variables: BTreeMap<String, String> = [
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ("AWS_REGION", region.name()),
        ("AWS_DEFAULT_REGION", region.name()),
        ("AWS_LAMBDA_FUNCTION_NAME", definition.text("FunctionName")),
        ("AWS_LAMBDA_FUNCTION_VERSION", definition.text("Version")),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", initialization),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log.group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", &log.stream),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", definition.text("Handler")),
        ("TZ", ":UTC"),
        (search_path, &path),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let logging = |member: &str| crate::pointer::pointer(&definition.configuration, &format!("/LoggingConfig/{member}"));
    // The runtime client reads how it is to write the application's log.
    variables.insert("AWS_LAMBDA_LOG_FORMAT".to_owned(), logging("LogFormat"));
    if logging("LogFormat") == "JSON" {
        variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), logging("ApplicationLogLevel"));
    }
    if is_node || definition.layers.merged.is_some() {
        variables.insert("PATH".to_owned(), "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned());
    }
    if definition.layers.merged.is_some() {
        variables.insert("LD_LIBRARY_PATH".to_owned(), "/var/task:/var/task/lib:/opt/lib".to_owned());
    }
    variables.insert("AWS_EXECUTION_ENV".to_owned(), format!("AWS_Lambda_{runtime}"));
    let own = definition.configuration.pointer("/Environment/Variables").and_then(Value::as_object).into_iter().flatten();
    variables.extend(own.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())));
    // A search path of the function's own comes before the runtime's, and does not hide the runtime client.
    if let Some(own) = variables.get_mut("PYTHONPATH").filter(|own| **own != path) {
        own.push(':');
        own.push_str(&path);
    }
    variables
}
