//! The number of allocations of a request on the thread of its worker, with the embedded store and the log on.
//!
//! A budget that is exceeded shows work that each request does from now on. Raise it only if the work is worth it.

use std::path::Path;

use allocation_counter::measure;
use auth_domain::model::{Email, Password, Role};
use auth_domain::ports::start_request;
use auth_domain::use_cases::{CreateUser, FirstPassword};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::Handle;

use super::*;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::connection::{ConnectionLimits, Connections, Registration};
use crate::http::fixtures::{public, runtime, settings};
use crate::metrics::ConnectionMetrics;
use crate::{app, logging};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct horse battery staple";
/// How often a request is made before it is measured.
const WARM_UP: usize = 3;

/// Serves the embedded store in `data_dir`, and returns the client's side of a connection.
async fn connect(settings: &Settings) -> DuplexStream {
    let parts = compose(settings, Purpose::Serve { workers: 1 }).unwrap();
    let request_time = start_request(&*parts.clock, Duration::from_secs(30));
    let owner = CreateUser {
        email: Email::parse(EMAIL).unwrap(),
        password: FirstPassword::Text(Password::parse(PASSWORD.to_owned()).unwrap()),
        role: Role::Owner,
        tenant_id: None,
    };
    parts.manage_users(settings.password_policy()).create(owner, request_time).await.unwrap();
    let application = app::Application::new(parts, settings, Handle::current());
    let limits = ConnectionLimits { total: 10, per_address: 10, trusted_proxies: Vec::new() };
    let connections = Connections::new(limits, ConnectionMetrics::default());
    let peer = SocketAddr::from(([192, 0, 2, 1], 4711));
    let registration = Registration::admit(&connections, peer.ip()).unwrap();
    let (client, server) = duplex(64 * 1_024);
    let config = ServiceConfig::new(KeepAlive::Os, Duration::ZERO, Duration::ZERO, false, None);
    let site = Rc::new(site(&application.handlers, public).await.unwrap());
    let timeouts = Timeouts::new(Duration::from_secs(75));
    tokio::task::spawn_local(async move {
        serve(server, peer, registration, timeouts, config, site).await;
        drop(application);
    });
    client
}

fn head_of(method: &str, path: &str, bearer: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: auth.example.com\r\nUser-Agent: test\r\nAccept: */*\r\n\
         Authorization: Bearer {bearer}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends a request, and reads its response into `buffer`.
async fn exchange<'a>(client: &mut DuplexStream, request: &str, buffer: &'a mut [u8]) -> &'a str {
    client.write_all(request.as_bytes()).await.unwrap();
    let length = client.read(buffer).await.unwrap();
    str::from_utf8(&buffer[..length]).unwrap()
}

struct Client {
    stream: DuplexStream,
    buffer: Vec<u8>,
    runtime: tokio::runtime::LocalRuntime,
}

impl Client {
    fn new(data_dir: &Path) -> Self {
        let runtime = runtime();
        let variables = [
            ("DATA_DIR", data_dir.to_str().unwrap()),
            ("TOKENS__REFRESHES_PER_MINUTE", "0"),
            ("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "0"),
        ];
        let stream = runtime.block_on(connect(&settings(&variables)));
        Self { stream, buffer: vec![0; 16 * 1_024], runtime }
    }

    /// Returns the JSON of a successful response, and the number of allocations.
    fn ask(&mut self, request: &str) -> (Value, u64) {
        let (mut body, mut is_success) = ("", false);
        let counted = measure(|| {
            let response = self.runtime.block_on(exchange(&mut self.stream, request, &mut self.buffer));
            is_success = response.starts_with("HTTP/1.1 20");
            body = response.split_once("\r\n\r\n").unwrap().1;
        });
        assert!(is_success, "{request}\n{body}");
        (serde_json::from_str(body).unwrap_or(Value::Null), counted.count_total)
    }

    fn login(&mut self) -> (Value, u64) {
        let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
        self.ask(&head_of("POST", "/api/v1/auth/login", "", &body))
    }

    /// Returns the number of allocations of the last of some requests; `request` makes each from the tokens of a login.
    fn count(&mut self, mut request: impl FnMut(&Value) -> String) -> u64 {
        let mut count = 0;
        for _ in 0..=WARM_UP {
            let (tokens, _) = self.login();
            count = self.ask(&request(&tokens)).1;
        }
        count
    }
}

fn of<'a>(tokens: &'a Value, field: &str) -> &'a str {
    tokens[field].as_str().unwrap()
}

#[test]
fn requests_stay_within_their_budgets_of_allocations() {
    let scratch = tempfile::tempdir().unwrap();
    let _log = tracing::subscriber::set_default(logging::formatting_only());
    let mut client = Client::new(&scratch.path().join("data"));
    let get = |path| move |tokens: &Value| head_of("GET", path, of(tokens, "accessToken"), "");
    let post = |path| {
        move |tokens: &Value| {
            let body = json!({ "refreshToken": tokens["refreshToken"] }).to_string();
            head_of("POST", path, of(tokens, "accessToken"), &body)
        }
    };
    let mut login = 0;
    for _ in 0..=WARM_UP {
        login = client.login().1;
    }
    let counts = [
        ("/health", client.count(get("/health")), 28),
        ("me", client.count(get("/api/v1/auth/me")), 50),
        ("verify", client.count(get("/api/v1/auth/verify")), 48),
        ("refresh", client.count(post("/api/v1/auth/refresh")), 75),
        ("logout", client.count(post("/api/v1/auth/logout")), 56),
        ("login", login, 130),
    ];
    let exceeded: Vec<_> = counts.into_iter().filter(|(_, count, budget)| count > budget).collect();
    assert!(exceeded.is_empty(), "allocations and budgets: {exceeded:?}");
}
