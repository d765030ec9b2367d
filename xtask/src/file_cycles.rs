//! Files of a crate that use each other in a circle: none of them can be read, moved or tested without the others.
//!
//! A file uses another one if it names an item that the other defines; what a facade (`lib.rs`, `mod.rs`) re-exports counts as an item of
//! the file that defines it. `mod name;` alone is no use, and code for tests is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, UseTree, Visibility};

use crate::step::StepError;

/// Cycles that stay, each with the reason; a cycle is named by its files, sorted.
const EXCEPTIONS: &[(&[&str], &str)] = &[(
    &[
        "harness/core/src/authorization.rs",
        "harness/core/src/gateway.rs",
        "harness/core/src/region.rs",
        "harness/core/src/service.rs",
    ],
    "a region holds its services, gateway and authorizer as trait objects, and each of their methods is given the region",
)];

/// A module's path below its crate: `["operations", "create_queue"]`; the crate's root is empty.
type Module = Vec<String>;

/// What a file has to do with others.
#[derive(Default)]
struct File {
    path: PathBuf,
    /// Absolute paths of items that it names.
    uses: BTreeSet<Vec<String>>,
    /// The items that its `use` declarations bring in, by the name they have here.
    imports: BTreeMap<String, Vec<String>>,
}

/// Files that use each other in a circle.
struct Cycle {
    /// Their paths, sorted.
    files: Vec<String>,
    /// A line for each use of one by another: `a.rs uses b.rs: Item, Other`.
    uses: Vec<String>,
}

/// Checks every crate of the workspace.
pub(crate) fn check() -> Result<(), StepError> {
    let mut found = Vec::new();
    for source in sources(Path::new(".")) {
        found.extend(cycles(&source)?);
    }
    let is_excepted = |cycle: &&Cycle| EXCEPTIONS.iter().any(|(files, _)| *files == cycle.files);
    let unused = EXCEPTIONS.iter().filter(|(files, _)| !found.iter().any(|cycle| cycle.files == *files));
    let mut offences: Vec<String> = unused.map(|(files, _)| format!("no cycle any more: {}", files.join(", "))).collect();
    for cycle in found.iter().filter(|cycle| !is_excepted(cycle)) {
        offences.push(format!("files use each other in a circle: {}\n  {}", cycle.files.join(", "), cycle.uses.join("\n  ")));
    }
    if offences.is_empty() { Ok(()) } else { Err(StepError::Found(offences.join("\n"))) }
}

/// The `src` folders of all crates below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in entries(folder) {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name == "src" && folder.join("Cargo.toml").is_file() {
            found.push(entry);
        } else if entry.is_dir() && name != "target" && name != "src" && !name.starts_with('.') {
            found.extend(sources(&entry));
        }
    }
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// The cycles among the files below a `src` folder.
fn cycles(source: &Path) -> Result<Vec<Cycle>, StepError> {
    let mut files = BTreeMap::new();
    let root = ["lib.rs", "main.rs"].map(|name| source.join(name)).into_iter().find(|path| path.is_file());
    if let Some(root) = root {
        read(&root, source, Module::new(), &mut files)?;
    }
    let mut graph = DiGraphMap::<&Path, BTreeSet<&str>>::new();
    for file in files.values() {
        for used in &file.uses {
            if let Some(other) = definition(&files, used, 0).filter(|other| *other != file.path) {
                let item = used.last().map_or("", String::as_str);
                let mut items = graph.edge_weight(&file.path, other).cloned().unwrap_or_default();
                items.insert(item);
                graph.add_edge(&file.path, other, items);
            }
        }
    }
    let name = |path: &Path| path.strip_prefix(".").unwrap_or(path).display().to_string();
    let cycles = tarjan_scc(&graph).into_iter().filter(|files| files.len() > 1).map(|members| {
        let among = graph.all_edges().filter(|(from, to, _)| members.contains(from) && members.contains(to));
        let uses = among.map(|(from, to, items)| {
            let items: Vec<&str> = items.iter().copied().collect();
            format!("{} uses {}: {}", name(from), name(to), items.join(", "))
        });
        let mut cycle = Cycle { uses: uses.collect(), files: members.iter().map(|path| name(path)).collect() };
        cycle.files.sort();
        cycle.uses.sort();
        cycle
    });
    Ok(cycles.collect())
}

