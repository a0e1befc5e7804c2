//! What a verification costs in this process, beside the raw HMAC of the same bytes and beside `jsonwebtoken`'s own
//! `decode`; and what the copy of the denylist costs.
//!
//! All are measured in turns, so that the ratios mean something whatever the machine does beside.
//! `cargo bench -p hooksentry-auth-guard`, or `just bench-verify`.
#![expect(clippy::print_stdout, reason = "its output is what a benchmark is for")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "it stops at the first surprise")]

use std::fs;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, LEEWAY, SigningKey};
use auth_adapter_redis::{RedisCachedDenylist, RedisConfig, RedisDenylist, RedisStore};
use auth_domain::model::{AccessClaims, Email, Role, SessionId, TenantId, TokenId, UserId};
use auth_domain::ports::{AccessTokens, Clock, Denylist, start_request};
use auth_testkit::servers::RedisServer;
use auth_verifier::{SystemClock, VerifyAccessToken};
use futures_util::future::{BoxFuture, FutureExt};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, crypto::aws_lc};
use serde::Deserialize;
use uuid::Uuid;

/// As the service has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEY: &str = "bench-key-Q6tWv1yZb4nRj9sXk2pLf7hGd0mCe3Au";
const REVOKED: usize = 1_000_000;
/// Where the numbers of valid tokens begin: none of them is revoked.
const VALID: usize = 1 << 40;
/// So many tokens take turns: one alone would stay in the nearest cache.
const TOKENS: usize = 1_000;
/// Many short samples: the median is then of those that nothing else on the machine has interrupted.
const ROUNDS: usize = 301;
/// How many calls make a sample.
const CALLS: usize = 1_000;
/// As the guard has it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer than a run takes.
const LIFE: Duration = Duration::from_hours(1);

#[tokio::main(worker_threads = 2)]
async fn main() {
    // Whoever runs all targets as tests wants no measurement.
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
        // Who was logged out and goes on asking is found in the caches of the processor.
        check("a million entries, hit again", &million, 0..CALLS, true),
    ];
    let medians = measure(&checks).await;
    println!("\n{:<30}{:>8}", "check of the copy", "ns");
    for (Contender { name, .. }, ns) in checks.iter().zip(medians) {
        println!("{name:<30}{ns:>8.0}");
    }
    println!();
    print_growth("at the end", before);
}

/// Who verifies, and what.
type Subject = (Arc<VerifyAccessToken>, Arc<[String]>);

/// Something that is measured.
struct Contender {
    name: &'static str,
    /// Takes a sample, in nanoseconds per call.
    sample: Box<dyn Fn() -> BoxFuture<'static, f64>>,
}

/// Returns the median of each.
async fn measure(contenders: &[Contender]) -> Vec<f64> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let sample = (contender.sample)().await;
            // The first round makes connections and fills caches.
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    samples.into_iter().map(median).collect()
}

fn verifications(
    empty: &RedisCachedDenylist,
    million: &RedisCachedDenylist,
    crowded: &RedisServer,
) -> [Contender; 7] {
    let jwt = Arc::new(JwtAccessTokens::new(JwtConfig::new(key())).unwrap());
    let tokens: Arc<[String]> = (VALID..).take(TOKENS).map(|number| issue(&jwt, number)).collect();
    let through = |denylist: Arc<dyn Denylist>| {
        let access_tokens: Arc<dyn AccessTokens> = Arc::clone(&jwt) as _;
        (Arc::new(VerifyAccessToken { access_tokens, denylist }), Arc::clone(&tokens))
    };
    let strict: Arc<dyn Denylist> = Arc::new(RedisDenylist::new(&store(crowded)));
    [
        raw_hmac(&tokens),
        decode(&tokens),
        without_denylist(&jwt, &tokens),
        whole("cached, no entries", through(Arc::new(empty.clone())), CALLS, 1),
        whole("cached, a million entries", through(Arc::new(million.clone())), CALLS, 1),
        whole("strict, 1 caller", through(Arc::clone(&strict)), CALLS, 1),
        whole("strict, 64 callers", through(strict), CALLS / 20, 64),
    ]
}

