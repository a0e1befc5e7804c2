//! Rotations and ends of sessions in both formats of the record, next to one script with the commands that a rotation needs at
//! least, and the CPU time of Redis for each. Then checks of the denylist, and `redis-benchmark` with the same commands on as many
//! connections.
//!
//! Both are measured in turns on one server, so that their ratio is meaningful on a loaded machine. `cargo bench -p auth-adapter-redis`, or `just bench-stores`.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_adapter_redis::{
    RecordFormat, RedisConfig, RedisDenylist, RedisSessionStore, RedisStore, RevocationPolicy,
};
use auth_domain::model::{EndReason, EndSession, Ending, LiveAccessToken, RefreshToken, Rotation};
use auth_domain::ports::{Denylist, SessionStore};
use auth_testkit::servers::{RedisServer, redis_program};
use auth_testkit::{DENYLIST_MARGIN, START, TestClock, TestSession, a_session, a_user_id, request_time_at};
use futures_util::future::{BoxFuture, join_all};
use time::OffsetDateTime;

const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: DENYLIST_MARGIN };
const CALLERS: [usize; 3] = [1, 16, 64];
const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(2);
/// How many commands `redis-benchmark` sends.
const COMMANDS: [usize; 3] = [30_000, 100_000, 100_000];

/// The three commands that a rotation needs at least, as one script.
const RAW: &str = "redis.call('GETDEL', KEYS[1]) redis.call('SET', KEYS[2], ARGV[1], 'PX', 604800000) \
    redis.call('HSET', KEYS[3], 'current', ARGV[1], 'previous', ARGV[2])";
/// The time between two rotations of a session on the clock of the requests: about eleven access tokens are alive.
const INTERVAL: Duration = Duration::from_secs(115);

type Operation = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

#[tokio::main]
async fn main() {
    let server = RedisServer::start();
    // As in production: the log is written each second.
    assert_eq!(server.cli(&["CONFIG", "SET", "appendonly", "yes"]), "OK");
    let store = RedisStore::new(&RedisConfig::new(server.url()), TestClock::of_this_machine()).unwrap();
    sessions(&server, &store).await;
    println!("\noperations per second, median of {ROUNDS} rounds in turns\n");
    println!(
        "{:>8}  {:10}  {:>10}  {:>15}  {:>6}",
        "callers", "operation", "adapter", "redis-benchmark", "ratio"
    );
    let contains = contains(&store);
    let command = command_of(&server, &contains).await;
    for (callers, commands) in CALLERS.into_iter().zip(COMMANDS) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(measure(&contains, callers).await);
            theirs.push(benchmark(&server, callers, commands, &command));
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!("{callers:>8}  {:10}  {ours:>10.0}  {theirs:>15.0}  {:>6.2}", "contains", ours / theirs);
    }
}

/// Rotations and ends of sessions in both formats, by 64 callers with one session each.
async fn sessions(server: &RedisServer, store: &RedisStore) {
    let keys = ["1", "2", "3"].map(|nth| format!("auth:{{raw}}:{nth}{}", "0".repeat(96)));
    let raw =
        ["EVAL", RAW, "3", &keys[0], &keys[1], &keys[2], "a digest of 32 bytes, in text____", "another"];
    let raw: Vec<_> = raw.iter().map(|word| word.as_bytes().to_vec()).collect();
    let cpu = cpu_time(server);
    let per_second = benchmark(server, 64, 100_000, &raw);
    let cpu = micros(cpu_time(server) - cpu, 100_000.0);
    println!("GETDEL, SET and HSET in one EVAL, 64 callers: {per_second:.0}/s, {cpu:.1} µs of Redis each\n");
    println!(
        "{:>6}  {:>9}  {:>10}  {:>12}  {:>8}  {:>10}",
        "format", "operation", "limits", "per second", "ratio", "µs of Redis"
    );
    for limits in [0, 1_000_000_000] {
        for format in [RecordFormat::Hash, RecordFormat::Packed] {
            let port = Arc::new(RedisSessionStore::new(store, REVOCATION).with_format(format));
            let (mut rates, mut costs, mut end_rates, mut end_costs) = (vec![], vec![], vec![], vec![]);
            for _ in 0..ROUNDS {
                let clients: Vec<_> = (0..64).map(|_| Client::opened(&port, limits)).collect();
                let clients = join_all(clients).await;
                let (cpu, start) = (cpu_time(server), now());
                let rotated = join_all(clients.into_iter().map(Client::rotate)).await;
                let count: u32 = rotated.iter().map(|client| client.rotations).sum();
                rates.push(f64::from(count) / start.elapsed().as_secs_f64());
                costs.push(micros(cpu_time(server) - cpu, f64::from(count)));
                let (cpu, start) = (cpu_time(server), now());
                join_all(rotated.into_iter().map(Client::end)).await;
                end_rates.push(64.0 / start.elapsed().as_secs_f64());
                end_costs.push(micros(cpu_time(server) - cpu, 64.0));
            }
            let limits = if limits == 0 { "off" } else { "on" };
            for (operation, rates, costs) in [("rotate", rates, costs), ("end", end_rates, end_costs)] {
                let (rate, cost) = (median(rates), median(costs));
                let format = format.number();
                println!(
                    "{format:>6}  {operation:>9}  {limits:>10}  {rate:>12.0}  {:>8.2}  {cost:>10.1}",
                    rate / per_second
                );
            }
        }
    }
}

