//! Request heads.

use std::time::Duration;

use super::support::*;
use crate::connection::timer::now;

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
async fn a_head_has_five_seconds_and_an_idle_connection_its_keep_alive() {
    local(async {
        let start = now();
        assert_eq!(connect().read_all().await, "", "a silent client gets no response");
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
