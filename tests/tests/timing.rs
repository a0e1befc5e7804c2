//! An unknown email takes as long as a wrong password.

use std::time::Duration;

use auth_e2e::clock::Stopwatch;
use auth_e2e::{ALICE, Installation, Server, WRONG_PASSWORD};

const SAMPLES: usize = 200;
/// The number of measurements until the test fails. Other programs can disturb one, but hardly three in a row.
const ATTEMPTS: usize = 3;

// S-09
#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let installation = Installation::new().set("LOGIN_LIMIT__MAX_FAILURES", "1000000").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let (known, unknown) = medians(&server).await;
        // The hash takes most of the time of a rejection. The tolerance is 5 %.
        if known.abs_diff(unknown) < known.min(unknown) / 20 {
            return;
        }
        seen.push((known, unknown));
    }
    assert!(seen.is_empty(), "known and unknown emails differ: {seen:?}");
}

async fn medians(server: &Server) -> (Duration, Duration) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..SAMPLES {
        let stranger = format!("u{number:03}@example.com");
        // Alternating the order cancels its effect.
        let order = if number % 2 == 0 { [true, false] } else { [false, true] };
        for is_known in order {
            let watch = Stopwatch::start();
            let reply = server.login(if is_known { ALICE } else { &stranger }, WRONG_PASSWORD).await;
            let taken = watch.elapsed();
            reply.expect_error(401, "invalid_credentials");
            if is_known { known.push(taken) } else { unknown.push(taken) }
        }
    }
    (median(known), median(unknown))
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
