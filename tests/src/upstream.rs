//! A service behind a proxy, which returns the requests that it receives.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// Responds with the request: a JSON object of `method`, `path`, `headers` as ordered pairs, and `body`.
///
/// The status is 200, or the number that the path ends with. It listens until the test process ends.
#[derive(Debug)]
pub struct Upstream {
    port: u16,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Upstream {
    /// Starts one on a port of its own.
    pub fn start() -> Self {
        Self::launch(None)
    }

    /// Starts one that responds to every request with `status`.
    pub fn that_answers(status: u16) -> Self {
        Self::launch(Some(status))
    }

    fn launch(status: Option<u16>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let requests = Arc::<Mutex<Vec<Value>>>::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming().filter_map(Result::ok) {
                // A proxy may close the connection during a request.
                let _ = answer(connection, status, &seen);
            }
        });
        Self { port, requests }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns how many requests have reached it.
    pub fn requests(&self) -> usize {
        self.requests.lock().expect("no panic").len()
    }

    /// Returns the newest request, in the form of its response.
    pub fn last(&self) -> Value {
        self.requests.lock().expect("no panic").last().expect("a request").clone()
    }
}

fn answer(mut connection: TcpStream, status: Option<u16>, seen: &Mutex<Vec<Value>>) -> io::Result<()> {
    let request = read(BufReader::new(&connection))?;
    seen.lock().expect("no panic").push(request.clone());
    let named = request["path"].as_str().and_then(|path| path.rsplit('/').next()?.parse().ok());
    let status = status.or(named).unwrap_or(200);
    let body = request.to_string();
    let head = format!("HTTP/1.1 {status} As asked\r\nContent-Type: application/json\r\nX-Upstream: yes");
    let challenge = if status == 401 { "\r\nWWW-Authenticate: Basic realm=\"upstream\"" } else { "" };
    write!(
        connection,
        "{head}{challenge}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn read(mut reader: impl BufRead) -> io::Result<Value> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let length = reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let mut words = lines[0].split(' ');
    let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
    let headers = lines[1..].iter().filter_map(|line| line.split_once(':'));
    let headers: Vec<_> = headers.map(|(name, value)| (name, value.trim())).collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().expect("a number"))];
    reader.read_exact(&mut body)?;
    Ok(json!({ "method": method, "path": path, "headers": headers, "body": String::from_utf8_lossy(&body) }))
}
