//! Certificate authorities as text, for programs that check certificates themselves.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{config::ExtraRoots, error::EgressError};

/// Characters per line (RFC 7468).
const LINE: usize = 64;

/// The system's authorities and these.
pub(crate) fn pem(extra: &[ExtraRoots]) -> Result<String, EgressError> {
    let mut text: String = rustls_native_certs::load_native_certs().certs.iter().map(|der| encode(der)).collect();
    for source in extra {
        let pem = match source {
            ExtraRoots::File(path) => {
                fs::read(path).map_err(|source| EgressError::ReadRoots { path: path.clone(), source })?
            }
            ExtraRoots::Pem(pem) => pem.clone(),
        };
        text.push_str(&String::from_utf8_lossy(&pem));
        text.push('\n');
    }
    Ok(text)
}

fn encode(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines = base64.as_bytes().chunks(LINE).map(|line| String::from_utf8_lossy(line) + "\n");
    format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", lines.collect::<String>())
}