/// The backend's HMAC and comparison alone, its key made once.
fn raw_hmac(tokens: &[String]) -> Contender {
    let (provider, secret) = (&aws_lc::DEFAULT_PROVIDER, KEY.as_bytes());
    let hmac = (provider.signer_factory)(&Algorithm::HS256, &EncodingKey::from_secret(secret)).unwrap();
    let check = (provider.verifier_factory)(&Algorithm::HS256, &DecodingKey::from_secret(secret)).unwrap();
    let signed: Vec<_> = tokens
        .iter()
        .map(|token| token.rsplit_once('.').unwrap().0.as_bytes().to_vec())
        .map(|message| (hmac.sign(&message), message))
        .collect();
    in_process("raw HMAC", move |turn| {
        let (signature, message) = &signed[turn % TOKENS];
        check.verify(black_box(message), signature).unwrap();
    })
}

/// The library's own way, its key and rules made once.
fn decode(tokens: &Arc<[String]>) -> Contender {
    let (key, config) = (DecodingKey::from_secret(KEY.as_bytes()), JwtConfig::new(key()));
    let mut rules = Validation::new(Algorithm::HS256);
    (rules.leeway, rules.validate_nbf) = (LEEWAY.as_secs(), true);
    rules.set_issuer(&[&config.issuer]);
    rules.set_audience(&[&config.audience]);
    rules.set_required_spec_claims(&["sub", "exp", "iss", "aud"]);
    let tokens = Arc::clone(tokens);
    in_process("jsonwebtoken::decode", move |turn| {
        let token = black_box(&tokens[turn % TOKENS]);
        drop(black_box(jsonwebtoken::decode::<Claims>(token, &key, &rules).unwrap()));
    })
}

/// The claims as somebody who uses the library would declare them.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only read into")]
struct Claims {
    sub: String,
    jti: String,
    email: String,
    tenant_id: String,
    role: String,
    iat: u64,
    exp: u64,
    iss: String,
    aud: String,
    sid: String,
}

fn without_denylist(jwt: &Arc<JwtAccessTokens>, tokens: &Arc<[String]>) -> Contender {
    let (jwt, tokens) = (Arc::clone(jwt), Arc::clone(tokens));
    in_process("without denylist", move |turn| {
        let token = black_box(&tokens[turn % TOKENS]);
        drop(black_box(jwt.verify(token, SystemClock.now()).unwrap()));
    })
}

/// All that is done for a request, by so many callers at once.
fn whole(name: &'static str, subject: Subject, calls: usize, callers: usize) -> Contender {
    let sample = move || {
        let subject = subject.clone();
        let sample = async move {
            // From here on, so that the way to a thread of the runtime is not measured.
            let start = now();
            let others: Vec<_> =
                (1..callers).map(|_| tokio::spawn(verify_many(subject.clone(), calls))).collect();
            verify_many(subject, calls).await;
            for other in others {
                other.await.unwrap();
            }
            nanos_each(start, calls * callers)
        };
        tokio::spawn(sample).map(Result::unwrap).boxed()
    };
    Contender { name, sample: Box::new(sample) }
}

/// Signature, claims and denylist, by a deadline.
async fn verify_many((verify, tokens): Subject, calls: usize) {
    for turn in 0..calls {
        let request_time = start_request(&SystemClock, PATIENCE);
        let claims = verify.run(black_box(&tokens[turn % TOKENS]), request_time).await;
        drop(black_box(claims.unwrap()));
    }
}

