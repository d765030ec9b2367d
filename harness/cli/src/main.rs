//! The `nightproof` program.

fn main() -> std::process::ExitCode {
    nightproof::main()
}
