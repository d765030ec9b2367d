//! `nightproof init`: drafts a drill file for a template, or for a stack of an account.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use nightproof_drill_file::{NAME, draft, draft_of_stack};

use crate::arguments::InitOptions;
use crate::error::Error;
use crate::{Exit, account, printer, template};

pub(crate) async fn init(options: &InitOptions) -> Result<Exit, Error> {
    match (&options.template, &options.stack) {
        (_, Some(stack)) => of_stack(stack, options).await,
        (template, None) => {
            of_template(template.as_deref().unwrap_or_else(|| Path::new("template.yaml")), options.output.as_deref())
        }
    }
}

fn of_template(template: &Path, output: Option<&Path>) -> Result<Exit, Error> {
    let path = output.map_or_else(|| template.with_file_name(NAME), Path::to_owned);
    let text = template::load(Some(template))?;
    let parsed = template::parse(Some(template), &text)?;
    write(&path, &draft(&parsed, &relative(template, &path)))?;
    printer::line(&format!("{} is written: read it, and then `nightproof run` in its folder", path.display()));
    Ok(Exit::Passed)
}

/// Of a stack of an account, which is only read: its template is put beside the drill file.
async fn of_stack(stack: &str, options: &InitOptions) -> Result<Exit, Error> {
    let path = options.output.clone().unwrap_or_else(|| PathBuf::from(NAME));
    let (endpoint, identity) = account::from_environment(&options.region).await?;
    printer::note(&format!("account {} as {}, region {}; it is only read", identity.account, identity.arn, options.region));
    let deployed = nightproof_drill::deployed(&endpoint, stack).await.map_err(Error::Refused)?;
    let template = path.with_file_name(format!("{}.template.{}", deployed.name, extension(&deployed.template)));
    let parsed = template::parse(Some(&template), &deployed.template)?;
    let text = draft_of_stack(&parsed, &relative(&template, &path), &deployed.name, &deployed.parameters);
    if path.exists() {
        let source = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(Error::WriteDraft { path, source });
    }
    write(&template, &deployed.template)?;
    write(&path, &text)?;
    let written = format!("{} and {} are written", template.display(), path.display());
    printer::line(&format!("{written}: read it, and then `nightproof run` in its folder"));
    Ok(Exit::Passed)
}

/// What the name of a template ends in, by its text.
fn extension(template: &str) -> &'static str {
    if template.trim_start().starts_with('{') { "json" } else { "yaml" }
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let written = OpenOptions::new().write(true).create_new(true).open(path);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| Error::WriteDraft { path: path.to_owned(), source })
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
