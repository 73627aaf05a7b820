//! TLS to hosts: public roots, the system's, and the admin's extra ones. Verification cannot be switched off.

use std::{fs, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    config::ExtraRoots,
    error::{EgressError, FetchError, FetchErrorKind},
};

/// Reads the roots and makes the configuration all connections share.
pub(crate) fn connector(extra: &[ExtraRoots]) -> Result<TlsConnector, EgressError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::debug!(%error, "a certificate of the system cannot be read");
    }
    roots.add_parsable_certificates(native.certs);
    for source in extra {
        add_extra(&mut roots, source)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn add_extra(roots: &mut RootCertStore, source: &ExtraRoots) -> Result<(), EgressError> {
    let (pem, origin) = match source {
        ExtraRoots::File(path) => {
            let pem = fs::read(path).map_err(|source| EgressError::ReadRoots { path: path.clone(), source })?;
            (pem, path.display().to_string())
        }
        ExtraRoots::Pem(pem) => (pem.clone(), "the given PEM text".to_owned()),
    };
    let unusable = || EgressError::NoRoots { origin: origin.clone() };
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| unusable())?;
    if certificates.is_empty() {
        return Err(unusable());
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|_| unusable())?;
    }
    Ok(())
}

/// Speaks TLS with the host of that name; true when HTTP/2 was agreed on.
pub(crate) async fn wrap(
    connector: &TlsConnector,
    stream: TcpStream,
    host: &str,
) -> Result<(TlsStream<TcpStream>, bool), FetchError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        FetchError::new(
            FetchErrorKind::InvalidUrl,
            format!("{host} is not a name that TLS can check; use its DNS name"),
        )
    })?;
    let stream = connector.connect(name, stream).await.map_err(|error| {
        let message = format!(
            "no safe TLS connection to {host}: {error}. For a host with a CA of its own an admin sets MCPBOX_EXTRA_CA"
        );
        FetchError::new(FetchErrorKind::Tls, message)
    })?;
    let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    Ok((stream, is_h2))
}
