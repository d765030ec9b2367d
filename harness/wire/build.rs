//! Lists the service models in `models/`, for `src/model.rs` to embed.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=models");
    let mut names = Vec::new();
    for entry in fs::read_dir("models")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            names.extend(path.file_stem().and_then(|name| name.to_str()).map(|name| format!("{name:?}")));
        }
    }
    names.sort();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("services.rs"), format!("services!({});\n", names.join(", ")))?;
    Ok(())
}
