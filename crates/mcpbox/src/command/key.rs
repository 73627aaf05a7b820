//! `mcpbox key`: 256 random bits as hex.

use anyhow::Context;
use rand::TryRng;
use zeroize::Zeroizing;

use crate::console::print_line;

/// Prints a key.
///
/// # Errors
/// The system gives no randomness.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rand::rngs::SysRng.try_fill_bytes(bytes.as_mut_slice()).context("the system gives no random numbers")?;
    print_line(&Zeroizing::new(hex::encode(bytes.as_slice())));
    Ok(())
}