/// A client with one session, whose rotations it repeats in a chain.
struct Client {
    port: Arc<RedisSessionStore>,
    session: TestSession,
    token: RefreshToken,
    time: OffsetDateTime,
    limit: u32,
    rotations: u32,
}

impl Client {
    /// A session with as many access tokens as it keeps.
    async fn opened(port: &Arc<RedisSessionStore>, limit: u32) -> Self {
        let session = a_session(a_user_id(), START);
        port.open(&session.opening, request_time_at(START)).await.unwrap();
        let token = session.token.clone();
        let mut client = Self { port: Arc::clone(port), session, token, time: START, limit, rotations: 0 };
        for _ in 0..16 {
            client.rotate_once().await;
        }
        client.rotations = 0;
        client
    }

    async fn rotate_once(&mut self) {
        self.time += INTERVAL;
        let attempt = self.session.rotation(&self.token, self.time).limited(self.limit, self.limit);
        let rotated = self.port.rotate(&attempt.rotate, request_time_at(self.time)).await.unwrap();
        assert_eq!(rotated, Rotation::Rotated);
        self.token = attempt.successor;
        self.rotations += 1;
    }

    async fn rotate(mut self) -> Self {
        let start = now();
        while start.elapsed() < SPAN {
            self.rotate_once().await;
        }
        self
    }

    async fn end(self) {
        let session = self.session.token.session();
        let end = EndSession { session, reason: EndReason::LoggedOut, also_revoke: None };
        assert_eq!(self.port.end(&end, request_time_at(self.time)).await.unwrap(), Ending::Ended);
    }
}

/// The CPU time of the main thread of the server, in seconds.
fn cpu_time(server: &RedisServer) -> f64 {
    let info = server.cli(&["INFO", "cpu"]);
    let main = info.lines().filter(|line| line.contains("_main_thread:"));
    main.filter_map(|line| line.trim().split_once(':')?.1.parse::<f64>().ok()).sum()
}

fn micros(seconds: f64, operations: f64) -> f64 {
    seconds * 1e6 / operations
}

fn contains(store: &RedisStore) -> Operation {
    let denylist = Arc::new(RedisDenylist::new(store, REVOCATION));
    let token: LiveAccessToken = auth_testkit::an_access_token(START);
    Arc::new(move || {
        let denylist = Arc::clone(&denylist);
        Box::pin(async move { assert!(!denylist.contains(token.id, request_time_at(START)).await.unwrap()) })
    })
}

/// Runs the operation, and returns the command that the server received.
async fn command_of(server: &RedisServer, operation: &Operation) -> Vec<Vec<u8>> {
    // Opens both connections.
    operation().await;
    operation().await;
    let mut monitor = server.monitor();
    operation().await;
    monitor.executed().into_iter().next().unwrap().words
}

/// Runs the operation in a loop for each caller.
async fn measure(operation: &Operation, callers: usize) -> f64 {
    let start = now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let operation = Arc::clone(operation);
            tokio::spawn(async move {
                let mut done = 0_u32;
                while start.elapsed() < SPAN {
                    operation().await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}

fn benchmark(server: &RedisServer, callers: usize, commands: usize, command: &[Vec<u8>]) -> f64 {
    let mut benchmark = Command::new(redis_program("redis-benchmark"));
    benchmark.args([
        "-p",
        &server.port().to_string(),
        "-c",
        &callers.to_string(),
        "-n",
        &commands.to_string(),
    ]);
    benchmark.args(["--csv"]).args(command.iter().cloned().map(OsString::from_vec));
    let output = benchmark.output().expect("redis-benchmark runs");
    let text = String::from_utf8_lossy(&output.stdout);
    // A header, then: "name","rps",…
    let last = text.lines().last().expect("a result");
    last.rsplit("\",\"").nth(6).and_then(|rps| rps.parse().ok()).unwrap_or_else(|| unreachable!("{text}"))
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
