//! `loa`: see `loa --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    loa::cli::main()
}
