//! The `firedrill` program.

fn main() -> std::process::ExitCode {
    firedrill::main()
}
