//! Proxies with the configurations of the documents.

use auth_e2e::documents::{block, with_changes};
use auth_e2e::{ALICE, Api, Installation, Server, Upstream};
use auth_testkit::servers::{NginxServer, Port, ReverseProxy};

/// The kind of proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Haproxy,
    Caddy,
}

/// The effect of the proxy on the `X-Forwarded-For` of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarding {
    /// The proxy replaces it, as the documents recommend.
    Replacing,
    /// The proxy appends to it, as in many installations.
    Appending,
}

/// A running proxy.
#[derive(Debug)]
pub(crate) enum Proxy {
    Nginx(NginxServer),
    Other(ReverseProxy),
}

impl Proxy {
    /// Returns a client of the proxy that connects from `address`.
    pub(crate) fn client(&self, address: &str) -> Api {
        Api::new(&self.address()).from_address(address)
    }

    /// Returns the address that it listens on.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Nginx(nginx) => nginx.url().trim_start_matches("http://").to_owned(),
            Self::Other(proxy) => proxy.address(),
        }
    }
}

/// A server that trusts the proxy in front of it.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) proxy: Proxy,
    pub(crate) server: Server,
    /// The protected upstream behind Caddy.
    _upstream: Option<Upstream>,
}

impl Front {
    /// Starts both; [`ALICE`] is a user.
    pub(crate) async fn start(kind: Kind, forwarding: Forwarding) -> Self {
        let installation = Installation::new().set("HTTP__TRUSTED_PROXIES", "127.0.0.1");
        let server = Server::start_on(installation.with_user(ALICE).await).await;
        let address = server.installation.address();
        let upstream = (kind == Kind::Caddy).then(Upstream::start);
        let proxy = match &upstream {
            Some(upstream) => caddy(&address, &upstream.address(), forwarding),
            None if kind == Kind::Nginx => nginx(&address, forwarding),
            None => haproxy([&address; 3], forwarding),
        };
        Self { proxy, server, _upstream: upstream }
    }
}

/// Starts nginx with the location of `docs/migration.md`.
fn nginx(service: &str, forwarding: Forwarding) -> Proxy {
    let location = block("migration.md", "nginx", "(login|refresh|logout)");
    let location = match forwarding {
        Forwarding::Replacing => with_changes(&location, &[("$remote_addr", "$remote_addr")]),
        Forwarding::Appending => with_changes(&location, &[("$remote_addr", "$proxy_add_x_forwarded_for")]),
    };
    let port = Port::take();
    let server = format!("server {{\nlisten 127.0.0.1:{};\n{location}\n}}", port.number);
    let http = format!("upstream hooksentry-auth {{ server {service}; }}\n{server}");
    Proxy::Nginx(NginxServer::start(port, &http))
}

/// Starts nginx with the three instances of `docs/operations.md`.
pub(crate) fn nginx_of_three(services: [&str; 3]) -> Proxy {
    let port = Port::take();
    let listen = format!("listen 127.0.0.1:{};", port.number);
    let [first, second, third] = services;
    let changes = [
        ("listen 80;", &*listen),
        ("127.0.0.1:8081", first),
        ("127.0.0.1:8082", second),
        ("127.0.0.1:8083", third),
    ];
    Proxy::Nginx(NginxServer::start(
        port,
        &with_changes(&block("operations.md", "nginx", "instances"), &changes),
    ))
}

/// Starts HAProxy with the three instances of `docs/operations.md`.
pub(crate) fn haproxy(services: [&str; 3], forwarding: Forwarding) -> Proxy {
    let port = Port::take();
    let bind = format!("bind 127.0.0.1:{}", port.number);
    let [first, second, third] = services;
    let kept = match forwarding {
        Forwarding::Replacing => "http-request del-header X-Forwarded-For",
        Forwarding::Appending => "",
    };
    let changes = [
        ("bind :80", &*bind),
        ("http-request del-header X-Forwarded-For", kept),
        ("127.0.0.1:8081", first),
        ("127.0.0.1:8082", second),
        ("127.0.0.1:8083", third),
    ];
    let configuration = with_changes(&block("operations.md", "haproxy", "httpchk"), &changes);
    Proxy::Other(ReverseProxy::haproxy(port, &configuration))
}

/// Starts Caddy with the sites of `docs/verify.md`.
fn caddy(service: &str, upstream: &str, forwarding: Forwarding) -> Proxy {
    let port = Port::take();
    let site = format!("http://127.0.0.1:{} {{", port.number);
    let to_service = match forwarding {
        Forwarding::Replacing => format!("reverse_proxy {service}"),
        Forwarding::Appending => format!("reverse_proxy {service} {{\ntrusted_proxies private_ranges\n}}"),
    };
    let changes = [
        (":80 {", site),
        ("reverse_proxy 127.0.0.1:8080", to_service),
        ("forward_auth 127.0.0.1:8080", format!("forward_auth {service}")),
        ("127.0.0.1:9000", upstream.to_owned()),
    ];
    let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    let sites = with_changes(&block("verify.md", "text", "forward_auth"), &changes);
    Proxy::Other(ReverseProxy::caddy(port, &sites))
}
