//! `nightproof keys`, `verify-evidence` and `evidence`: what goes with the evidence of drills.

use nightproof_evidence::{Book, PublicKey, SigningKey};

use crate::arguments::{BookOptions, EvidenceCommand, KeysOptions, VerifyEvidenceOptions};
use crate::error::Error;
use crate::{Exit, printer};

pub(crate) fn keys(options: &KeysOptions) -> Result<Exit, Error> {
    let (secret, public) = (options.out.join("nightproof.key"), options.out.join("nightproof.pub"));
    SigningKey::make(&secret, &public).map_err(Error::Evidence)?;
    let id = PublicKey::read(&public).map_err(Error::Evidence)?.id();
    printer::line(&format!("{} signs evidence: keep it secret", secret.display()));
    printer::line(&format!("{} verifies it, key {id}", public.display()));
    Ok(Exit::Passed)
}

pub(crate) fn verify(options: &VerifyEvidenceOptions) -> Result<Exit, Error> {
    let key = PublicKey::read(&options.key).map_err(Error::Evidence)?;
    let files = nightproof_evidence::verify(&options.path, &key).map_err(Error::Evidence)?;
    for file in &files {
        printer::line(&format!("{}  {}", file.sha256, file.path.display()));
    }
    printer::note(&format!("as signed by key {}: {} of {}", key.id(), files.len(), files.len()));
    Ok(Exit::Passed)
}

pub(crate) fn evidence(command: &EvidenceCommand) -> Result<Exit, Error> {
    match command {
        EvidenceCommand::Book(options) => book(options),
    }
}

fn book(options: &BookOptions) -> Result<Exit, Error> {
    let key = PublicKey::read(&options.key).map_err(Error::Evidence)?;
    let mut files = Vec::new();
    for path in &options.paths {
        files.extend(nightproof_evidence::verify(path, &key).map_err(Error::Evidence)?);
    }
    let book = Book::new(&files, options.from, options.to).map_err(Error::Evidence)?;
    let write = |source| Error::WriteReport { path: options.output.clone(), source };
    std::fs::write(&options.output, book.page(&key.id())).map_err(write)?;
    let ((drills, passed), without) = (book.count(), book.days_without().len());
    printer::line(&format!("{drills} drills, {passed} passed; {without} days without one that passed"));
    Ok(Exit::Passed)
}
