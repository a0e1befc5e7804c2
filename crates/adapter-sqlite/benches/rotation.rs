//! Rotations per second on a disk, and `append + fdatasync` on the same disk in the same run: `just bench-embedded`.
//!
//! A write of one page of the write-ahead log and its `fdatasync` is the least that a durable rotation needs if nothing else waits. With
//! 64 callers, one `fdatasync` is shared by all that wait.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_adapter_sqlite::{OpenMode, SqliteConfig, SqliteDatabase, SqliteSessionStore};
use auth_domain::model::Rotation;
use auth_domain::ports::{Clock, SessionStore};
use auth_testkit::{DENYLIST_MARGIN, TestClock, TestSession, a_session, a_user_id, request_time_at};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
const SESSIONS: usize = 20_000;
/// A page of 4,096 bytes and the header of its frame in the write-ahead log.
const FRAME: [u8; 4_120] = [7; 4_120];
/// The callers, and the least ratio to `append + fdatasync`.
const CALLERS: [(usize, f64); 2] = [(1, 0.5), (64, 2.5)];

/// Rates of one round, and the latencies of its rotations.
#[derive(Default)]
struct Samples {
    rates: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    longest: Vec<f64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    // `cargo test --all-targets` runs this program without `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("a folder");
    let store = open(folder.path());
    let mut tokens = open_sessions(&store).await;
    let mut syncs = Vec::new();
    let mut samples: Vec<_> = CALLERS.iter().map(|_| Samples::default()).collect();
    for _ in 0..ROUNDS {
        syncs.push(append_and_sync(folder.path()));
        for ((callers, _), samples) in CALLERS.iter().zip(&mut samples) {
            tokens = rotations(&store, tokens, *callers, samples).await;
        }
    }
    let sync = median(&syncs);
    let log =
        fs::metadata(folder.path().join("auth.db-wal")).map_or(0, |metadata| metadata.len() / 1_048_576);
    println!("append + fdatasync: {sync:.0} /s; write-ahead log at the end: {log} MiB\n");
    println!(
        "{:>7}{:>12}{:>8}{:>7}{:>9}{:>9}{:>9}",
        "callers", "rotations/s", "ratio", "aim", "p50 ms", "p99 ms", "max ms"
    );
    let mut is_met = true;
    for ((callers, aim), samples) in CALLERS.iter().zip(&samples) {
        let rate = median(&samples.rates);
        let ratio = rate / sync;
        let [p50, p99, longest] = [&samples.p50, &samples.p99, &samples.longest].map(|times| median(times));
        println!("{callers:>7}{rate:>12.0}{ratio:>8.2}{aim:>7.1}{p50:>9.2}{p99:>9.2}{longest:>9.1}");
        // A miss below 5 % is noise.
        is_met &= ratio > aim * 0.95;
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn open(folder: &Path) -> SqliteSessionStore {
    let config = SqliteConfig::new(folder.join("auth.db"));
    let database = SqliteDatabase::open(&config, OpenMode::default(), TestClock::of_this_machine());
    SqliteSessionStore::new(&database.expect("a new database"), DENYLIST_MARGIN)
}

async fn open_sessions(store: &SqliteSessionStore) -> Vec<TestSession> {
    let now = TestClock::of_this_machine().now();
    let sessions: Vec<_> = (0..SESSIONS).map(|_| a_session(a_user_id(), now)).collect();
    for group in sessions.chunks(256) {
        let calls = group.iter().map(|session| store.open(&session.opening, request_time_at(now)));
        for opened in futures_util::future::join_all(calls).await {
            opened.expect("an opened session");
        }
    }
    sessions
}

/// Rotates with so many callers at once. Returns the sessions with their new tokens.
async fn rotations(
    store: &SqliteSessionStore,
    sessions: Vec<TestSession>,
    callers: usize,
    samples: &mut Samples,
) -> Vec<TestSession> {
    let begun = now();
    let store = Arc::new(store.clone());
    let size = sessions.len().div_ceil(callers);
    let tasks: Vec<_> = sessions
        .chunks(size)
        .map(|part| tokio::spawn(rotate_in_turns(Arc::clone(&store), part.to_vec(), begun)))
        .collect();
    let (mut rotated, mut times) = (Vec::new(), Vec::new());
    for task in tasks {
        let (sessions, latencies) = task.await.expect("no panic");
        rotated.extend(sessions);
        times.extend(latencies);
    }
    let elapsed = begun.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    samples.rates.push(f64::from(u32::try_from(times.len()).expect("a small number")) / elapsed);
    samples.p50.push(at(50));
    samples.p99.push(at(99));
    samples.longest.push(times.last().copied().unwrap_or_default());
    rotated
}

/// One caller: rotates its sessions in turns. Returns them, and the latencies in milliseconds.
async fn rotate_in_turns(
    store: Arc<SqliteSessionStore>,
    mut sessions: Vec<TestSession>,
    begun: Instant,
) -> (Vec<TestSession>, Vec<f64>) {
    let clock = TestClock::of_this_machine();
    let mut times = Vec::new();
    while begun.elapsed() < TIME {
        for session in &mut sessions {
            if begun.elapsed() >= TIME {
                break;
            }
            let at = clock.now();
            let attempt = session.rotation(&session.token, at);
            let start = now();
            let rotation = store.rotate(&attempt.rotate, request_time_at(at)).await;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            assert_eq!(rotation.expect("a store that answers"), Rotation::Rotated);
            session.token = attempt.successor;
        }
    }
    (sessions, times)
}

/// Appends of one frame per second, each followed by `fdatasync`.
fn append_and_sync(folder: &Path) -> f64 {
    let path = folder.join("appended");
    let mut file = File::create(&path).expect("a writable folder");
    let begun = now();
    let mut count = 0_u32;
    while begun.elapsed() < TIME {
        file.write_all(&FRAME).expect("a disk that is not full");
        file.sync_data().expect("a disk without errors");
        count += 1;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    fs::remove_file(path).expect("a writable folder");
    rate
}

fn median(samples: &[f64]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
