//! The `nightproof` command, built with the scenarios so that they always run the one that belongs to them.

fn main() -> std::process::ExitCode {
    nightproof::main()
}
