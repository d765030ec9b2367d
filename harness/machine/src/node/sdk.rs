//! The AWS SDK for JavaScript, version 3, which AWS's runtimes bring: installed by npm, those packages that a function names.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included>

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::tools::{cache_folder, lock};

/// The day that packages are of: npm takes no version that came later, of none of what they need either.
const DAY: &str = "2026-11-01";
/// What of a file is looked through.
const LARGEST_FILE: u64 = 8 * 1024 * 1024;

/// The packages could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum SdkError {
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// npm failed.
    #[error("npm did not install it: {output}")]
    Install {
        /// The end of what it said.
        output: String,
    },
}

/// The packages of the SDK that the code in `folder` loads and does not bring itself, in order: `@aws-sdk/client-ssm`. `layers` is the folder that
/// the function sees as `/opt`.
pub fn missing(folder: &Path, layers: Option<&Path>) -> Vec<String> {
    let mut named = Vec::new();
    collect(folder, &mut named);
    named.sort();
    named.dedup();
    let folders = ["nodejs", "nodejs/node18", "nodejs/node20", "nodejs/node22", "nodejs/node24"];
    let places: Vec<PathBuf> = std::iter::once(folder.to_owned())
        .chain(layers.into_iter().flat_map(|layers| folders.map(|of| layers.join(of))))
        .collect();
    named.retain(|package| !places.iter().any(|place| place.join("node_modules").join(package).exists()));
    named
}

fn collect(folder: &Path, named: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && name != "node_modules" {
            collect(&path, named);
        } else if kind.is_file()
            && path.extension().is_some_and(|extension| extension == "js" || extension == "mjs" || extension == "cjs")
        {
            let mut text = Vec::new();
            if fs::File::open(&path).and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut text)).is_ok() {
                named.extend(loaded(&String::from_utf8_lossy(&text)));
            }
        }
    }
}

/// The packages that a text loads: the string after `from`, `import`, or the parenthesis of `import` or `require`.
fn loaded(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("@aws-sdk/").filter_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at..)?);
        let quote = before.chars().next_back().filter(|quote| "'\"`".contains(*quote))?;
        let before = before.get(..before.len() - 1)?.trim_end();
        let loads = match before.strip_suffix('(') {
            Some(called) => ["require", "import", "__require"].iter().any(|name| called.trim_end().ends_with(name)),
            None => before.ends_with("from") || before.ends_with("import"),
        };
        let package = after.split(quote).next()?;
        let name = package
            .split('/')
            .nth(1)
            .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))?;
        loads.then(|| format!("@aws-sdk/{name}"))
    })
}

/// The folder `node_modules` with these packages, installed at the first call for them on this machine. Blocks.
///
/// # Errors
/// [`SdkError`]: there is no npm, or it reaches no registry.
pub fn ensure(packages: &[String]) -> Result<PathBuf, SdkError> {
    let cache = cache_folder();
    let write_error = |path: &Path| {
        let path = path.to_owned();
        move |source| SdkError::Write { path, source }
    };
    let digest = hex::encode(Sha256::digest(format!("{DAY} {}", packages.join(" "))));
    let folder = cache.join(format!("node-{}", digest.get(..16).unwrap_or(&digest)));
    let modules = folder.join("node_modules");
    if modules.exists() {
        return Ok(modules);
    }
    // Two at once must not install into one folder; the second finds the first one's work.
    let held = lock("node").map_err(write_error(&cache))?;
    if !modules.exists() {
        let temporary = tempfile::Builder::new().prefix("new-").tempdir_in(&cache).map_err(write_error(&cache))?;
        install(&mut Command::new("npm"), packages, temporary.path())?;
        let made = temporary.keep();
        fs::rename(&made, &folder).map_err(write_error(&folder))?;
    }
    drop(held);
    Ok(modules)
}

