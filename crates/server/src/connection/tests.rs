//! Connections over streams in memory.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use actix_http::KeepAlive;
use actix_http::error::PayloadError;
use actix_web::body::{BodyStream, MessageBody, SizedStream};
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::timeout;

use super::*;

const PEER: &str = "192.0.2.7:5000";

/// Returns a response that depends on the path.
#[derive(Default)]
struct Echo {
    seen: RefCell<Vec<String>>,
}

impl Application for Echo {
    async fn respond(&self, mut request: Request) -> Response<BoxBody> {
        let path = request.path().to_owned();
        self.seen.borrow_mut().push(format!("{} {path}", request.method()));
        let body: BoxBody = match path.as_str() {
            "/unread" => return Response::new(StatusCode::NOT_FOUND).set_body(BoxBody::new("")),
            "/panic" => panic!("a defect"),
            "/large" => BoxBody::new(Bytes::from(vec![b'l'; 300_000])),
            "/chunked" => {
                let parts = ["ab", "", "cde"].map(|part| Ok::<_, std::io::Error>(Bytes::from(part)));
                BodyStream::new(stream::iter(parts)).boxed()
            }
            "/short" => {
                let parts = [Ok::<_, std::io::Error>(Bytes::from("ab"))];
                SizedStream::new(5, stream::iter(parts)).boxed()
            }
            _ => {
                let mut payload = request.take_payload();
                let mut body = Vec::new();
                while let Some(chunk) = payload.next().await {
                    match chunk {
                        Ok(chunk) => body.extend_from_slice(&chunk),
                        Err(PayloadError::Overflow) => {
                            return Response::new(StatusCode::PAYLOAD_TOO_LARGE)
                                .set_body(BoxBody::new("long"));
                        }
                        Err(_) => {
                            return Response::new(StatusCode::BAD_REQUEST).set_body(BoxBody::new("broken"));
                        }
                    }
                }
                BoxBody::new(body)
            }
        };
        Response::new(StatusCode::OK).set_body(body)
    }

    fn reject(&self, rejection: Rejection, peer: SocketAddr) -> Response<BoxBody> {
        assert_eq!(peer.to_string(), PEER);
        Response::new(StatusCode::BAD_REQUEST).set_body(BoxBody::new(format!("{rejection:?}")))
    }
}

/// A client, and the connection that serves it.
struct Client {
    stream: DuplexStream,
    served: JoinHandle<()>,
    connections: Arc<Connections>,
    echo: Rc<Echo>,
}

