//! The endpoints of a server, one method each.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Body, Client, Error, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{PASSWORD, Reply, Tokens, Wire};

const LIMIT: Duration = Duration::from_secs(30);
const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";
const ME: &str = "/api/v1/auth/me";

/// A client of one server; cheap to clone. Each request has a connection of its own.
#[derive(Clone, Debug)]
pub struct Api {
    address: String,
    client: Client,
    headers: Vec<(String, String)>,
}

impl Api {
    /// The paths of the three endpoints.
    pub const ENDPOINTS: [&str; 3] = [LOGIN, REFRESH, LOGOUT];
    /// The path that verifies an access token for a proxy.
    pub const VERIFY: &str = "/api/v1/auth/verify";

    /// Returns spellings of the path of an endpoint, its own first.
    pub fn spellings(path: &str) -> [String; 5] {
        let titled = path.replace("/auth/l", "/Auth/L").replace("/auth/r", "/Auth/R");
        [path.to_owned(), path.to_uppercase(), titled.clone(), format!("{path}/"), format!("{titled}/")]
    }

    /// Returns a client for the listener on `address`, such as a proxy in front of a server.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), client: client(None), headers: Vec::new() }
    }

    /// Returns a client that connects from another address of the loopback network.
    #[must_use]
    pub fn from_address(&self, address: &str) -> Self {
        Self { client: client(Some(address.parse().expect("an address"))), ..self.clone() }
    }

    /// Returns a client that keeps its connections, for very many requests.
    #[must_use]
    pub fn keeping_connections(&self) -> Self {
        let client = Client::builder().no_proxy().timeout(LIMIT).build().expect("a client");
        Self { client, ..self.clone() }
    }

    /// Returns a client that sends one more header with each request.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// Logs in.
    pub async fn login(&self, email: &str, password: &str) -> Reply {
        self.post(LOGIN, &json!({ "email": email, "password": password })).await
    }

    /// Logs in with [`PASSWORD`], which must succeed.
    pub async fn log_in(&self, email: &str) -> Tokens {
        self.login(email, PASSWORD).await.tokens()
    }

    /// Refreshes.
    pub async fn refresh(&self, token: &str) -> Reply {
        self.try_refresh(token).await.expect("an answer")
    }

    /// Refreshes; a broken connection is an error.
    ///
    /// # Errors
    /// If the response did not arrive completely.
    pub async fn try_refresh(&self, token: &str) -> Result<Reply, Error> {
        send(self.request(Method::POST, REFRESH).json(&json!({ "refreshToken": token }))).await
    }

    /// Refreshes with an `Idempotency-Key`.
    pub async fn refresh_with_key(&self, token: &str, key: &str) -> Reply {
        self.try_refresh_with_key(token, key).await.expect("an answer")
    }

    /// Refreshes with an `Idempotency-Key`; a broken connection is an error.
    ///
    /// # Errors
    /// If the response did not arrive completely.
    pub async fn try_refresh_with_key(&self, token: &str, key: &str) -> Result<Reply, Error> {
        let body = json!({ "refreshToken": token });
        send(self.request(Method::POST, REFRESH).header("idempotency-key", key.as_bytes()).json(&body)).await
    }

    /// Logs out.
    pub async fn logout(&self, access: &str, refresh: &str) -> Reply {
        self.bearing(access).post(LOGOUT, &json!({ "refreshToken": refresh })).await
    }

    /// Gets a path with a bearer.
    pub async fn get(&self, path: &str, access: &str) -> Reply {
        self.bearing(access).call(Method::GET, path).await
    }

    /// Gets `/me`.
    pub async fn me(&self, access: &str) -> Reply {
        self.bearing(access).call(Method::GET, ME).await
    }

    /// Gets `/verify`, as a proxy does.
    pub async fn verify(&self, access: &str) -> Reply {
        self.bearing(access).call(Method::GET, Self::VERIFY).await
    }

    fn bearing(&self, access: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {access}"))
    }

    /// Returns whether an access token is accepted. A logout verifies it before it reads the refresh token.
    pub async fn access_token_is_alive(&self, access: &str) -> bool {
        let reply = self.logout(access, &"0".repeat(104)).await;
        let body = reply.json();
        match body["error"].as_str() {
            Some("invalid_refresh_token") => true,
            Some("invalid_token") => false,
            _ => panic!("neither alive nor dead: {}", reply.text()),
        }
    }

    /// Checks that a refresh token is rejected, and returns the reason.
    pub async fn expect_dead(&self, refresh: &str) -> Option<String> {
        let reply = self.refresh(refresh).await;
        reply.expect_error(401, "invalid_refresh_token");
        reply.reason()
    }

    /// Posts a JSON value.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        send(self.request(Method::POST, path).json(body)).await.expect("an answer")
    }

    /// Posts bytes unchanged, with the content type of JSON.
    pub async fn post_bytes(&self, path: &str, body: &[u8]) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        send(request.body(body.to_vec())).await.expect("an answer")
    }

    /// Posts a text in chunks, without a `Content-Length`.
    pub async fn post_chunked(&self, path: &str, text: &str) -> Reply {
        let parts: Vec<_> =
            text.as_bytes().chunks(1_000).map(|part| Ok::<_, io::Error>(part.to_vec())).collect();
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        let body = Body::wrap_stream(futures_util::stream::iter(parts));
        send(request.body(body)).await.expect("an answer")
    }

    /// Sends a request without a body.
    pub async fn call(&self, method: Method, path: &str) -> Reply {
        send(self.request(method, path)).await.expect("an answer")
    }

    /// Begins a request.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        // The value is bytes: a client may send text that is not ASCII.
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value.as_bytes()))
    }

    /// Opens a bare connection.
    pub async fn connect(&self) -> Wire {
        Wire::connect(&self.address).await
    }

    /// Returns whether the server answers.
    pub async fn is_healthy(&self) -> bool {
        let health = self.request(Method::GET, "/health").timeout(Duration::from_secs(2));
        send(health).await.is_ok_and(|reply| reply.status == 200)
    }
}

/// Sends a request and reads the whole response.
///
/// # Errors
/// If the response did not arrive completely.
pub async fn send(request: RequestBuilder) -> Result<Reply, Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers =
        response.headers().iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    Ok(Reply { status, headers, body: response.bytes().await?.to_vec() })
}

fn client(source: Option<IpAddr>) -> Client {
    let client = Client::builder().no_proxy().timeout(LIMIT).pool_max_idle_per_host(0);
    client.local_address(source).build().expect("a client")
}
