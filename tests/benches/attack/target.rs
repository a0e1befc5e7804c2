//! The service under attack, reached directly or through nginx.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use auth_e2e::{Installation, Server};
use auth_testkit::servers::{NginxServer, Port};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/migration.md");
/// The number of users and of honest clients; each client has a user and an address of its own.
pub(crate) const USERS: u16 = 16;

/// How clients reach the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Direct,
    Nginx,
}

/// A running service with [`USERS`] users.
pub(crate) struct Target {
    pub(crate) server: Server,
    /// The address that clients connect to.
    pub(crate) address: SocketAddr,
    /// Resident memory before the attack, in KiB.
    pub(crate) idle: u64,
    _nginx: Option<NginxServer>,
}

impl Target {
    /// Starts the service with `settings`, and nginx in front if `route` says so.
    pub(crate) async fn start(route: Route, settings: &[(&str, &str)]) -> Self {
        let mut installation = Installation::new().set("HTTP__TRUSTED_PROXIES", "127.0.0.1");
        for (name, value) in settings {
            installation = installation.set(name, value);
        }
        for number in 0..USERS {
            installation = installation.with_user(&email(number)).await;
        }
        Self::start_on(route, installation).await
    }

    /// Starts the service on an installation that is ready.
    pub(crate) async fn start_on(route: Route, installation: Installation) -> Self {
        let server = Server::start_on(installation).await;
        let service = server.installation.address();
        let (nginx, address) = match route {
            Route::Direct => (None, service),
            Route::Nginx => {
                let port = Port::take();
                let address = format!("127.0.0.1:{}", port.number);
                let configuration = nginx_configuration(&service, &address);
                (Some(NginxServer::start(port, &configuration)), address)
            }
        };
        let address = address.parse().expect("an address");
        let idle = memory(&server, "VmRSS");
        Self { server, address, idle, _nginx: nginx }
    }

    /// The highest resident memory so far, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        memory(&self.server, "VmHWM")
    }
}

impl Route {
    /// The name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
        }
    }
}

/// The email of an honest client.
pub(crate) fn email(number: u16) -> String {
    format!("user{number:02}@example.com")
}

/// The address of an honest client.
pub(crate) fn honest_address(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// One of 65,536 addresses of attackers.
pub(crate) fn attacker_address(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(127, 2, high, low)
}

/// The block of `docs/migration.md` with the addresses of this run around it.
fn nginx_configuration(service: &str, listen: &str) -> String {
    let page = fs::read_to_string(PAGE).expect("docs/migration.md");
    let blocks = page.split("```nginx\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut routing = blocks.filter(|block| block.contains("proxy_pass http://hooksentry-auth;"));
    let block = routing.next().expect("a block for nginx in docs/migration.md");
    format!("upstream hooksentry-auth {{ server {service}; }}\nserver {{\nlisten {listen};\n{block}\n}}")
}

fn memory(server: &Server, field: &str) -> u64 {
    let path = format!("/proc/{}/status", server.process.id());
    let status = fs::read_to_string(path).expect("a running process");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field of the kernel");
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number")
}
