//! The book: mkdocs builds it of `docs` and refuses links that lead nowhere; what it does not see is checked here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{self, StepError};

/// Pinned, and of its dependencies those that decide what a page looks like.
const MKDOCS: [&str; 3] = ["mkdocs==1.6.1", "Markdown==3.11.3", "Jinja2==3.1.6"];

/// Pages outside of the book, whose links are to lead somewhere as well.
const PAGES: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docker/README.md",
    "llms.txt",
    "stack/README.md",
];

/// Builds the book into `target/book`.
pub(crate) fn build() -> Result<(), StepError> {
    let root = root();
    let mut wrong: Vec<String> = PAGES.iter().flat_map(|page| broken_links(&root, page)).collect();
    wrong.extend(unlisted(&root));
    if !wrong.is_empty() {
        return Err(StepError::Found(wrong.join("\n")));
    }
    let venv = step::target().join("mkdocs");
    if !venv.join("bin/mkdocs").exists() {
        step::run(Command::new("python3").arg("-m").arg("venv").arg(&venv))?;
        step::run(Command::new(venv.join("bin/pip")).args(["install", "--quiet"]).args(MKDOCS))?;
    }
    let mkdocs = std::path::absolute(venv.join("bin/mkdocs")).map_err(|error| StepError::Found(error.to_string()))?;
    step::run(Command::new(mkdocs).current_dir(&root).args(["build", "--quiet", "--strict"]))
}

/// Links of a page to files of the repository that are not there.
fn broken_links(root: &Path, page: &str) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(root.join(page)) else { return vec![format!("there is no `{page}`")] };
    let folder = Path::new(page).parent().unwrap_or_else(|| Path::new(""));
    let is_broken = |link: &&str| !root.join(folder).join(link.split('#').next().unwrap_or_default()).exists();
    local_links(&text).into_iter().filter(is_broken).map(|link| format!("{page} links to `{link}`, which is not there")).collect()
}

/// Targets of links that are no addresses and no anchors of the page itself.
fn local_links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")).collect()
}

/// Pages of the book that `llms.txt` does not name. <https://llmstxt.org>
fn unlisted(root: &Path) -> Vec<String> {
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    let named = read("llms.txt");
    let named: BTreeSet<&str> = local_links(&named).into_iter().collect();
    let book = read("mkdocs.yml");
    let pages = book.lines().filter_map(|line| line.rsplit_once(": ")).map(|(_, page)| page).filter(|page| page.ends_with(".md"));
    let pages: Vec<String> = pages.map(|page| format!("docs/{page}")).collect();
    let missing = pages.iter().filter(|page| !named.contains(page.as_str()));
    missing.map(|page| format!("llms.txt does not name `{page}`")).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_anchors_are_no_links_to_files() {
        let text = "[a](docs/a.md#x), [b](https://example.com/b.md), [c](#c), `[d]`\n[e](../e.md)";
        assert_eq!(local_links(text), ["docs/a.md#x", "../e.md"]);
    }

    #[test]
    fn a_link_to_nowhere_and_a_page_that_is_not_there_are_found() {
        let folder = std::env::temp_dir().join(format!("nightproof-book-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("docs")).unwrap();
        std::fs::write(folder.join("docs/a.md"), "[b](b.md#there) [up](../docs/a.md)").unwrap();
        let found = broken_links(&folder, "docs/a.md");
        let none = broken_links(&folder, "c.md");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, ["docs/a.md links to `b.md#there`, which is not there"]);
        assert_eq!(none, ["there is no `c.md`"]);
    }
}
