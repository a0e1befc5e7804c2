//! A proxy that speaks another protocol than HTTP/1.1 to the service.

use std::time::Duration;

use auth_e2e::{Server, Wire};

const LIMIT: Duration = Duration::from_secs(10);
const REQUEST: &str = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
/// The connection preface of HTTP/2 (RFC 9113 §3.4), with an empty SETTINGS frame.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const PROXY_1: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n";
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x12\x67\x01\xbb";

async fn is_rejected(mut wire: Wire, start: &[u8]) {
    assert!(wire.send([start, REQUEST.as_bytes()].concat()).await);
    let reply = wire.reply().await.unwrap();
    reply.expect_error(400, "invalid_request");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(wire.closes_within(LIMIT).await);
}

// S-73
#[tokio::test]
async fn http_2_and_the_proxy_protocol_are_rejected_with_400() {
    let server = Server::start().await;
    for start in [HTTP_2, PROXY_1, PROXY_2] {
        is_rejected(server.connect().await, start).await;
    }
    let mut wire = server.connect().await;
    assert!(wire.send(REQUEST).await);
    assert_eq!(wire.reply().await.unwrap().status, 200);
}
