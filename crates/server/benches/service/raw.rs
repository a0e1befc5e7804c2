//! The limits of the machine: what other programs do with the same processors, servers and data.

use std::process::Command;
use std::thread;
use std::time::Duration;

use argon2::Block;
use auth_testkit::servers::{postgres_program, redis_program};

use crate::output;
use crate::pause::now;
use crate::stores::Servers;
use crate::users::{ID_PREFIX, MEMORY_KIB, PASSES};

/// The least that a rotation does in Redis.
const SCRIPT: &str = "redis.call('GETDEL', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) \
                      redis.call('HSET', KEYS[2], 'token', ARGV[2]) return 1";
/// The sizes of the values: a token record, and an entry of a session.
const RECORD_BYTES: usize = 160;
const FIELD_BYTES: usize = 64;
/// The commands of one run.
const COMMANDS: &str = "100000";
/// A database of its own, emptied after each run.
const DATABASE: &str = "15";

/// The lookup of a user by id, as the Postgres adapter sends it.
const LOOKUP: &str = "SELECT pg_is_in_recovery(), users.id, users.tenant_id, users.email, users.password_hash, \
                      users.status, users.role, users.created_at FROM (SELECT) AS one LEFT JOIN users ON users.id = ";

/// Scripts per second of `redis-benchmark` on 64 connections.
pub(crate) fn scripts(servers: &Servers) -> f64 {
    let port = servers.redis.port().to_string();
    let (record, field) = ("r".repeat(RECORD_BYTES), "f".repeat(FIELD_BYTES));
    let mut benchmark = Command::new(redis_program("redis-benchmark"));
    benchmark.args(["-p", &port, "--dbnum", DATABASE, "--csv", "-c", "64", "-n", COMMANDS, "-r", COMMANDS]);
    benchmark.args(["eval", SCRIPT, "2", "token:__rand_int__", "session:__rand_int__", &record, &field]);
    let output = benchmark.output().expect("redis-benchmark runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let _ = servers.redis.cli(&["-n", DATABASE, "flushdb", "async"]);
    output::redis_benchmark(&text).unwrap_or_else(|| panic!("redis-benchmark printed no result: {text}"))
}

/// Prepared lookups per second of `pgbench` with eight clients, over `users` users.
pub(crate) fn lookups(servers: &Servers, users: u32, seconds: u32, folder: &std::path::Path) -> f64 {
    let script = folder.join("lookup.sql");
    let text = format!(
        "\\set n random(1, {users})\n{LOOKUP} ('{ID_PREFIX}' || lpad(to_hex(:n::integer), 12, '0'))::uuid;\n"
    );
    std::fs::write(&script, text).expect("a writable folder");
    let mut pgbench = Command::new(postgres_program("pgbench"));
    pgbench.args(["--host=127.0.0.1", "--username=hooksentry", "--no-vacuum", "--protocol=prepared"]);
    pgbench.args(["--client=8", "--jobs=2", &format!("--time={seconds}")]);
    pgbench.arg(format!("--port={}", servers.postgres.port())).arg("--file").arg(&script);
    let output = pgbench.arg(servers.database.name()).output().expect("pgbench runs");
    let text = String::from_utf8_lossy(&output.stdout);
    output::pgbench(&text)
        .unwrap_or_else(|| panic!("pgbench printed no result: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Hashes per second on `threads` threads, each with memory of its own that is used again.
pub(crate) fn hashes(kernel: Kernel, threads: usize, time: Duration) -> f64 {
    let begun = now();
    let running: Vec<_> = (0..threads)
        .map(|_| {
            thread::spawn(move || {
                let mut hash = kernel.hasher();
                let mut count = 0_u32;
                while begun.elapsed() < time {
                    hash();
                    count += 1;
                }
                count
            })
        })
        .collect();
    let count: u32 = running.into_iter().map(|thread| thread.join().expect("no panic")).sum();
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// An implementation of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kernel {
    /// The crate `argon2`.
    Reference,
    /// The crate `argon2-rust`, with the instructions of this processor.
    Detected,
}

const INPUT: (&[u8], &[u8]) = (b"correct horse battery staple", b"one salt for all");

impl Kernel {
    fn hasher(self) -> Box<dyn FnMut()> {
        let mut out = [0; 32];
        match self {
            Self::Reference => {
                let params = argon2::Params::new(MEMORY_KIB, PASSES, 1, None).expect("valid parameters");
                let mut memory = vec![Block::new(); params.block_count()];
                let hasher = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
                Box::new(move || {
                    hasher
                        .hash_password_into_with_memory(INPUT.0, INPUT.1, &mut out, &mut memory)
                        .expect("a hash");
                })
            }
            Self::Detected => {
                let params = argon2_rust::Params::builder()
                    .memory(argon2_rust::params::Memory::kib(MEMORY_KIB.into()))
                    .passes(PASSES)
                    .lanes(1)
                    .threads(1)
                    .build()
                    .expect("valid parameters");
                let mut hasher = argon2_rust::Argon2::new(
                    argon2_rust::Algorithm::Argon2id,
                    argon2_rust::Version::V0x13,
                    params,
                )
                .hasher();
                Box::new(move || hasher.hash_into(INPUT.0, INPUT.1, &mut out).expect("a hash"))
            }
        }
    }
}
