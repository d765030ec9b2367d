//! Lists the services that need nothing but themselves, and the resource types of all services, for `src/services.rs` to include: a
//! dependency on a service's crate is all that makes it part of the region.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

/// Those that `src/services.rs` makes, since they share something with one another, with machines or with a store.
const MADE_BY_HAND: [&str; 13] =
    ["dynamodb", "ec2", "events", "iam", "kms", "lambda", "monitoring", "s3", "scheduler", "sqs", "ssm", "states", "sts"];

/// Those without resource types.
const WITHOUT_TYPES: [&str; 4] = ["cloudtrail", "servicequotas", "sts", "tagging"];

/// The manifest as it is written. In a published package, `Cargo.toml` is what cargo makes of it.
/// <https://doc.rust-lang.org/cargo/commands/cargo-package.html>
const MANIFESTS: [&str; 2] = ["Cargo.toml.orig", "Cargo.toml"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=Cargo.toml");
    let (mut members, mut types) = (String::new(), String::new());
    let manifest = MANIFESTS.into_iter().find(|name| Path::new(name).exists()).ok_or("no Cargo.toml")?;
    for line in fs::read_to_string(manifest)?.lines() {
        let Some(name) = line.strip_prefix("nightproof-service-").and_then(|rest| rest.split(['.', ' ', '=']).next()) else {
            continue;
        };
        let krate = name.replace('-', "_");
        if !WITHOUT_TYPES.contains(&name) {
            types.push_str(&format!("nightproof_service_{krate}::resource_types(),\n"));
        }
        if !MADE_BY_HAND.contains(&name) {
            members.push_str(&format!("({name:?}, nightproof_service_{krate}::service()),\n"));
        }
    }
    let list = format!(
        "fn independent() -> Vec<Member> {{\nvec![\n{members}]\n}}\n\
         fn types() -> Vec<&'static dyn ResourceProvider> {{\n[\n{types}].concat()\n}}\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("independent.rs"), list)?;
    Ok(())
}
