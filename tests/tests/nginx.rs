//! The nginx configuration of `docs/verify.md`, unchanged, between a client, this service and an upstream.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use auth_e2e::documents::{block, with_changes};
use auth_e2e::{ALICE, Api, BOB, Installation, PASSWORD, Reply, Server, Stores, Upstream, jwt, send};
use auth_testkit::servers::{NginxServer, Port};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

const KEY: &str = "KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg-Zb4nRj9sXk2pLf7h";
const NAMES: [&str; 5] = ["X-User-Id", "X-Tenant-Id", "X-User-Role", "X-User-Email", "X-Session-Id"];
const CLAIMS: [&str; 5] = ["sub", "tenant_id", "role", "email", "sid"];

/// An upstream that is protected by nginx and this service.
struct Protected {
    server: Server,
    upstream: Upstream,
    nginx: NginxServer,
    client: Client,
}

impl Protected {
    async fn start() -> Self {
        Self::start_on(Installation::new().set("JWT__KEY", KEY)).await
    }

    async fn start_on(installation: Installation) -> Self {
        let server = Server::start_on(installation.with_user(ALICE).await).await;
        let upstream = Upstream::start();
        let nginx = nginx(&server.installation.address(), &upstream);
        Self { server, upstream, nginx, client: client() }
    }

    /// Returns a request with a bearer token.
    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.nginx.url())).bearer_auth(token)
    }

    async fn get(&self, path: &str, token: &str) -> Reply {
        send(self.request(Method::GET, path, token)).await.expect("an answer")
    }

    /// Posts to the service directly, with headers that name another user.
    async fn post_as(&self, other: &str, name: &str, token: &str, body: &Value) -> Reply {
        let request = self.request(Method::POST, &format!("/api/v1/auth/{name}"), token).json(body);
        send(claiming(request, other)).await.expect("an answer")
    }

    /// Sends forged values of the five headers, and checks that the upstream receives those of the token.
    async fn expect_forgeries_without_effect(&self, token: &str, spell: impl Fn(&str) -> Vec<String>) {
        let names: Vec<String> = NAMES.into_iter().flat_map(spell).collect();
        for client in [client(), title_case_client()] {
            let request = client.get(format!("{}/", self.nginx.url())).bearer_auth(token);
            let request = names.iter().fold(request, |request, name| request.header(name, "forged"));
            let reply = send(request).await.expect("an answer");
            expect_caller(&reply, token);
            assert!(!reply.text().contains("forged"), "{}", reply.text());
        }
    }
}

/// Runs the configuration of the page, with other addresses.
fn nginx(service: &str, upstream: &Upstream) -> NginxServer {
    let port = Port::take();
    let listen = format!("listen 127.0.0.1:{};", port.number);
    let upstream = upstream.address();
    let changes = [("listen 80;", &*listen), ("127.0.0.1:8080", service), ("127.0.0.1:9000", &upstream)];
    let block = with_changes(&block("verify.md", "nginx", "auth_request"), &changes);
    NginxServer::start(port, &block)
}

fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// Writes names as `X-User-Id`; the other client writes `x-user-id`.
fn title_case_client() -> Client {
    Client::builder().no_proxy().http1_title_case_headers().build().expect("a client")
}

/// Adds the five headers of another token.
fn claiming(request: RequestBuilder, other: &str) -> RequestBuilder {
    let claims = jwt::claims(other);
    let pairs = NAMES.into_iter().zip(CLAIMS);
    pairs
        .fold(request, |request, (name, claim)| request.header(name, claims[claim].as_str().expect("a text")))
}

/// An access token of the legacy service: without a session.
fn token_without_session() -> String {
    jwt::sign_hs256(&jwt::good_claims(), KEY.as_bytes())
}

/// Checks that a request reached the upstream, with the user of the token as the only values of the five headers.
fn expect_caller(reply: &Reply, token: &str) {
    assert_eq!((reply.status, reply.header("x-upstream")), (200, Some("yes")), "{}", reply.text());
    let claims = jwt::claims(token);
    let headers = reply.json()["headers"].clone();
    for (name, claim) in NAMES.into_iter().zip(CLAIMS) {
        let expected: Vec<&str> = claims[claim].as_str().into_iter().collect();
        assert_eq!(values(&headers, name), expected, "{name}: {}", reply.text());
    }
}

