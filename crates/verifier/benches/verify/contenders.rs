//! The measured operations.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, LEEWAY};
use auth_adapter_redis::{CachingDenylist, RedisDenylist};
use auth_domain::ports::{AccessTokens, Clock, Denylist, start_request};
use auth_testkit::servers::RedisServer;
use auth_verifier::{SystemClock, VerifyAccessToken};
use futures_util::future::FutureExt;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, crypto::aws_lc};
use serde::Deserialize;

use crate::denylists::{REVOCATION, store};
use crate::measure::{CALLS, Contender, in_process, nanos_each, now};
use crate::tokens::{KEY, VALID, id, issue, key};

/// The number of tokens that take turns. A single one would stay in the nearest cache of the processor.
const TOKENS: usize = 1_000;
/// So many that each is forgotten before its next turn.
const FORGOTTEN_TOKENS: usize = 65_536;
/// The timeout of a verification, as in the verifier.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A use case, and the tokens to verify.
type Subject = (Arc<VerifyAccessToken>, Arc<[String]>);

pub(crate) fn verifications(
    empty: &CachingDenylist,
    million: &CachingDenylist,
    crowded: &RedisServer,
) -> [Contender; 8] {
    let jwt = Arc::new(JwtAccessTokens::new(JwtConfig::new(key())).unwrap());
    let tokens: Arc<[String]> = (VALID..).take(TOKENS).map(|number| issue(&jwt, number)).collect();
    let through = |denylist: Arc<dyn Denylist>| {
        let access_tokens: Arc<dyn AccessTokens> = Arc::clone(&jwt) as _;
        (Arc::new(VerifyAccessToken { access_tokens, denylist }), Arc::clone(&tokens))
    };
    let strict: Arc<dyn Denylist> = Arc::new(RedisDenylist::new(&store(crowded), REVOCATION));
    [
        raw_hmac(&tokens),
        decode(&tokens),
        without_denylist("first, without denylist", &jwt, (VALID..).take(FORGOTTEN_TOKENS)),
        without_denylist("again, without denylist", &jwt, (VALID..).take(TOKENS)),
        whole("cached, no entries", through(Arc::new(empty.clone())), CALLS, 1),
        whole("cached, a million entries", through(Arc::new(million.clone())), CALLS, 1),
        whole("strict, 1 caller", through(Arc::clone(&strict)), CALLS, 1),
        whole("strict, 64 callers", through(strict), CALLS / 20, 64),
    ]
}

/// HMAC and comparison only, with a prepared key.
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

/// The decoder of the library, with prepared key and rules.
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

/// The claims, as a user of the library would declare them.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only its deserialization is measured")]
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

/// The verification of tokens in turns, without a denylist.
fn without_denylist(
    name: &'static str,
    jwt: &Arc<JwtAccessTokens>,
    numbers: impl Iterator<Item = usize>,
) -> Contender {
    let tokens: Vec<_> = numbers.map(|number| issue(jwt, number)).collect();
    let jwt = Arc::clone(jwt);
    in_process(name, move |turn| {
        let token = black_box(&tokens[turn % tokens.len()]);
        drop(black_box(jwt.verify(token, SystemClock.now()).unwrap()));
    })
}

/// The whole verification, by `callers` tasks at a time.
fn whole(name: &'static str, subject: Subject, calls: usize, callers: usize) -> Contender {
    let sample = move || {
        let subject = subject.clone();
        let sample = async move {
            // Starts here, so that spawning the task is not measured.
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

/// Verifies signature, claims and denylist of tokens in turn.
async fn verify_many((verify, tokens): Subject, calls: usize) {
    for turn in 0..calls {
        let request_time = start_request(&SystemClock, TIMEOUT);
        let claims = verify.run(black_box(&tokens[turn % TOKENS]), request_time).await;
        drop(black_box(claims.unwrap()));
    }
}

/// Looks up tokens with these numbers, different ones in each sample.
pub(crate) fn check(
    name: &'static str,
    denylist: &CachingDenylist,
    numbers: Range<usize>,
    is_held: bool,
) -> Contender {
    let (denylist, next) = (denylist.clone(), AtomicUsize::new(0));
    let sample = move || {
        let denylist = denylist.clone();
        let turns = next.fetch_add(CALLS, Ordering::Relaxed)..;
        let (first, count) = (numbers.start, numbers.len());
        async move {
            let (start, request_time) = (now(), start_request(&SystemClock, TIMEOUT));
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