/// Installs packages into a folder, as npm is set up on this host: no script of theirs runs.
fn install(npm: &mut Command, packages: &[String], folder: &Path) -> Result<(), SdkError> {
    npm.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--omit=dev",
        "--loglevel=error",
    ]);
    npm.args(["--fetch-retries=1", "--fetch-timeout=30000", "--fetch-retry-mintimeout=1000", "--prefix"]).arg(folder);
    npm.arg(format!("--before={DAY}")).args(packages.iter().map(|package| format!("{package}@3"))).current_dir(folder);
    let output = npm.output().map_err(|error| SdkError::Install { output: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    // What happened comes first, advice after it.
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().map(|line| line.trim_start_matches("npm error").trim()).filter(|line| !line.is_empty());
    Err(SdkError::Install { output: lines.take(4).collect::<Vec<_>>().join("; ") })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn packages_are_what_is_loaded_and_not_what_is_mentioned() {
        let text = "import { SSMClient } from '@aws-sdk/client-ssm';\nimport \"@aws-sdk/client-s3\"\nconst x = require( '@aws-sdk/lib-storage' );\n\
                    var e=__require(\"@aws-sdk/client-ec2\"),f=await import(`@aws-sdk/client-sts/dist`)\n// needs @aws-sdk/client-kms\n\
                    console.log('@aws-sdk/client-sns')\nconst name = \"@aws-sdk/\" + which;\n";
        let found: Vec<String> = loaded(text).collect();
        assert_eq!(
            found,
            ["@aws-sdk/client-ssm", "@aws-sdk/client-s3", "@aws-sdk/lib-storage", "@aws-sdk/client-ec2", "@aws-sdk/client-sts"]
        );
    }

    #[test]
    fn what_a_function_or_its_layer_brings_is_not_missing() {
        let (code, layers) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = "require('@aws-sdk/client-ssm'); require('@aws-sdk/client-s3'); require('@aws-sdk/client-kms')";
        fs::create_dir_all(code.path().join("lib")).unwrap();
        fs::write(code.path().join("lib/backup.cjs"), text).unwrap();
        let own = code.path().join("node_modules/@aws-sdk/client-s3");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("index.js"), "require('@aws-sdk/core')").unwrap();
        fs::create_dir_all(layers.path().join("nodejs/node_modules/@aws-sdk/client-kms")).unwrap();
        assert_eq!(missing(code.path(), Some(layers.path())), ["@aws-sdk/client-ssm"]);
        assert_eq!(missing(code.path(), None), ["@aws-sdk/client-kms", "@aws-sdk/client-ssm"]);
    }

    /// A registry with two versions of a package, one of which came after [`DAY`]; its address.
    fn registry(archive: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let version = |number| {
            format!(
                r#""{number}": {{"name": "@aws-sdk/client-ssm", "version": "{number}", "dist": {{"tarball": "{address}/p.tgz"}}}}"#
            )
        };
        let package = format!(
            r#"{{"name": "@aws-sdk/client-ssm", "dist-tags": {{"latest": "3.9.9"}}, "versions": {{{}, {}}},
                 "time": {{"3.9.1": "2026-01-01T00:00:00Z", "3.9.9": "2026-11-20T00:00:00Z"}}}}"#,
            version("3.9.1"),
            version("3.9.9")
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut request, mut byte) = (Vec::new(), [0]);
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
                    request.push(byte[0]);
                }
                let body = if request.starts_with(b"GET /p.tgz ") { archive.clone() } else { package.clone().into_bytes() };
                write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
                stream.write_all(&body).unwrap();
            }
        });
        address
    }

    #[test]
    fn npm_installs_versions_of_the_day_and_says_why_it_cannot() {
        let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let package = folder.path().join("package");
        fs::create_dir(&package).unwrap();
        fs::write(package.join("package.json"), r#"{"name": "@aws-sdk/client-ssm", "version": "3.9.1"}"#).unwrap();
        fs::write(package.join("index.js"), "exports.from = 'the registry'").unwrap();
        let packed = Command::new("tar").args(["-cz", "package"]).current_dir(folder.path()).output().unwrap();
        let packages = ["@aws-sdk/client-ssm".to_owned()];
        let npm = |registry: &str| {
            let mut npm = Command::new("npm");
            npm.env("NPM_CONFIG_REGISTRY", registry).env("NPM_CONFIG_CACHE", cache.path());
            npm
        };
        install(&mut npm(&registry(packed.stdout)), &packages, folder.path()).unwrap();
        let installed = folder.path().join("node_modules/@aws-sdk/client-ssm");
        assert_eq!(fs::read_to_string(installed.join("index.js")).unwrap(), "exports.from = 'the registry'");
        let lock = fs::read_to_string(folder.path().join("package-lock.json")).unwrap();
        assert!(lock.contains("3.9.1") && !lock.contains("3.9.9"), "{lock}");

        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let other = tempfile::tempdir().unwrap();
        let SdkError::Install { output } = install(&mut npm(&format!("http://{closed}")), &packages, other.path()).unwrap_err()
        else {
            panic!()
        };
        assert!(output.contains("ECONNREFUSED"), "{output}");
    }
}
