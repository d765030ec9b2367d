//! `nightproof init`: drafts a drill file for a template.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nightproof_drill_file::{NAME, draft};

use crate::arguments::InitOptions;
use crate::error::Error;
use crate::{Exit, printer, template};

pub(crate) fn init(options: &InitOptions) -> Result<Exit, Error> {
    let path = options.output.clone().unwrap_or_else(|| options.template.with_file_name(NAME));
    let text = template::load(Some(&options.template))?;
    let parsed = template::parse(Some(&options.template), &text)?;
    let written = OpenOptions::new().write(true).create_new(true).open(&path);
    let written = written.and_then(|mut file| file.write_all(draft(&parsed, &relative(&options.template, &path)).as_bytes()));
    written.map_err(|source| Error::WriteDraft { path: path.clone(), source })?;
    printer::line(&format!("{} is written: read it, and then `nightproof run` in its folder", path.display()));
    Ok(Exit::Passed)
}

/// How a file in the folder of `from` names `path`: by its name alone if it is in the same folder.
fn relative(path: &Path, from: &Path) -> String {
    let folder =
        |path: &Path| path.parent().map(Path::to_owned).filter(|folder| *folder != *"").unwrap_or_else(|| PathBuf::from("."));
    let named = match path.file_name() {
        Some(name) if folder(path) == folder(from) => PathBuf::from(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    };
    named.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_in_the_same_folder_is_named_by_its_name_and_another_by_its_place() {
        assert_eq!(relative(Path::new("stack.yaml"), Path::new("nightproof.yaml")), "stack.yaml");
        assert_eq!(relative(Path::new("./a/stack.yaml"), Path::new("./a/nightproof.yaml")), "stack.yaml");
        assert_eq!(relative(Path::new("/a/stack.yaml"), Path::new("/b/nightproof.yaml")), "/a/stack.yaml");
    }
}
