//! Compiles the library that a machine's programs load: no part of this program, but a file that a machine is given.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

const SOURCE: &str = "interposer/library.rs";

fn main() -> Result<(), Box<dyn Error>> {
    writeln!(io::stdout(), "cargo::rerun-if-changed=interposer")?;
    let variable = |name: &str| env::var_os(name).ok_or_else(|| format!("cargo does not set {name}"));
    let mut compiler = Command::new(variable("RUSTC")?);
    compiler.args(["--edition=2024", "--crate-name=nightproof_interposer", "--crate-type=cdylib"]);
    // It is loaded into any program, and must bring nothing along.
    compiler.args(["-Cpanic=abort", "-Copt-level=s", "-Cstrip=symbols", "-Clink-arg=-nostdlib"]);
    compiler.arg("--target").arg(variable("TARGET")?);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = std::ffi::OsString::from("-Clinker=");
        option.push(linker);
        compiler.arg(option);
    }
    compiler.arg("-o").arg(Path::new(&variable("OUT_DIR")?).join("interposer.so")).arg(SOURCE);
    let status = compiler.status()?;
    if status.success() { Ok(()) } else { Err(format!("cannot compile {SOURCE}: {status}").into()) }
}
