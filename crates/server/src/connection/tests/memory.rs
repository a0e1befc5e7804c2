//! Clients that do not read, and the memory that connections hold.

use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::support::*;
use crate::connection::Connections;
use crate::connection::timer::now;

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
async fn unfinished_heads_beyond_the_memory_budget_close_the_oldest() {
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

/// Sends four requests with room for two or three: the oldest is cut off, and the newest is served.
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
async fn a_request_that_waits_for_its_body_holds_head_and_buffer() {
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
