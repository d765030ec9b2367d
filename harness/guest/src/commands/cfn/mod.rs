//! AWS's helper scripts for CloudFormation, which Amazon Linux has in `/opt/aws/bin`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-helper-scripts-reference.html>

mod authentication;
mod build;
mod changes;
mod client;
mod commands;
mod config_sets;
mod files;
mod get_metadata;
mod hook;
mod hup;
mod init;
mod log;
mod mustache;
mod options;
mod packages;
mod program;
mod services;
mod signal;
mod sources;
mod stack_resource;
mod users;

/// Runs the script of this name; returns its exit code.
pub(super) fn main(name: &str, arguments: &[String]) -> u8 {
    let ended = match name {
        "cfn-init" => init::main(arguments),
        "cfn-signal" => signal::main(arguments),
        "cfn-get-metadata" => get_metadata::main(arguments),
        _ => hup::main(arguments),
    };
    ended.unwrap_or_else(|failure| failure.report(name))
}
