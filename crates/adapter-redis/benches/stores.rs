//! Operations per second of this adapter and of `redis-benchmark`, which sends the same commands on as many connections.
//!
//! Both are measured in turns on one server, so that their ratio is meaningful on a loaded machine. `cargo bench -p auth-adapter-redis`, or `just bench-stores`.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_adapter_redis::{RedisConfig, RedisDenylist, RedisSessionStore, RedisStore, RevocationPolicy};
use auth_domain::model::{LiveAccessToken, Rotate, Rotation, TokenId};
use auth_domain::ports::{Denylist, SessionStore};
use auth_testkit::servers::{RedisServer, redis_program};
use auth_testkit::{DENYLIST_MARGIN, START, TestClock, a_session, a_user_id, request_time_at};
use futures_util::future::BoxFuture;

const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: DENYLIST_MARGIN };
const CALLERS: [usize; 3] = [1, 16, 64];
const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(2);
/// How many commands `redis-benchmark` sends.
const COMMANDS: [usize; 3] = [30_000, 100_000, 100_000];

/// The deadline of a script is its last argument; this one is in the year 2255.
const NEVER: &[u8] = b"9000000000000000";

type Operation = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

#[tokio::main]
async fn main() {
    let server = RedisServer::start();
    let store = RedisStore::new(&RedisConfig::new(server.url()), TestClock::of_this_machine()).unwrap();
    println!("operations per second, median of {ROUNDS} rounds in turns\n");
    println!(
        "{:>8}  {:10}  {:>10}  {:>15}  {:>6}",
        "callers", "operation", "adapter", "redis-benchmark", "ratio"
    );
    let rotate = rotation(&store).await;
    let contains = contains(&store);
    for (name, operation) in [("rotate", rotate), ("contains", contains)] {
        let command = command_of(&server, &operation).await;
        for (callers, commands) in CALLERS.into_iter().zip(COMMANDS) {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                ours.push(measure(&operation, callers).await);
                theirs.push(benchmark(&server, callers, commands, &command));
            }
            let (ours, theirs) = (median(ours), median(theirs));
            println!("{callers:>8}  {name:10}  {ours:>10.0}  {theirs:>15.0}  {:>6.2}", ours / theirs);
        }
    }
}

/// A rotation of a token onto itself, because a benchmark sends one command repeatedly. The script does the same work as for
/// any rotation.
async fn rotation(store: &RedisStore) -> Operation {
    let sessions = Arc::new(RedisSessionStore::new(store, REVOCATION));
    let session = a_session(a_user_id(), START);
    sessions.open(&session.opening, request_time_at(START)).await.unwrap();
    let mut rotate = session.rotation(&session.token, START).rotate;
    rotate.successor = rotate.presented;
    // An argument of a program cannot contain a zero byte.
    rotate.access_token.id = "a8098c1a-f86e-41da-bd1a-10112444be1e".parse::<TokenId>().unwrap();
    let rotate: Arc<Rotate> = Arc::new(rotate);
    Arc::new(move || {
        let (sessions, rotate) = (Arc::clone(&sessions), Arc::clone(&rotate));
        Box::pin(async move {
            assert_eq!(sessions.rotate(&rotate, request_time_at(START)).await.unwrap(), Rotation::Rotated);
        })
    })
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
    let mut command = monitor.executed().into_iter().next().unwrap().words;
    if command.first().is_some_and(|name| name == b"EVALSHA") {
        *command.last_mut().unwrap() = NEVER.to_vec();
    }
    command
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
