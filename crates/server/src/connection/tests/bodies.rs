//! Request bodies and the bodies of responses.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::support::*;
use crate::connection::Connections;
use crate::connection::timer::now;

// RFC 9110 §10.1.1
#[tokio::test]
async fn continue_is_sent_only_if_the_application_waits_for_the_body() {
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
        assert!(client.read_to("ok").await.starts_with("HTTP/1.1 200"), "the body has arrived");
        let reply = client.ask(&head("/unread")).await;
        assert!(reply.starts_with("HTTP/1.1 404") && reply.contains("connection: close"), "{reply}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_an_incomplete_unread_body_closes_the_connection() {
    local(async {
        let mut client = connect();
        client.send("POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nallGET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(client.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 404"));
        assert!(client.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));

        let start = now();
        let reply = client.ask("POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n").await;
        assert!(reply.contains("connection: close\r\n"), "{reply}");
        client.served.await.unwrap();
        assert!(now() - start < Duration::from_secs(2), "the client could continue without end");
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
