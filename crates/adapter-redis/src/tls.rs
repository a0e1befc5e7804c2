//! TLS errors that come from wrong settings, so that a retry does not help.

use std::error::Error;
use std::io;
use std::sync::Arc;

use auth_domain::ports::PortError;
use auth_store_connection::{TlsNames, without_trust};
use redis::{ConnectionAddr, RedisError};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Error as TlsError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first byte of the answer of a server that speaks TLS: a handshake or an alert.
const TLS_RECORDS: [u8; 2] = [22, 21];

/// Returns the misconfiguration if TLS rejects the server or the server rejects TLS; `None` if the connection was refused,
/// reset or not answered.
pub(crate) fn misconfiguration(error: &RedisError) -> Option<PortError> {
    let advice = NAMES.problem(tls_error(error)?)?;
    Some(PortError::misconfigured(Explained { advice, source: error.clone() }))
}

/// The setting with the authorities.
pub(crate) const CA_FILE: &str = "REDIS__CA_FILE";
/// The settings with the certificate of the client and its key.
pub(crate) const CLIENT_FILES: (&str, &str) = ("REDIS__CLIENT_CERT_FILE", "REDIS__CLIENT_KEY_FILE");

const NAMES: TlsNames =
    TlsNames { server: "Redis", url: "REDIS__URL", ca_file: CA_FILE, client_certificate: CLIENT_FILES.0 };

const NO_TLS: &str = "REDIS__URL: the server does not speak TLS on this port; name its TLS port, or write redis:// \
                      (redis-sentinel://, redis-cluster://) where plain text is allowed";
const ONLY_TLS: &str = "REDIS__URL: the server speaks TLS on this port; write rediss:// instead of redis://, or \
                        rediss-sentinel://, rediss-cluster://";

/// An error of the driver, with the setting at fault.
#[derive(Debug, thiserror::Error)]
#[error("{advice}")]
struct Explained {
    advice: String,
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
    let config = without_trust(CA_FILE).ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let mut hello = Vec::new();
    ClientConnection::new(Arc::new(config), name).ok()?.write_tls(&mut hello).ok()?;
    Some(hello)
}
