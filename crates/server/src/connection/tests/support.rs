//! An application whose response depends on the path, and clients that connect to it through streams in memory.

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

use crate::connection::*;

pub(super) const PEER: &str = "192.0.2.7:5000";

/// Returns a response that depends on the path.
#[derive(Default)]
pub(super) struct Echo {
    pub(super) seen: RefCell<Vec<String>>,
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
pub(super) struct Client {
    pub(super) stream: DuplexStream,
    pub(super) served: JoinHandle<()>,
    pub(super) connections: Arc<Connections>,
    pub(super) echo: Rc<Echo>,
}

impl Client {
    pub(super) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` arrives.
    pub(super) async fn read_to(&mut self, end: &str) -> String {
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
    pub(super) async fn read_all(&mut self) -> String {
        let mut text = Vec::new();
        timeout(Duration::from_mins(10), self.stream.read_to_end(&mut text)).await.unwrap().unwrap();
        String::from_utf8(text).unwrap()
    }

    pub(super) async fn ask(&mut self, text: &str) -> String {
        self.send(text).await;
        self.read_all().await
    }

    pub(super) fn seen(&self) -> Vec<String> {
        self.echo.seen.borrow().clone()
    }
}

pub(super) fn connect_to(connections: &Arc<Connections>, buffer: usize) -> Client {
    let (stream, io) = duplex(buffer);
    let peer: SocketAddr = PEER.parse().unwrap();
    let registration = Registration::admit(connections, peer.ip()).unwrap();
    let echo = Rc::new(Echo::default());
    let config = ServiceConfig::new(KeepAlive::Os, Duration::ZERO, Duration::ZERO, false, None);
    let timeouts = Timeouts::new(Duration::from_secs(75));
    let served = tokio::task::spawn_local(serve(io, peer, registration, timeouts, config, Rc::clone(&echo)));
    Client { stream, served, connections: Arc::clone(connections), echo }
}

pub(super) fn connect() -> Client {
    connect_to(&Connections::with_budget(100, 100, 1_000_000), 64 * 1_024)
}

/// Runs `test` in a context that can spawn connections.
pub(super) async fn local(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}
