//! TLS errors that come from wrong settings, so that a retry does not help.

use std::error::Error;
use std::io;
use std::sync::Arc;

use auth_domain::ports::PortError;
use redis::{ConnectionAddr, RedisError};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, Error as TlsError, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first byte of the answer of a server that speaks TLS: a handshake or an alert.
const TLS_RECORDS: [u8; 2] = [22, 21];

/// Returns the misconfiguration if TLS rejects the server or the server rejects TLS; `None` if the connection was refused,
/// reset or not answered.
pub(crate) fn misconfiguration(error: &RedisError) -> Option<PortError> {
    let advice = match tls_error(error)? {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "REDIS__CA_FILE: the certificate of Redis is signed by none of these authorities; name the file with the \
             certificate of its authority"
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "REDIS__URL: the certificate of Redis is for another host name; write a name that is in the certificate"
        }
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "REDIS__URL: the certificate of Redis has expired; renew it on the server, and see that the clock of this machine is right"
        }
        TlsError::InvalidCertificate(_) => {
            "REDIS__CA_FILE: the certificate of Redis cannot be verified; renew it on the server, or name the file with the \
             certificate of its authority"
        }
        TlsError::InvalidMessage(_) => NO_TLS,
        TlsError::AlertReceived(_) | TlsError::PeerIncompatible(_) => {
            "REDIS__URL: Redis rejects the TLS connection; see whether it demands a client certificate (tls-auth-clients) or \
             other versions of TLS"
        }
        _ => return None,
    };
    Some(PortError::misconfigured(Explained { advice, source: error.clone() }))
}

const NO_TLS: &str = "REDIS__URL: the server does not speak TLS on this port; name its TLS port, or write redis:// where plain text is \
                      allowed";
const ONLY_TLS: &str = "REDIS__URL: the server speaks TLS on this port; write rediss:// instead of redis://";

/// An error of the driver, with the setting at fault.
#[derive(Debug, thiserror::Error)]
#[error("{advice}")]
struct Explained {
    advice: &'static str,
    source: RedisError,
}

/// Finds the error of the TLS library inside the driver's error, which wraps it in a shared I/O error.
fn tls_error(error: &RedisError) -> Option<&TlsError> {
    let shared: &Arc<dyn Error + Send + Sync> = error.source()?.downcast_ref()?;
    shared.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
}

/// Checks whether a server to which no connection could be made speaks the other protocol. Such a server resets the
/// connection or does not answer, which looks like an outage.
pub(crate) async fn other_protocol(address: &ConnectionAddr) -> Option<PortError> {
    let (host, port, question, text) = match address {
        ConnectionAddr::Tcp(host, port) => (host, *port, client_hello()?, ONLY_TLS),
        ConnectionAddr::TcpTls { host, port, .. } => (host, *port, b"PING\r\n".to_vec(), NO_TLS),
        _ => return None,
    };
    let mut server = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.ok()?;
    server.write_all(&question).await.ok()?;
    let answer = server.read_u8().await.ok()?;
    let speaks_it = match address {
        ConnectionAddr::Tcp(..) => TLS_RECORDS.contains(&answer),
        _ => matches!(answer, b'+' | b'-'),
    };
    speaks_it.then(|| PortError::misconfigured(text))
}

/// The first message of a TLS connection. It verifies nothing: only the type of the answer matters.
fn client_hello() -> Option<Vec<u8>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let name = ServerName::try_from("localhost").ok()?;
    let mut hello = Vec::new();
    ClientConnection::new(Arc::new(config), name).ok()?.write_tls(&mut hello).ok()?;
    Some(hello)
}
