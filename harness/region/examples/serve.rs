//! Serves the region's endpoint until standard input ends, and prints shell exports: for trying a service by itself.

use std::io::{Read as _, Write as _};

use nightproof_journal::Journal;
use nightproof_region::embedded::{EmbeddedOptions, start};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let options = EmbeddedOptions {
        journal: Journal::with_writer(std::fs::File::create(folder.path().join("journal.jsonl"))?),
        ..EmbeddedOptions::new("123456789012", folder.path().join("region"), std::env::current_exe()?)
    };
    let region = start(options).await?;
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &region.ca_pem)?;
    let mut out = std::io::stdout();
    writeln!(out, "export AWS_ENDPOINT_URL={} AWS_CA_BUNDLE={}", region.endpoint_url, ca.display())?;
    writeln!(out, "export AWS_ACCESS_KEY_ID={}", region.credentials.access_key_id)?;
    writeln!(out, "export AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION=us-east-1", region.credentials.secret_access_key)?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    region.stop().await;
    Ok(())
}
