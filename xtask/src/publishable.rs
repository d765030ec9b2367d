//! Whether each crate can be published: what a crate of ours needs is published with a version, and each file that its program includes is in
//! its own folder, which is all that a package has. `cargo publish --workspace --dry-run`, which the nightly workflow runs, is the whole
//! proof; this one takes a second. <https://doc.rust-lang.org/cargo/reference/publishing.html>

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use syn::visit::{self, Visit};
use syn::{ItemMod, LitStr, Macro};
use walkdir::WalkDir;

use crate::step::{self, StepError};

/// Checks all crates; names every offence.
pub(crate) fn check() -> Result<(), StepError> {
    let text = step::output(step::cargo_command().args(["metadata", "--format-version=1", "--no-deps", "--locked"]))?;
    let metadata: Value = serde_json::from_slice(&text).map_err(|error| StepError::Found(format!("cargo metadata: {error}")))?;
    let packages = metadata.get("packages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let private: BTreeSet<&str> = packages.iter().filter(|package| is_private(package)).map(name).collect();
    let mut offences = Vec::new();
    for package in packages.iter().filter(|package| !is_private(package)) {
        let missing = ["description", "license"].into_iter().filter(|field| package[field].as_str().is_none_or(str::is_empty));
        offences.extend(missing.map(|field| format!("{} has no {field}", name(package))));
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        offences.extend(dependencies.filter_map(|dependency| wrong_dependency(name(package), dependency, &private)));
        let folder = package["manifest_path"].as_str().map(Path::new).and_then(Path::parent).unwrap_or(Path::new("."));
        offences.extend(outside(folder)?.into_iter().map(|file| format!("{} includes {file}", name(package))));
    }
    if offences.is_empty() { Ok(()) } else { Err(StepError::Found(offences.join("\n"))) }
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

/// Of no registry at all.
fn is_private(package: &Value) -> bool {
    package["publish"].as_array().is_some_and(Vec::is_empty)
}

/// What is wrong with a dependency on a crate of ours. Those of tests have no version, so that they are left out of what is published: with
/// them, crates would wait for each other in a circle.
fn wrong_dependency(of: &str, dependency: &Value, private: &BTreeSet<&str>) -> Option<String> {
    let (name, is_ours) = (name(dependency), dependency["path"].is_string());
    let (is_for_tests, has_version) = (dependency["kind"] == "dev", dependency["req"] != "*");
    match (is_ours, is_for_tests) {
        (true, true) => has_version.then(|| format!("{of}: the tests' dependency {name} is to have a path and no version")),
        (true, false) if private.contains(name) => Some(format!("{of} needs {name}, which is not published")),
        (true, false) => (!has_version).then(|| format!("{of}: the dependency {name} is to have a version")),
        (false, _) => None,
    }
}

/// Files that a crate's program includes and that are not in its folder: `src/lib.rs: ../../stack/template.yaml`.
fn outside(folder: &Path) -> Result<Vec<String>, StepError> {
    let mut found = Vec::new();
    let is_test = |entry: &walkdir::DirEntry| entry.path().file_stem().is_some_and(|name| name == "tests");
    let sources =
        WalkDir::new(folder.join("src")).sort_by_file_name().into_iter().filter_entry(|entry| !is_test(entry)).flatten();
    for source in sources.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs")) {
        let wrong = |error: &dyn std::fmt::Display| StepError::Found(format!("{}: {error}", source.path().display()));
        let text = fs::read_to_string(source.path()).map_err(|error| wrong(&error))?;
        // Most files include nothing, and need not be parsed.
        if !text.contains("include_") {
            continue;
        }
        let mut included = Included::default();
        included.visit_file(&syn::parse_file(&text).map_err(|error| wrong(&error))?);
        let beside = source.path().parent().unwrap_or(folder);
        let is_outside = |file: &&String| !resolved(&beside.join(file)).starts_with(folder);
        let name = source.path().strip_prefix(folder).unwrap_or(source.path()).display();
        found.extend(included.files.iter().filter(is_outside).map(|file| format!("{file}, from {name}")));
    }
    Ok(found)
}

/// The path without `..`, by its words alone: a link in the crate's folder is published as what it leads to.
fn resolved(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut resolved, component| {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            component => resolved.push(component),
        }
        resolved
    })
}

/// Paths that `include_str!` and `include_bytes!` are given, outside of tests. What is put together from pieces begins with `OUT_DIR` or the
/// crate's folder.
#[derive(Default)]
struct Included {
    files: Vec<String>,
}

impl<'ast> Visit<'ast> for Included {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
        };
        if !module.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.read(&called.tokens.to_string());
        if called.path.is_ident("include_str") || called.path.is_ident("include_bytes") {
            self.files.extend(called.parse_body::<LitStr>().ok().map(|literal| literal.value()));
        }
    }
}

impl Included {
    /// What is included within the tokens of another macro, `vec!` for one.
    fn read(&mut self, tokens: &str) {
        for inside in ["include_str", "include_bytes"].into_iter().flat_map(|name| tokens.split(name).skip(1)) {
            let literal = inside.trim_start_matches([' ', '!', '(']);
            let path = literal.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(path, _)| path.to_owned());
            self.files.extend(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(source: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src/inner")).unwrap();
        fs::write(folder.path().join("src/inner/a.rs"), source).unwrap();
        outside(folder.path()).unwrap()
    }

    #[test]
    fn what_is_included_from_outside_of_the_crate_is_named() {
        assert_eq!(
            found("const A: &str = include_str!(\"../../../stack/a.yaml\");"),
            ["../../../stack/a.yaml, from src/inner/a.rs"]
        );
        assert_eq!(found("fn f() { g(vec![(1, include_bytes!(\"../../../b\"))]) }"), ["../../../b, from src/inner/a.rs"]);
    }

    #[test]
    fn what_is_in_the_crate_and_what_tests_include_is_no_offence() {
        assert!(found("const A: &str = include_str!(\"../../stack/a.yaml\"); const B: &str = include_str!(\"b\");").is_empty());
        assert!(found("#[cfg(test)] mod tests { const A: &str = include_str!(\"../../../docs/a.md\"); }").is_empty());
    }

    #[test]
    fn dependencies_have_a_version_unless_tests_alone_need_them() {
        let wrong = |kind: Value, req: &str| {
            let dependency = json!({ "name": "b", "path": "/b", "kind": kind, "req": req });
            wrong_dependency("a", &dependency, &BTreeSet::from(["private"])).is_some()
        };
        assert!(!wrong(Value::Null, "^0.1.0") && !wrong(json!("dev"), "*"));
        assert!(wrong(Value::Null, "*") && wrong(json!("build"), "*") && wrong(json!("dev"), "^0.1.0"));
        let private = json!({ "name": "private", "path": "/p", "kind": null, "req": "^0.1.0" });
        assert!(wrong_dependency("a", &private, &BTreeSet::from(["private"])).is_some());
    }
}