/// Returns the values of all headers that a framework might read as `name`.
fn values<'a>(headers: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = headers.as_array().expect("an array").iter();
    let alike = headers.filter(|header| {
        let seen = header[0].as_str().expect("a name").replace(['_', '.'], "-");
        seen.eq_ignore_ascii_case(name)
    });
    alike.map(|header| header[1].as_str().expect("a value")).collect()
}

/// Checks for an error response in the documented form, which is not of the upstream.
fn expect_rejection(reply: &Reply, status: u16, code: &str, challenge: Option<&str>) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["error"], code, "{}", reply.text());
    let message = body["message"].as_str().expect("a message");
    assert!(message.ends_with('.') && body.as_object().expect("an object").len() == 2, "{}", reply.text());
    assert_eq!(reply.header("www-authenticate"), challenge);
    assert_eq!(reply.header("retry-after").is_some(), status == 503, "{reply:?}");
    assert_eq!(reply.header("x-upstream"), None);
}

fn expect_unavailable(reply: &Reply) {
    expect_rejection(reply, 503, "service_unavailable", None);
    assert!((1..=3).contains(&reply.retry_after()), "{reply:?}");
}

// S-44
#[tokio::test]
async fn without_a_valid_token_nothing_reaches_the_upstream() {
    let protected = Protected::start().await;
    let url = format!("{}/invoices", protected.nginx.url());
    let bare = send(protected.client.get(&url)).await.unwrap();
    expect_rejection(&bare, 401, "invalid_token", Some("Bearer"));
    let basic = send(protected.client.get(&url).basic_auth("user", Some("password"))).await.unwrap();
    expect_rejection(&basic, 401, "invalid_token", Some("Bearer"));
    let foreign = jwt::sign_hs256(&jwt::good_claims(), b"another key of the very same decent length");
    for token in ["nonsense", &foreign] {
        let rejected = protected.get("/invoices", token).await;
        expect_rejection(&rejected, 401, "invalid_token", Some(r#"Bearer error="invalid_token""#));
    }
    assert_eq!(protected.upstream.requests(), 0);
}

// S-42
#[tokio::test]
async fn nginx_passes_the_token_of_the_authorization_header_only() {
    let protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    let url = format!("{}/?access_token={access}", protected.nginx.url());
    let cookie = format!("access_token={access}; Authorization={access}");
    let rejected = send(protected.client.get(url).header("cookie", cookie)).await.unwrap();
    expect_rejection(&rejected, 401, "invalid_token", Some("Bearer"));
}

#[tokio::test]
async fn the_upstream_receives_the_caller_and_not_the_token() {
    let protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    assert!(jwt::claims(&access)["sid"].is_string());
    for token in [access, token_without_session()] {
        let reply = protected.get("/invoices?page=2", &token).await;
        expect_caller(&reply, &token);
        assert_eq!(reply.json()["path"], "/invoices?page=2");
        assert!(values(&reply.json()["headers"], "authorization").is_empty());
        assert!(!reply.text().contains(&token));
    }
}

#[tokio::test]
async fn the_caller_cannot_be_forged_in_any_spelling() {
    let protected = Protected::start().await;
    for token in [protected.server.log_in(ALICE).await.access, token_without_session()] {
        protected.expect_forgeries_without_effect(&token, |name| vec![name.to_owned()]).await;
        protected.expect_forgeries_without_effect(&token, |name| vec![name.to_owned(); 2]).await;
        protected.expect_forgeries_without_effect(&token, |name| vec![name.replace('-', "_")]).await;
        protected.expect_forgeries_without_effect(&token, |name| vec![name.replacen('-', "_", 1)]).await;
        protected.expect_forgeries_without_effect(&token, |name| vec![name.replace('-', ".")]).await;
    }
}

/// Other proxies remove a header with such a name before the upstream.
#[tokio::test]
async fn a_client_cannot_remove_the_headers_by_connection_options() {
    let protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    let request = protected.request(Method::GET, "/", &access).header("connection", NAMES.join(", "));
    expect_caller(&send(request).await.unwrap(), &access);
}

// S-59, S-60
#[tokio::test]
async fn after_a_logout_only_the_tokens_of_the_session_are_rejected() {
    let protected = Protected::start().await;
    let server = &protected.server;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    let other = server.log_in(ALICE).await;
    expect_caller(&protected.get("/", &first.access).await, &first.access);
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    for token in [&first.access, &second.access] {
        let rejected = protected.get("/", token).await;
        expect_rejection(&rejected, 401, "invalid_token", Some(r#"Bearer error="invalid_token""#));
    }
    expect_caller(&protected.get("/", &other.access).await, &other.access);
}

// S-66
#[tokio::test]
async fn while_redis_is_unreachable_the_response_is_503() {
    let installation = Installation::on(Stores::own_servers()).set("JWT__KEY", KEY);
    let protected = Protected::start_on(installation).await;
    let access = protected.server.log_in(ALICE).await.access;
    let redis = protected.server.installation.servers().redis;
    redis.freeze();
    expect_unavailable(&protected.get("/", &access).await);
    redis.thaw();
    redis.kill();
    expect_unavailable(&protected.get("/", &access).await);
    // A request without a token needs no Redis.
    let url = protected.nginx.url();
    let bare = send(protected.client.get(url)).await.unwrap();
    expect_rejection(&bare, 401, "invalid_token", Some("Bearer"));
    assert_eq!(protected.upstream.requests(), 0);
}

#[tokio::test]
async fn while_the_service_is_unreachable_the_response_is_503() {
    let mut protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    expect_caller(&protected.get("/", &access).await, &access);
    protected.server.process.kill();
    for _ in 0..2 {
        expect_unavailable(&protected.get("/", &access).await);
    }
    assert_eq!(protected.upstream.requests(), 1);
}

#[tokio::test]
async fn a_defect_of_the_service_is_a_500_and_not_an_outage() {
    let (broken, upstream) = (Upstream::that_answers(500), Upstream::start());
    let nginx = nginx(&broken.address(), &upstream);
    let reply = send(client().get(nginx.url()).bearer_auth("x")).await.unwrap();
    expect_rejection(&reply, 500, "internal_error", None);
    assert_eq!((broken.requests(), upstream.requests()), (1, 0));
}

#[tokio::test]
async fn responses_of_the_upstream_reach_the_client_unchanged() {
    let protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    for status in [401, 403, 500, 503] {
        let reply = protected.get(&format!("/{status}"), &access).await;
        assert_eq!((reply.status, reply.header("x-upstream")), (status, Some("yes")), "{}", reply.text());
        assert_eq!(reply.json()["path"], format!("/{status}"));
        let challenge = (status == 401).then_some(r#"Basic realm="upstream""#);
        assert_eq!(reply.header("www-authenticate"), challenge);
        assert_eq!(reply.header("retry-after"), None);
    }
}

#[tokio::test]
async fn a_body_reaches_the_upstream_and_not_the_service() {
    let protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    // The longer body exceeds the buffer of nginx and the largest body of this service.
    for body in ["a little".to_owned(), "a lot, ".repeat(40_000)] {
        let request = protected.request(Method::POST, "/invoices", &access).body(body.clone());
        let reply = send(request).await.unwrap();
        expect_caller(&reply, &access);
        assert_eq!((&reply.json()["method"], &reply.json()["body"]), (&"POST".into(), &body.into()));
    }
}

#[tokio::test]
async fn a_verification_carries_only_bearer_and_client_address() {
    let (service, upstream) = (Upstream::that_answers(401), Upstream::start());
    let nginx = nginx(&service.address(), &upstream);
    let request =
        client().post(nginx.url()).bearer_auth("x").header("x-forwarded-for", "192.0.2.1").body("body");
    expect_rejection(&send(request).await.unwrap(), 401, "invalid_token", Some(r#"Basic realm="upstream""#));
    let asked = service.last();
    assert_eq!((&asked["method"], &asked["path"]), (&"GET".into(), &"/api/v1/auth/verify".into()));
    assert_eq!(asked["body"], "");
    assert_eq!(values(&asked["headers"], "authorization"), ["Bearer x"]);
    assert_eq!(values(&asked["headers"], "x-forwarded-for"), ["127.0.0.1"]);
    let names = asked["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap());
    let mut names: Vec<_> = names.map(str::to_lowercase).collect();
    names.sort();
    assert_eq!(names, ["authorization", "host", "x-forwarded-for", "x-request-id"]);
}

#[tokio::test]
async fn no_client_reaches_the_internal_location() {
    let protected = Protected::start().await;
    let access = protected.server.log_in(ALICE).await.access;
    let reply = protected.get("/_verify", &access).await;
    assert_eq!((reply.status, reply.header("x-user-id")), (404, None), "{}", reply.text());
}

#[tokio::test]
async fn login_refresh_and_logout_are_open_and_trust_no_header() {
    let installation = Installation::new().set("JWT__KEY", KEY).with_user(BOB).await;
    let protected = Protected::start_on(installation).await;
    let bob = protected.server.log_in(BOB).await.access;
    let login = json!({ "email": ALICE, "password": PASSWORD });
    let first = protected.post_as(&bob, "login", "", &login).await.tokens();
    let refresh = json!({ "refreshToken": first.refresh });
    let second = protected.post_as(&bob, "refresh", "", &refresh).await.tokens();
    let claims = jwt::claims(&second.access);
    assert_eq!(claims["email"], ALICE);
    let verify = protected.request(Method::GET, "/api/v1/auth/verify", &second.access);
    let verified = send(claiming(verify, &bob)).await.unwrap();
    assert_eq!(verified.status, 204, "{}", verified.text());
    for (name, claim) in NAMES.into_iter().zip(CLAIMS) {
        assert_eq!(verified.header(&name.to_lowercase()), claims[claim].as_str(), "{name}");
    }
    let logout = json!({ "refreshToken": second.refresh });
    assert_eq!(protected.post_as(&bob, "logout", &second.access, &logout).await.status, 204);
    assert_eq!(protected.get("/", &second.access).await.status, 401);
    assert_eq!(protected.upstream.requests(), 0);
    expect_caller(&protected.get("/", &bob).await, &bob);
}

#[tokio::test]
async fn open_paths_reach_the_service_with_the_client_address() {
    let (service, upstream) = (Upstream::start(), Upstream::start());
    let nginx = nginx(&service.address(), &upstream);
    let request = client().post(format!("{}/api/v1/auth/logout?all", nginx.url())).bearer_auth("x");
    let request = request.header("x-forwarded-for", "192.0.2.1").header("x-request-id", "mine");
    let reply = send(request.header("idempotency-key", "k").body("body")).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    let asked = service.last();
    assert_eq!((&asked["method"], &asked["path"]), (&"POST".into(), &"/api/v1/auth/logout?all".into()));
    assert_eq!(asked["body"], "body");
    let seen = |name| values(&asked["headers"], name);
    assert_eq!((seen("authorization"), seen("idempotency-key")), (vec!["Bearer x"], vec!["k"]));
    assert_eq!((seen("host"), seen("x-forwarded-for")), (vec!["127.0.0.1"], vec!["127.0.0.1"]));
    assert!(seen("x-request-id").len() == 1 && seen("x-request-id") != ["mine"], "{asked}");
    assert!(seen("connection").is_empty(), "{asked}");
    assert_eq!(upstream.requests(), 0);
}

#[tokio::test]
async fn every_spelling_of_login_reaches_the_service_unverified() {
    let protected = Protected::start().await;
    let body = json!({ "email": ALICE, "password": PASSWORD });
    let nginx = Api::new(protected.nginx.url().trim_start_matches("http://"));
    for path in Api::spellings("/api/v1/auth/login") {
        nginx.post(&path, &body).await.tokens();
    }
    assert_eq!(protected.upstream.requests(), 0);
}

#[tokio::test]
async fn a_path_out_of_an_open_path_is_verified() {
    let protected = Protected::start().await;
    for path in ["/api/v1/auth/..%2f..%2f..%2finvoices", "/api/v1/authority", "/API/v1/authority/login"] {
        let bare = send(protected.client.get(format!("{}{path}", protected.nginx.url()))).await.unwrap();
        expect_rejection(&bare, 401, "invalid_token", Some("Bearer"));
    }
    assert_eq!(protected.upstream.requests(), 0);
}
