//! Redis servers and their denylists.

use std::io::{BufWriter, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use auth_adapter_redis::{CachingDenylist, RedisConfig, RedisStore, RevocationPolicy};
use auth_domain::ports::Clock;
use auth_testkit::servers::RedisServer;
use auth_verifier::SystemClock;

use crate::measure::now;
use crate::tokens::{TTL, id};

pub(crate) const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: Duration::from_secs(305) };
/// The number of revoked tokens.
pub(crate) const REVOKED: usize = 1_000_000;

/// Writes the entries, loads the cache, and prints the times.
pub(crate) async fn load(server: &RedisServer) -> CachingDenylist {
    let start = now();
    write_entries(server).unwrap();
    println!("{REVOKED} entries written by redis-cli --pipe in {:.1} s", start.elapsed().as_secs_f64());
    let start = now();
    let denylist = follow(server, REVOKED).await;
    println!("cache current after {:.1} s", start.elapsed().as_secs_f64());
    denylist
}

fn write_entries(server: &RedisServer) -> std::io::Result<()> {
    let mut client = server.client().arg("--pipe").stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut commands = BufWriter::new(client.stdin.take().unwrap());
    for number in 0..REVOKED {
        writeln!(commands, "SET auth:jwt:revoked:{} 1 EX {}\r", id(number), TTL.as_secs())?;
    }
    drop(commands);
    assert!(client.wait()?.success());
    Ok(())
}

/// Returns a current cache with at least this number of entries.
pub(crate) async fn follow(server: &RedisServer, entries: usize) -> CachingDenylist {
    let denylist = CachingDenylist::start(&store(server), REVOCATION);
    while !denylist.state().is_trusted || denylist.state().entries < entries {
        SystemClock.sleep_until(now() + Duration::from_millis(20)).await;
    }
    denylist
}

pub(crate) fn store(server: &RedisServer) -> RedisStore {
    RedisStore::new(&RedisConfig::new(server.url()), Arc::new(SystemClock)).unwrap()
}