impl Client {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` arrives.
    async fn read_to(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let mut byte = [0];
            let read = timeout(Duration::from_mins(10), self.stream.read(&mut byte)).await.unwrap().unwrap();
            assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&text));
            text.push(byte[0]);
        }
        String::from_utf8(text).unwrap()
    }

    /// Reads until the service closes.
    async fn read_all(&mut self) -> String {
        let mut text = Vec::new();
        timeout(Duration::from_mins(10), self.stream.read_to_end(&mut text)).await.unwrap().unwrap();
        String::from_utf8(text).unwrap()
    }

    async fn ask(&mut self, text: &str) -> String {
        self.send(text).await;
        self.read_all().await
    }

    fn seen(&self) -> Vec<String> {
        self.echo.seen.borrow().clone()
    }
}

fn connect_to(connections: &Arc<Connections>, buffer: usize) -> Client {
    let (stream, io) = duplex(buffer);
    let peer: SocketAddr = PEER.parse().unwrap();
    let registration = Registration::admit(connections, peer.ip()).unwrap();
    let echo = Rc::new(Echo::default());
    let config = ServiceConfig::new(KeepAlive::Os, Duration::ZERO, Duration::ZERO, false, None);
    let timeouts = Timeouts::new(Duration::from_secs(75));
    let served = tokio::task::spawn_local(serve(io, peer, registration, timeouts, config, Rc::clone(&echo)));
    Client { stream, served, connections: Arc::clone(connections), echo }
}

fn connect() -> Client {
    connect_to(&Connections::with_budget(100, 100, 1_000_000), 64 * 1_024)
}

/// Runs `test` where connections can be spawned.
async fn local(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn requests_of_one_connection_are_answered_in_order() {
    local(async {
        let mut client = connect();
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let first = client.read_to("one").await;
        assert!(first.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n") && !first.contains("connection:"), "{first}");
        assert!(client.read_to("\r\n\r\n").await.contains("content-length: 0"));
        let chunked = "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n";
        let last = client.ask(chunked).await;
        assert!(last.contains("connection: close\r\n") && last.ends_with("two"), "{last}");
        assert_eq!(client.seen(), ["POST /a", "GET /b", "POST /c"]);
    })
    .await;
}

// RFC 9112 §9.3, §9.6
#[tokio::test]
async fn nothing_is_served_after_a_response_that_closes() {
    local(async {
        for first in ["GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"] {
            let mut client = connect();
            let reply = client.ask(&format!("{first}GET /b HTTP/1.1\r\nHost: x\r\n\r\n")).await;
            assert_eq!(reply.matches("HTTP/1.").count(), 1, "{reply}");
            assert_eq!(client.seen(), ["GET /a"]);
        }
    })
    .await;
}

#[tokio::test]
async fn http_1_0_keeps_the_connection_on_request_only() {
    local(async {
        let mut client = connect();
        client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        assert!(client.read_to("\r\n\r\n").await.contains("connection: keep-alive"));
        let last = client.ask("GET /b HTTP/1.0\r\n\r\n").await;
        assert!(last.starts_with("HTTP/1.0 200"), "{last}");
        assert!(connect().ask("GET / HTTP/1.0\r\nHost: a@b\r\n\r\n").await.ends_with("Host"));
    })
    .await;
}

#[tokio::test]
async fn an_offer_to_upgrade_leaves_the_connection_usable() {
    local(async {
        let mut client = connect();
        for _ in 0..3 {
            client.send("POST /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\nContent-Length: 2\r\n\r\nok").await;
            let reply = client.read_to("ok").await;
            assert!(!reply.contains("connection:") && !reply.contains("upgrade"), "{reply}");
        }
    })
    .await;
}

#[tokio::test]
async fn bad_heads_are_rejected_with_a_whole_response_that_closes() {
    local(async {
        for (head, rejection) in [
            ("GET / HTTP/1.1\r\n\r\n", "Host"),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "Host"),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "Host"),
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", "Host"),
            ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "Websocket"),
            ("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", "Connect"),
            ("GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", "Malformed"),
            ("nonsense\r\n\r\n", "Malformed"),
            ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", "Malformed"),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "Malformed",
            ),
            (
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                "Malformed",
            ),
        ] {
            let mut client = connect();
            let reply = client.ask(&format!("{head}GET / HTTP/1.1\r\nHost: x\r\n\r\n")).await;
            let length = format!("content-length: {}\r\n", rejection.len());
            assert!(reply.ends_with(&format!("\r\n\r\n{rejection}")), "{head:?}: {reply}");
            assert!(reply.contains("connection: close\r\n") && reply.contains(&length), "{head:?}: {reply}");
            assert!(client.seen().is_empty(), "{head:?}");
        }
    })
    .await;
}

// RFC 9110 §9.3.2
#[tokio::test]
async fn a_rejected_head_request_gets_no_body() {
    local(async {
        for (host, rejection) in [
            ("Host: a b", "Host"),
            ("Host: a\r\nHost: a", "Host"),
            ("Host: x\r\nUpgrade: websocket", "Websocket"),
        ] {
            let reply = connect().ask(&format!("HEAD / HTTP/1.1\r\n{host}\r\n\r\n")).await;
            assert!(reply.contains(&format!("content-length: {}\r\n", rejection.len())), "{reply}");
            assert!(reply.ends_with("\r\n\r\n"), "{reply}");
        }
    })
    .await;
}

// S-74
#[tokio::test]
async fn a_head_of_more_than_32_kib_or_96_headers_is_rejected() {
    local(async {
        let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(33 * 1_024));
        let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: x\r\n".repeat(96));
        for head in [long.clone(), format!("{long}\r\n\r\n"), many] {
            assert!(connect().ask(&head).await.ends_with("HeadTooLarge"));
        }
    })
    .await;
}

// S-74
#[tokio::test(start_paused = true)]
async fn every_head_has_five_seconds_and_an_idle_connection_its_keep_alive() {
    local(async {
        let start = now();
        assert_eq!(connect().read_all().await, "", "nobody waits for a response");
        assert_eq!((now() - start).as_secs(), 5);

        let (start, mut client) = (now(), connect());
        assert!(client.ask("G").await.ends_with("HeadTimeout"));
        assert_eq!((now() - start).as_secs(), 5);

        let mut client = connect();
        for _ in 0..2 {
            client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
            client.read_to("\r\n\r\n").await;
            tokio::time::sleep(Duration::from_secs(70)).await;
        }
        let start = now();
        assert!(client.ask("G").await.ends_with("HeadTimeout"));
        assert_eq!((now() - start).as_secs(), 5);

        let mut client = connect();
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        client.read_to("\r\n\r\n").await;
        let start = now();
        assert_eq!(client.read_all().await, "");
        assert_eq!((now() - start).as_secs(), 75);
    })
    .await;
}

// S-74
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_off() {
    local(async {
        let connections = Connections::with_budget(100, 100, 1_000_000);
        let client = connect_to(&connections, 1_000);
        let (start, mut client) = (now(), client);
        client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
        client.served.await.unwrap();
        assert_eq!((now() - start).as_secs(), 5);
        assert_eq!(connections.open(), 0);

        // A client that reads slowly has a deadline for the whole response.
        let (start, mut client) = (now(), connect_to(&connections, 1_000));
        client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut part = [0; 1_000];
        while !client.served.is_finished() {
            let _ = client.stream.read(&mut part).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!((9..=11).contains(&(now() - start).as_secs()), "{:?}", now() - start);
    })
    .await;
}

// S-74
#[tokio::test]
async fn unfinished_heads_beyond_the_budget_close_the_oldest() {
    local(async {
        let connections = Connections::with_budget(100, 100, 60_000);
        let mut clients: Vec<_> = (0..4).map(|_| connect_to(&connections, 64 * 1_024)).collect();
        let part = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(20_000));
        for client in &mut clients {
            client.send(&part).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(clients[0].read_all().await, "");
        let mut last = clients.pop().unwrap();
        last.send("\r\n\r\n").await;
        assert!(last.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        assert!(connections.open() >= 1 && connections.open() < 4);
    })
    .await;
}

/// Four requests of which the budget has room for two or three: the oldest is cut off, and the newest is served.
async fn expect_the_oldest_closes(budget: usize, start: &str, first_reply: &str, rest: &str) {
    let connections = Connections::with_budget(100, 100, budget);
    let mut clients: Vec<_> = (0..4).map(|_| connect_to(&connections, 64 * 1_024)).collect();
    for client in &mut clients {
        client.send(start).await;
        tokio::task::yield_now().await;
    }
    let reply = clients[0].read_all().await;
    assert!(
        reply.starts_with(first_reply) && (reply.is_empty() || reply.contains("connection: close")),
        "{reply}"
    );
    let mut last = clients.pop().unwrap();
    last.send(rest).await;
    assert!(last.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    assert!((1..4).contains(&connections.open()));
}

// S-74
#[tokio::test]
async fn a_request_that_waits_for_its_body_holds_its_head_and_the_body_s_buffer() {
    local(async {
        let post = "POST /a HTTP/1.1\r\nHost: x\r\n";
        let large = format!("{post}Content-Length: 10\r\nX: {}\r\n\r\n", "x".repeat(20_000));
        expect_the_oldest_closes(60_000, &large, "HTTP/1.1 400", "0123456789").await;
        let many: Vec<_> = (0..80).map(|number| format!("X{number}:x\r\n")).collect();
        let many = many.concat();
        let many = format!("{post}Content-Length: 10\r\n{many}\r\n");
        expect_the_oldest_closes(100_000, &many, "HTTP/1.1 400", "0123456789").await;
        let chunked = format!("{post}Transfer-Encoding: chunked\r\n\r\n");
        expect_the_oldest_closes(60_000, &chunked, "HTTP/1.1 400", "0\r\n\r\n").await;
    })
    .await;
}

// S-74
#[tokio::test]
async fn a_byte_of_the_next_request_keeps_the_buffer_of_the_last_one() {
    local(async {
        let large = format!("GET /a HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\nG", "x".repeat(20_000));
        let connections = Connections::with_budget(100, 100, 60_000);
        let mut clients: Vec<_> = (0..4).map(|_| connect_to(&connections, 64 * 1_024)).collect();
        for client in &mut clients {
            client.send(&large).await;
            client.read_to("\r\n\r\n").await;
        }
        assert_eq!(clients[0].read_all().await, "");
    })
    .await;
}

// RFC 9110 §10.1.1
#[tokio::test]
async fn continue_is_sent_only_when_the_body_is_waited_for() {
    local(async {
        let head = |path: &str| {
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        };
        let mut client = connect();
        client.send(&head("/a")).await;
        assert_eq!(client.read_to("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("ok").await;
        assert!(client.read_to("ok").await.starts_with("HTTP/1.1 200"));
        client.send(&format!("{}ok", head("/a"))).await;
        assert!(client.read_to("ok").await.starts_with("HTTP/1.1 200"), "the body is here already");
        let reply = client.ask(&head("/unread")).await;
        assert!(reply.starts_with("HTTP/1.1 404") && reply.contains("connection: close"), "{reply}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_unread_body_costs_the_connection_only_if_it_is_still_on_its_way() {
    local(async {
        let mut client = connect();
        client.send("POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nallGET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(client.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 404"));
        assert!(client.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));

        let start = now();
        let reply = client.ask("POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n").await;
        assert!(reply.contains("connection: close\r\n"), "{reply}");
        client.served.await.unwrap();
        assert!(now() - start < Duration::from_secs(2), "the client could go on for ever");
    })
    .await;
}

#[tokio::test]
async fn a_broken_body_is_an_error_of_the_body_and_closes() {
    local(async {
        for body in [
            "zz\r\n",
            "1\r\nab\r\n",
            "-1\r\n",
            // S-73: a front end may take the bare line feed for the end of the body.
            "0\r\n\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n",
            "1\r\nx\r\n0\r\nTrailer: 1\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n",
        ] {
            let mut client = connect();
            let reply = client
                .ask(&format!("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{body}"))
                .await;
            assert!(
                reply.contains("connection: close\r\n") && reply.ends_with("broken"),
                "{body:?}: {reply}"
            );
        }
        let mut client = connect();
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab").await;
        client.stream.shutdown().await.unwrap();
        assert!(client.read_all().await.ends_with("broken"), "a half-closed client still gets its response");
    })
    .await;
}

// S-74
#[tokio::test]
async fn the_framing_of_a_body_is_limited_like_its_bytes() {
    local(async {
        let head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        let long = "x".repeat(70 * 1_024);
        for body in [
            format!("1;{long}"),
            format!("0\r\nX: {long}"),
            format!("1;{}\r\nx\r\n", &long[..1_000]).repeat(80),
        ] {
            let mut client = connect_to(&Connections::with_budget(100, 100, 1_000_000), 256 * 1_024);
            let reply = timeout(Duration::from_secs(5), client.ask(&format!("{head}{body}"))).await.unwrap();
            assert!(reply.starts_with("HTTP/1.1 413") && reply.contains("connection: close\r\n"), "{reply}");
        }
    })
    .await;
}

#[tokio::test]
async fn bodies_of_every_kind_are_framed() {
    local(async {
        let mut client = connect();
        client.send("GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let reply = client.read_to("0\r\n\r\n").await;
        assert!(
            reply.contains("transfer-encoding: chunked")
                && reply.ends_with("\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"),
            "{reply}"
        );
        client.send("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(client.read_to("\r\n\r\n").await.contains("content-length: 300000"));
        client.read_to("\r\n\r\n").await;
        let mut large = vec![0; 300_000];
        client.stream.read_exact(&mut large).await.unwrap();
        let reply = client.ask("GET /short HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(
            reply.contains("content-length: 5") && reply.ends_with("\r\n\r\nab"),
            "a body that is too short closes"
        );
    })
    .await;
}

// S-74
#[tokio::test(start_paused = true)]
async fn a_connection_evicted_with_its_request_on_the_way_is_answered_and_closes() {
    local(async {
        let connections = Connections::with_budget(1, 100, 1_000_000);
        let mut first = connect_to(&connections, 1_000);
        tokio::time::advance(Duration::from_secs(1)).await;
        first.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let _second = connect_to(&connections, 1_000);
        let reply = first.read_all().await;
        assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("connection: close\r\n"), "{reply}");
    })
    .await;
}

// S-77
#[tokio::test]
async fn a_panic_costs_its_connection_alone() {
    local(async {
        let mut client = connect();
        let mut other = connect_to(&client.connections, 1_000);
        assert_eq!(client.ask("GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await, "");
        assert!(client.served.await.is_err_and(|error| error.is_panic()));
        assert_eq!(client.connections.open(), 1, "its place is free");
        other.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(other.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    })
    .await;
}

// S-97
#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_what_is_on_its_way_and_closes() {
    local(async {
        let mut client = connect();
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        client.read_to("\r\n\r\n").await;
        let mut idle = connect_to(&client.connections, 1_000);
        client.connections.drain();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let reply = client.ask("GET /b HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("connection: close"), "{reply}");

        let mut late = connect_to(&idle.connections, 1_000);
        idle.connections.close_idle();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(late.ask("GET /c HTTP/1.1\r\nHost: x\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        let start = now();
        assert_eq!(idle.read_all().await, "");
        assert!(now() - start <= Duration::from_millis(50));
    })
    .await;
}

// S-74
#[tokio::test(start_paused = true)]
async fn an_evicted_connection_closes_at_once() {
    local(async {
        let connections = Connections::with_budget(1, 100, 1_000_000);
        let mut first = connect_to(&connections, 1_000);
        first.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nG").await;
        first.read_to("\r\n\r\n").await;
        tokio::time::advance(Duration::from_secs(1)).await;
        let start = now();
        let mut second = connect_to(&connections, 1_000);
        assert_eq!(first.read_all().await, "");
        second.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(second.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
        assert_eq!(now(), start);
    })
    .await;
}
