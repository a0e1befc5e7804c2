//! The time of a verification, compared with the HMAC alone and with `jsonwebtoken::decode`, and the cost of the denylist cache.
//!
//! The operations are measured in turns, so that the ratios do not depend on other programs on the machine.
//! Run `cargo bench -p auth-verifier` or `just bench-verify`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by panicking")]

mod contenders;
mod denylists;
mod measure;
mod memory;
mod tokens;

use auth_testkit::servers::RedisServer;

use contenders::{check, verifications};
use denylists::{REVOKED, follow, load};
use measure::{CALLS, Contender, ROUNDS, measure};
use memory::{print_growth, resident};
use tokens::VALID;

/// The allocator of the login service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(worker_threads = 2)]
async fn main() {
    // `cargo test --all-targets` runs this program without `--bench`.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (idle, crowded) = (RedisServer::start(), RedisServer::start());
    let empty = follow(&idle, 0).await;
    let before = resident();
    let million = load(&crowded).await;
    print_growth("once they are loaded", before);
    println!("\nNanoseconds per call, median of {ROUNDS} rounds in turns.\n");

    let verifications = verifications(&empty, &million, &crowded);
    let medians = measure(&verifications).await;
    println!("{:<30}{:>8}{:>10}{:>10}", "verification", "ns", "/ HMAC", "/ decode");
    for (Contender { name, .. }, ns) in verifications.iter().zip(&medians) {
        println!("{name:<30}{ns:>8.0}{:>10.2}{:>10.2}", ns / medians[0], ns / medians[1]);
    }

    let checks = [
        check("no entries, miss", &empty, VALID..usize::MAX, false),
        check("a million entries, miss", &million, VALID..usize::MAX, false),
        check("a million entries, hit", &million, 0..REVOKED, true),
        // The entries of repeated lookups are in the caches of the processor.
        check("a million entries, hit again", &million, 0..CALLS, true),
    ];
    let medians = measure(&checks).await;
    println!("\n{:<30}{:>8}", "lookup in the cache", "ns");
    for (Contender { name, .. }, ns) in checks.iter().zip(medians) {
        println!("{name:<30}{ns:>8.0}");
    }
    println!();
    print_growth("at the end", before);
}