/// Reads a module's file and those of its children. `folder` is where its children are.
fn read(path: &Path, folder: &Path, module: Module, files: &mut BTreeMap<Module, File>) -> Result<(), StepError> {
    let wrong = |error: &dyn std::fmt::Display| StepError::Found(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let syntax = syn::parse_file(&text).map_err(|error| wrong(&error))?;
    let mut reader =
        Reader { module: module.clone(), file: File { path: path.to_owned(), ..File::default() }, children: Vec::new() };
    reader.children = syntax.items.iter().filter_map(child).collect();
    reader.visit_file(&syntax);
    let Reader { file, children, .. } = reader;
    files.insert(module.clone(), file);
    for name in children {
        let below = folder.join(&name);
        let candidates = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
        if let Some(found) = candidates.iter().find(|path| path.is_file()) {
            let child = module.iter().cloned().chain([name]).collect();
            read(found, &below, child, files)?;
        }
    }
    Ok(())
}

/// The name of a module that has a file of its own and is no test's.
fn child(item: &Item) -> Option<String> {
    match item {
        Item::Mod(ItemMod { content: None, ident, attrs, .. }) if !is_test(attrs) => Some(ident.to_string()),
        _ => None,
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The file that defines what an absolute path names: behind re-exports, at most so many.
fn definition<'a>(files: &'a BTreeMap<Module, File>, path: &[String], followed: usize) -> Option<&'a Path> {
    const RE_EXPORTS: usize = 16;
    let depth = (0..=path.len()).rev().find(|depth| path.get(..*depth).is_some_and(|module| files.contains_key(module)))?;
    let (module, rest) = path.split_at(depth);
    let file = files.get(module)?;
    match rest.first().and_then(|item| file.imports.get(item)) {
        Some(import) if followed < RE_EXPORTS => {
            let whole: Vec<String> = import.iter().chain(rest.get(1..)?).cloned().collect();
            definition(files, &whole, followed + 1)
        }
        _ => Some(&file.path),
    }
}

struct Reader {
    module: Module,
    file: File,
    /// Names of its child modules.
    children: Vec<String>,
}

impl Reader {
    /// The absolute path of one that is written in this module; `None` for one that leads out of the crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Module::new(),
            "self" => self.module.clone(),
            "super" => {
                let mut base = self.module.clone();
                base.pop()?;
                base
            }
            name if self.children.iter().any(|child| child == name) => {
                let mut base = self.module.clone();
                base.push(name.to_owned());
                base
            }
            _ => return None,
        };
        for name in rest {
            if name == "super" {
                base.pop()?;
            } else {
                base.push(name.clone());
            }
        }
        Some(base)
    }

    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) => self.name(before, &name.ident.to_string(), &name.ident.to_string()),
            UseTree::Rename(name) => self.name(before, &name.ident.to_string(), &name.rename.to_string()),
            UseTree::Glob(_) => self.file.uses.extend(self.absolute(before)),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.import(item, before)),
        }
    }

    fn name(&mut self, before: &[String], name: &str, here: &str) {
        let mut path = before.to_vec();
        // `use a::b::{self}` names `a::b`.
        if name != "self" {
            path.push(name.to_owned());
        }
        if let Some(absolute) = self.absolute(&path) {
            let here = if here == "self" { path.last().cloned().unwrap_or_default() } else { here.to_owned() };
            self.file.imports.insert(here, absolute.clone());
            self.file.uses.insert(absolute);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_test(&module.attrs) => {}
            // A module inside of a file: its `super` is the file.
            Item::Mod(module) if module.content.is_some() => {
                self.module.push(module.ident.to_string());
                visit::visit_item(self, item);
                self.module.pop();
            }
            Item::Fn(function) if is_test(&function.attrs) => {}
            Item::Impl(block) if is_test(&block.attrs) => {}
            Item::Use(declaration) => {
                if !is_test(&declaration.attrs) {
                    // What a facade re-exports is used by those who name it.
                    let is_facade = !matches!(declaration.vis, Visibility::Inherited);
                    let uses = self.file.uses.clone();
                    self.import(&declaration.tree, &mut Vec::new());
                    if is_facade {
                        self.file.uses = uses;
                    }
                }
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1
            && let Some(absolute) = self.absolute(&names)
        {
            self.file.uses.insert(absolute);
        }
        visit::visit_path(self, path);
    }
}
