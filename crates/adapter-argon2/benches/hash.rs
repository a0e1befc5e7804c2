//! Verifications per second of the adapter, and hashes per second of its fastest kernel on as many threads in the same run:
//! `just bench-passwords`.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Params, Version};
use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher, KernelChoice, OtherFormats};
use auth_domain::model::{PasswordHash, RequestTime};
use auth_domain::ports::{Credential, PasswordCheck, PasswordHasher, start_request};
use auth_testkit::{TestClock, TestEntropy, a_password};
use futures_util::future::join_all;

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
/// The callers of the adapter for each thread, so that no thread waits for a job.
const CALLERS: usize = 4;
/// The least ratio of the adapter to the kernel.
const AIM: f64 = 0.85;
const PASSWORD: &str = "correct horse battery staple";
const MEMORY_KIB: u32 = 19_456;
const ITERATIONS: u32 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    // `cargo test --all-targets` runs this program without `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let adapter = Adapter::new(threads).await;
    let (mut verifications, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        hashes.push(kernel_alone(threads));
        verifications.push(adapter.verifications(threads * CALLERS).await);
    }
    let (verifications, hashes) = (median(verifications), median(hashes));
    let ratio = verifications / hashes;
    println!("kernel {}, {threads} threads, {MEMORY_KIB} KiB, {ITERATIONS} passes", adapter.hasher.kernel());
    println!(
        "hashes of the kernel {hashes:.0} /s, verifications {verifications:.0} /s: {ratio:.2}, aim {AIM}"
    );
    // A miss below 5 % is noise.
    if ratio > AIM * 0.95 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The adapter, and a stored hash of [`PASSWORD`].
struct Adapter {
    hasher: Arc<Argon2PasswordHasher>,
    stored: PasswordHash,
}

impl Adapter {
    async fn new(concurrency: usize) -> Self {
        let config = Argon2Config {
            memory_kib: MEMORY_KIB,
            iterations: ITERATIONS,
            parallelism: 1,
            concurrency,
            legacy: false,
            formats: OtherFormats::NONE,
            kernel: KernelChoice::Auto,
        };
        let hasher = Argon2PasswordHasher::new(config, Arc::new(TestEntropy), TestClock::new());
        let hasher = Arc::new(hasher.expect("valid settings"));
        let stored = hasher.hash(&a_password(PASSWORD), request_time()).await.expect("a hash");
        Self { hasher, stored }
    }

    /// Verifications per second of the right password, by so many callers at once.
    async fn verifications(&self, callers: usize) -> f64 {
        let begun = now();
        let running = (0..callers).map(|_| {
            let (hasher, stored) = (Arc::clone(&self.hasher), self.stored.clone());
            tokio::spawn(async move {
                let mut count = 0_u32;
                while begun.elapsed() < TIME {
                    let admission = hasher.admit(request_time()).expect("a place in the queue");
                    let credential = Credential::Active(stored.clone());
                    let check = hasher.verify(&a_password(PASSWORD), credential, admission).await;
                    assert_eq!(check.expect("a result"), PasswordCheck::Valid { outdated: false });
                    count += 1;
                }
                count
            })
        });
        let count: u32 = join_all(running).await.into_iter().map(|count| count.expect("no panic")).sum();
        f64::from(count) / begun.elapsed().as_secs_f64()
    }
}

/// Hashes per second on `threads` threads, each with memory of its own that is used again.
fn kernel_alone(threads: usize) -> f64 {
    let begun = now();
    let hash_in_turns = move || {
        let params = Params::builder().memory(Memory::kib(MEMORY_KIB.into())).passes(ITERATIONS);
        let params = params.lanes(1).threads(1).build().expect("valid parameters");
        let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hasher();
        let (mut count, mut output) = (0_u32, [0; 32]);
        while begun.elapsed() < TIME {
            hasher.hash_into(PASSWORD.as_bytes(), b"one salt for all", &mut output).expect("a hash");
            count += 1;
        }
        count
    };
    let running: Vec<_> = (0..threads).map(|_| thread::spawn(hash_in_turns)).collect();
    let count: u32 = running.into_iter().map(|thread| thread.join().expect("no panic")).sum();
    f64::from(count) / begun.elapsed().as_secs_f64()
}

fn request_time() -> RequestTime {
    start_request(&*TestClock::new(), Duration::from_secs(30))
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}
