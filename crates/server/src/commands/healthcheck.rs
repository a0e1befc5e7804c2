//! `healthcheck`

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::output::confirm;
use crate::command_error::CommandError;
use crate::config::Sources;
use crate::printable::printable;

/// The timeout of the whole check. Readiness itself has 2 seconds.
const TIMEOUT: Duration = Duration::from_millis(2_900);
/// The most bytes of a response that are read.
const MAX_RESPONSE: u64 = 8_192;

/// Asks the server of these settings over HTTP whether it is ready, or whether it serves.
///
/// Only `HTTP__LISTEN` is read: the check needs no store and no secret.
pub(super) async fn run(sources: &Sources, live: bool) -> Result<(), CommandError> {
    let address = sources.listen_address().map(reachable).map_err(CommandError::Failed)?;
    let path = if live { "/health" } else { "/health/ready" };
    let url = format!("http://{address}{path}");
    let failed = |what: &str| CommandError::Failed(format!("unhealthy: {url}: {what}"));
    let response = match timeout(TIMEOUT, get(address, path)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            return Err(failed(&format!(
                "{error}; check that the server runs and that HTTP__LISTEN is its address"
            )));
        }
        Err(_) => return Err(failed("no response within 3 seconds; read the log of the server")),
    };
    let (status, body) = parts(&response).ok_or_else(|| {
        failed("the response is not HTTP; check that no other program listens on HTTP__LISTEN")
    })?;
    if status != 200 {
        return Err(failed(&format!("status {status}: {}", printable(body))));
    }
    confirm(&format!("healthy: {url}"));
    Ok(())
}

/// Returns the address that reaches a listener on this machine: loopback for a listener on all addresses.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = Vec::new();
    stream.take(MAX_RESPONSE).read_to_end(&mut response).await?;
    Ok(String::from_utf8_lossy(&response).into_owned())
}

/// Returns the status code and the body of a response.
fn parts(response: &str) -> Option<(u16, &str)> {
    let (head, body) = response.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, body.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.7:80", "192.0.2.7:80"),
            ("[2001:db8::7]:80", "[2001:db8::7]:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }

    #[test]
    fn a_response_has_a_status_and_a_body() {
        let response = "HTTP/1.1 503 Service Unavailable\r\nServer: x\r\n\r\n{\"ready\":false}\n";
        assert_eq!(parts(response), Some((503, "{\"ready\":false}")));
        for other in ["", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
            assert_eq!(parts(other), None, "{other:?}");
        }
    }
}
