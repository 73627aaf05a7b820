//! Becomes a jail, nothing else: what `mcpbox __jail` is in the product, for the tests of the sandbox.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(mcpbox_jail::PROGRAM_ARGUMENT) => mcpbox_jail::main_program(),
        _ => mcpbox_jail::main_jail(arguments),
    }
}
