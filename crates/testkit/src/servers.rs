//! Real servers for tests, started on free loopback ports.
//!
//! Tests do not use servers that already run on the machine. A test that needs a missing program fails and names its Debian
//! package. A supervisor process stops the servers and removes their folders when the test process ends, also after a crash.

mod certificates;
mod fake_clock;
mod monitor;
mod nginx;
mod pgbouncer;
mod port;
mod postgres;
mod programs;
mod prometheus;
mod proxy;
mod redis;
mod redis_sets;
mod resp;
mod reverse_proxy;
mod small_disk;
mod supervisor;

pub use certificates::Certificates;
pub use fake_clock::FakeClock;
pub use monitor::{ExecutedCommand, Monitor};
pub use nginx::NginxServer;
pub use pgbouncer::PgBouncer;
pub use port::Port;
pub use postgres::{Database, PostgresServer};
pub use programs::{
    caddy_program, haproxy_program, java_program, nginx_program, pgbouncer_program, postgres_program,
    prometheus_program, redis_program,
};
pub use prometheus::PrometheusServer;
pub use proxy::{Direction, Proxy};
pub use redis::RedisServer;
pub use redis_sets::{RedisCluster, SentinelSet, SetOptions};
pub use reverse_proxy::ReverseProxy;
pub use rustix::process::Signal;
pub use small_disk::SmallDisk;
