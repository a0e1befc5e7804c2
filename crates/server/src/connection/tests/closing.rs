//! Evictions, panics and the shutdown.

use std::time::Duration;

use super::support::*;
use crate::connection::Connections;
use crate::connection::timer::now;

// S-74
#[tokio::test(start_paused = true)]
async fn a_connection_evicted_during_its_request_gets_its_response() {
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
async fn a_panic_closes_only_its_connection() {
    local(async {
        let mut client = connect();
        let mut other = connect_to(&client.connections, 1_000);
        assert_eq!(client.ask("GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await, "");
        assert!(client.served.await.is_err_and(|error| error.is_panic()));
        assert_eq!(client.connections.open(), 1, "the connection is not counted");
        other.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(other.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    })
    .await;
}

// S-97
#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_requests_on_their_way_and_closes() {
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