/// Looks up tokens of these numbers, others in each sample.
fn check(
    name: &'static str,
    denylist: &RedisCachedDenylist,
    numbers: Range<usize>,
    is_held: bool,
) -> Contender {
    let (denylist, next) = (denylist.clone(), AtomicUsize::new(0));
    let sample = move || {
        let denylist = denylist.clone();
        let turns = next.fetch_add(CALLS, Ordering::Relaxed)..;
        let (first, count) = (numbers.start, numbers.len());
        async move {
            let (start, request_time) = (now(), start_request(&SystemClock, PATIENCE));
            for turn in turns.take(CALLS) {
                let number = first + turn.wrapping_mul(7_919) % count;
                assert_eq!(denylist.contains(id(number), request_time).await.unwrap(), is_held);
            }
            nanos_each(start, CALLS)
        }
        .boxed()
    };
    Contender { name, sample: Box::new(sample) }
}

fn in_process(name: &'static str, call: impl Fn(usize) + 'static) -> Contender {
    let sample = move || {
        let start = now();
        (0..CALLS).for_each(&call);
        std::future::ready(nanos_each(start, CALLS)).boxed()
    };
    Contender { name, sample: Box::new(sample) }
}

/// Writes the entries, follows them, and prints what that takes.
async fn load(server: &RedisServer) -> RedisCachedDenylist {
    let start = now();
    write_entries(server).unwrap();
    println!("{REVOKED} entries written by redis-cli --pipe in {:.1} s", start.elapsed().as_secs_f64());
    let start = now();
    let denylist = follow(server, REVOKED).await;
    println!("copy of them current after {:.1} s", start.elapsed().as_secs_f64());
    denylist
}

fn write_entries(server: &RedisServer) -> std::io::Result<()> {
    let mut client = server.client().arg("--pipe").stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut commands = BufWriter::new(client.stdin.take().unwrap());
    for number in 0..REVOKED {
        writeln!(commands, "SET auth:jwt:revoked:{} 1 EX {}\r", id(number), LIFE.as_secs())?;
    }
    drop(commands);
    assert!(client.wait()?.success());
    Ok(())
}

/// Returns a copy that is current and has so many entries.
async fn follow(server: &RedisServer, entries: usize) -> RedisCachedDenylist {
    let denylist = RedisCachedDenylist::follow(&store(server));
    while !denylist.state().is_current || denylist.state().entries < entries {
        SystemClock.sleep_until(now() + Duration::from_millis(20)).await;
    }
    denylist
}

fn store(server: &RedisServer) -> RedisStore {
    RedisStore::new(RedisConfig::new(server.url()), Arc::new(SystemClock)).unwrap()
}

fn key() -> SigningKey {
    SigningKey::new(KEY.to_owned()).unwrap()
}

fn issue(jwt: &JwtAccessTokens, number: usize) -> String {
    let issued_at = SystemClock.now().replace_nanosecond(0).unwrap();
    let claims = AccessClaims {
        token_id: id(number),
        user_id: UserId::from_uuid(id(number + TOKENS).as_uuid()),
        tenant_id: TenantId::from_uuid(id(VALID - 1).as_uuid()),
        email: Email::parse(&format!("user{number}@example.com")).unwrap(),
        role: Role::Admin,
        session_id: Some(SessionId::from_uuid(id(number + 2 * TOKENS).as_uuid())),
        issued_at: Some(issued_at),
        expires_at: issued_at + LIFE,
    };
    jwt.issue(&claims).unwrap().expose().to_owned()
}

/// Makes the id of a token of its number, as scattered as random ones.
fn id(number: usize) -> TokenId {
    let mixed = (number as u128 + 1).wrapping_mul(0x2d35_8dcc_aa6c_78a5_8bb8_4b93_962e_acc9);
    let mixed = (mixed ^ (mixed >> 64)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    TokenId::from_uuid(Uuid::from_u128(mixed ^ (mixed >> 64)))
}

/// How much memory this process has, in MiB, where the system tells.
fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Prints what a million entries take.
fn print_growth(when: &str, before: Option<f64>) {
    if let (Some(before), Some(after)) = (before, resident()) {
        println!(
            "{:.1} MiB of memory for a million entries {when}: {before:.1} MiB, then {after:.1}",
            after - before
        );
    }
}

fn nanos_each(start: Instant, calls: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(calls).unwrap())
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn now() -> Instant {
    SystemClock.instant()
}
