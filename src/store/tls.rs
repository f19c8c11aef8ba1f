//! Encrypted connections to a server, with the meanings that libpq gives to `sslmode`.

use super::StoreError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whether the server's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// `sslmode=require` and `prefer`: encrypted, any certificate.
    None,
    /// `sslmode=verify-full` (and `verify-ca`): by the system's root certificates, for the host's name.
    Full,
}

/// Takes the `sslmode`s out of an address that the driver does not know.
pub(super) fn verification(url: &str) -> Result<(String, Verification), StoreError> {
    if url.contains("sslrootcert") {
        return Err(StoreError::Cluster(
            "the database address has 'sslrootcert', which is not supported; add the certificate to the system's (Debian: /usr/local/share/ca-certificates and update-ca-certificates)".into(),
        ));
    }
    for mode in ["sslmode=verify-full", "sslmode=verify-ca"] {
        if url.contains(mode) {
            return Ok((url.replace(mode, "sslmode=require"), Verification::Full));
        }
    }
    Ok((url.to_owned(), Verification::None))
}

/// The connector for a configuration; none where nothing is to be encrypted, as on a unix socket.
pub(super) fn connector(
    config: &tokio_postgres::Config,
    verification: Verification,
) -> Result<Option<MakeRustlsConnect>, StoreError> {
    let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
    if local || config.get_ssl_mode() == SslMode::Disable {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trouble = |e: rustls::Error| StoreError::Cluster(format!("encryption can't be set up: {e}"));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(trouble)?;
    let client = if verification == Verification::Full {
        builder.with_root_certificates(system_roots()?).with_no_client_auth()
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth()
    };
    Ok(Some(MakeRustlsConnect::new(client)))
}

fn system_roots() -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(StoreError::Cluster(
            "no root certificates were found on this machine to check the database server with; install them (Debian: ca-certificates) or use sslmode=require".into(),
        ));
    }
    Ok(roots)
}

/// Accepts any certificate but still checks that the server holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_full_becomes_a_mode_that_the_driver_knows() {
        let (url, verification) =
            verification("postgres://u@h/d?sslmode=verify-full&connect_timeout=3").expect("read");
        assert_eq!(url, "postgres://u@h/d?sslmode=require&connect_timeout=3");
        assert_eq!(verification, Verification::Full);
    }

    #[test]
    fn require_encrypts_without_checking_the_certificate_as_libpq_does() {
        let (url, verification) = verification("host=h sslmode=require").expect("read");
        assert_eq!((url.as_str(), verification), ("host=h sslmode=require", Verification::None));
        let config = url.parse().expect("config");
        assert!(connector(&config, verification).is_ok_and(|tls| tls.is_some()));
    }

    #[test]
    fn a_unix_socket_is_not_encrypted() {
        let config = "host=/run/x dbname=d".parse().expect("config");
        assert!(connector(&config, Verification::None).is_ok_and(|tls| tls.is_none()));
    }
}
