//! A collector of traces, which keeps the spans that it receives.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;

use crate::clock::holds_within;

const LIMIT: Duration = Duration::from_secs(15);

/// A collector that speaks OTLP over HTTP. It listens until the test process ends.
#[derive(Debug)]
pub struct Collector {
    port: u16,
    requests: Arc<Mutex<Vec<Received>>>,
}

#[derive(Clone, Debug)]
struct Received {
    head: String,
    body: Vec<u8>,
}

/// A span as the collector received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The name.
    pub name: String,
    /// The kind.
    pub kind: SpanKind,
    /// The trace, in hexadecimal.
    pub trace: String,
    /// The id, in hexadecimal.
    pub id: String,
    /// The parent, in hexadecimal; empty for a root.
    pub parent: String,
    /// The `tracestate`.
    pub state: String,
    /// The attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// Whether the status is an error.
    pub is_error: bool,
    /// The attributes of the program that exported it.
    pub resource: BTreeMap<String, String>,
}

impl Collector {
    /// Starts one that accepts everything.
    pub fn start() -> Self {
        Self::launch(Some(200))
    }

    /// Starts one that responds to every request with `status`.
    pub fn that_answers(status: u16) -> Self {
        Self::launch(Some(status))
    }

    /// Starts one that accepts connections and never responds.
    pub fn that_hangs() -> Self {
        Self::launch(None)
    }

    fn launch(status: Option<u16>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let requests = Arc::<Mutex<Vec<Received>>>::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming().filter_map(Result::ok) {
                let seen = Arc::clone(&seen);
                // The program may be killed during a request.
                thread::spawn(move || drop(serve(&connection, status, &seen)));
            }
        });
        Self { port, requests }
    }

    /// Returns the URL for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns how many requests were received completely.
    pub fn requests(&self) -> usize {
        self.received().len()
    }

    /// Returns the heads of the requests: the request line and the headers.
    pub fn heads(&self) -> Vec<String> {
        self.received().iter().map(|request| request.head.clone()).collect()
    }

    /// Returns the bodies of the requests.
    pub fn bodies(&self) -> Vec<Vec<u8>> {
        self.received().iter().map(|request| request.body.clone()).collect()
    }

    /// Returns the spans that were received.
    pub fn spans(&self) -> Vec<Exported> {
        self.received().iter().flat_map(|request| decode(&request.body)).collect()
    }

    /// Waits until a root span of this name was received `count` times, and returns all spans. Its descendants end before it.
    pub async fn wait_for(&self, root: &str, count: usize) -> Vec<Exported> {
        let is_there = || self.spans().iter().filter(|span| span.name == root).count() >= count;
        assert!(holds_within(LIMIT, is_there).await, "no {count} spans {root}: {:#?}", self.spans());
        self.spans()
    }

    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.requests.lock().expect("no panic")
    }
}

fn serve(mut connection: &TcpStream, status: Option<u16>, seen: &Mutex<Vec<Received>>) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let request = read(&mut reader)?;
        seen.lock().expect("no panic").push(request);
        if let Some(status) = status {
            write!(connection, "HTTP/1.1 {status} As asked\r\nContent-Length: 0\r\n\r\n")?;
        }
    }
}

fn read(reader: &mut impl BufRead) -> io::Result<Received> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let mut length = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.next_back().map_or(0, |(_, value)| value.parse().expect("a number"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Received { head, body })
}

fn decode(body: &[u8]) -> Vec<Exported> {
    let request = ExportTraceServiceRequest::decode(body).expect("an OTLP request");
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let of_program =
            attributes(resource.resource.map(|resource| resource.attributes).unwrap_or_default());
        let within = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(within.map(|span| exported(span, &of_program)));
    }
    spans
}

fn exported(span: Span, resource: &BTreeMap<String, String>) -> Exported {
    assert!(span.events.is_empty() && span.links.is_empty(), "{span:?}");
    Exported {
        kind: span.kind(),
        name: span.name,
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        state: span.trace_state,
        attributes: attributes(span.attributes),
        is_error: span.status.is_some_and(|status| status.code() == StatusCode::Error),
        resource: resource.clone(),
    }
}

fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, String> {
    list.into_iter().map(|pair| (pair.key, pair.value.map(text).unwrap_or_default())).collect()
}

fn text(value: AnyValue) -> String {
    match value.value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::ArrayValue(list)) => list.values.into_iter().map(text).collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
