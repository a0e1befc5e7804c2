//! Rejected logins take the same time, whether or not the email and the address are known.

use std::time::Duration;

use auth_e2e::clock::Stopwatch;
use auth_e2e::{ALICE, Api, Installation, Server, WRONG_PASSWORD};
use tokio::sync::Mutex;

const SAMPLES: usize = 200;
/// The number of measurements until the test fails. Other programs can disturb one, but hardly three in a row.
const ATTEMPTS: usize = 3;
/// The tests of this file would disturb each other.
static ALONE: Mutex<()> = Mutex::const_new(());

// S-09
#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let _alone = ALONE.lock().await;
    let server = unlimited().await;
    let login = server.api();
    takes_as_long(&login, |_| ALICE.to_owned(), &login, |number| format!("u{number:03}@example.com")).await;
}

// S-09
#[tokio::test]
async fn a_known_address_takes_as_long_as_an_unknown_one() {
    let _alone = ALONE.lock().await;
    let server = unlimited().await;
    let (known, unknown) = (server.from_address("127.0.5.1"), server.from_address("127.0.5.2"));
    known.log_in(ALICE).await;
    takes_as_long(&known, |_| ALICE.to_owned(), &unknown, |_| ALICE.to_owned()).await;
    takes_as_long(&known, |_| ALICE.to_owned(), &known, |number| format!("u{number:03}@example.com")).await;
}

/// A server that rejects no attempt, and whose windows stay as short as those of a server with limits.
async fn unlimited() -> Server {
    let installation = Installation::new().set("LOGIN_LIMIT__MAX_FAILURES", "1000000");
    let installation = installation.set("LOGIN_LIMIT__WINDOW", "1s");
    Server::start_on(installation.with_user(ALICE).await).await
}

/// Asserts that the medians of two kinds of wrong logins differ by less than 5 %. The hash takes most of the time of a
/// rejection.
async fn takes_as_long(
    one: &Api,
    email_of_one: impl Fn(usize) -> String,
    other: &Api,
    email_of_other: impl Fn(usize) -> String,
) {
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        for number in 0..SAMPLES {
            let (first, second) = ((one, email_of_one(number)), (other, email_of_other(number)));
            // Alternating the order cancels its effect.
            if number % 2 == 0 {
                ones.push(rejection(first).await);
                others.push(rejection(second).await);
            } else {
                others.push(rejection(second).await);
                ones.push(rejection(first).await);
            }
        }
        let (one, other) = (median(ones), median(others));
        if one.abs_diff(other) < one.min(other) / 20 {
            return;
        }
        seen.push((one, other));
    }
    assert!(seen.is_empty(), "the medians differ: {seen:?}");
}

async fn rejection((api, email): (&Api, String)) -> Duration {
    let watch = Stopwatch::start();
    let reply = api.login(&email, WRONG_PASSWORD).await;
    let taken = watch.elapsed();
    reply.expect_error(401, "invalid_credentials");
    taken
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
