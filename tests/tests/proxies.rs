//! The nginx configuration of `docs/migration.md`, unchanged, in front of the service.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use auth_e2e::{ALICE, Api, Installation, PASSWORD, Reply, Server, WRONG_PASSWORD, send};
use auth_testkit::servers::{NginxServer, Port};
use reqwest::Client;
use serde_json::json;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/migration.md");

/// The service behind nginx, which is its only trusted proxy.
struct Behind {
    _server: Server,
    nginx: NginxServer,
}

impl Behind {
    async fn start(location: &str) -> Self {
        let installation =
            Installation::new().set("HTTP__TRUSTED_PROXIES", "127.0.0.1").with_user(ALICE).await;
        let server = Server::start_on(installation).await;
        let (port, service) = (Port::take(), server.installation.address());
        let listen = format!("listen 127.0.0.1:{};", port.number);
        let http =
            format!("upstream hooksentry-auth {{ server {service}; }}\nserver {{ {listen}\n{location}\n}}");
        Self { nginx: NginxServer::start(port, &http), _server: server }
    }

    async fn login(&self, address: &str, forwarded: &[u8], email: &str, password: &str) -> Reply {
        let source = address.parse().ok();
        let client = Client::builder().no_proxy().local_address(source).build().expect("a client");
        let request = client.post(format!("{}/api/v1/auth/login", self.nginx.url()));
        let request = request.header("x-forwarded-for", forwarded);
        send(request.json(&json!({ "email": email, "password": password }))).await.expect("an answer")
    }
}

/// Returns the configuration in the page.
fn location() -> String {
    let page = std::fs::read_to_string(PAGE).expect("docs/migration.md");
    let (_, rest) = page.split_once("```nginx\n").expect("a block for nginx");
    let (block, _) = rest.split_once("```").expect("the end of the block");
    block.to_owned()
}

/// Sends 60 wrong logins from one address, and checks that ten are evaluated and others are not affected.
async fn expect_ten_of_sixty(behind: &Behind, forwarded: &[u8]) {
    let mut evaluated = 0;
    for number in 0..60 {
        let email = format!("a{number}@example.com");
        let status = behind.login("127.0.5.1", forwarded, &email, WRONG_PASSWORD).await.status;
        assert!([401, 429].contains(&status), "{status}");
        evaluated += usize::from(status == 401);
    }
    assert_eq!(evaluated, 10, "{forwarded:?}");
    let other = behind.login("127.0.5.2", forwarded, ALICE, PASSWORD).await;
    assert_eq!(other.status, 200, "{}", other.text());
}

#[tokio::test]
async fn the_documented_nginx_sends_every_spelling_to_the_service() {
    let behind = Behind::start(&location()).await;
    let nginx = Api::new(behind.nginx.url().trim_start_matches("http://"));
    for endpoint in Api::ENDPOINTS {
        for path in Api::spellings(endpoint) {
            let reply = nginx.post(&path, &json!({})).await;
            let status = if endpoint.ends_with("logout") { 401 } else { 400 };
            assert_eq!(
                (reply.status, reply.header("x-content-type-options")),
                (status, Some("nosniff")),
                "{path}"
            );
        }
        let other = nginx.post(&format!("{endpoint}/x"), &json!({})).await;
        assert_eq!(
            (other.status, other.header("x-content-type-options")),
            (404, None),
            "nginx itself answers"
        );
    }
}

// S-90
#[tokio::test]
async fn behind_the_documented_nginx_no_header_avoids_the_count() {
    for forwarded in [b"\xff".as_slice(), b"127.0.0.1", b"unknown"] {
        expect_ten_of_sixty(&Behind::start(&location()).await, forwarded).await;
    }
}

// S-90
#[tokio::test]
async fn behind_an_appending_nginx_no_header_avoids_the_count() {
    let appending = location().replace("$remote_addr", "$proxy_add_x_forwarded_for");
    assert_ne!(appending, location());
    for forwarded in [b"\xff".as_slice(), b"\xff, 127.0.0.1", b"\\\"", b","] {
        expect_ten_of_sixty(&Behind::start(&appending).await, forwarded).await;
    }
}
