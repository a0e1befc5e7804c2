//! The real servers that adapters talk to, started by the tests themselves on free loopback ports.
//!
//! Nothing depends on what happens to run on the machine. A program that is not installed is a failure that
//! names its Debian package, never a test that passes without it. However the test process ends, a guardian
//! stops its servers and removes their folders.

mod certificates;
mod guardian;
mod monitor;
mod nginx;
mod port;
mod postgres;
mod programs;
mod proxy;
mod redis;
mod reverse_proxy;

pub use certificates::Certificates;
pub use monitor::{Monitor, Seen};
pub use nginx::NginxServer;
pub use port::Port;
pub use postgres::{Database, PostgresServer};
pub use programs::{
    caddy_program, haproxy_program, java_program, nginx_program, postgres_program, redis_program,
};
pub use proxy::Proxy;
pub use redis::RedisServer;
pub use reverse_proxy::ReverseProxy;
pub use rustix::process::Signal;
