//! Becomes a jail, nothing else: what `mcpbox __jail` is in the product, for the tests of the sandbox.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcpbox_jail::main_jail(std::env::args().skip(2))
}
