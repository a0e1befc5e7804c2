//! Wrong logins from 500 addresses over many emails, more than the processors can hash.

use std::time::Duration;

use auth_e2e::clock::Stopwatch;
use auth_e2e::{PASSWORD, WRONG_PASSWORD};
use futures_util::future::join_all;
use serde_json::json;

use crate::besiege::{DEFAULT_HASHING_MIB, Siege};
use crate::client::{Client, post};
use crate::flood::Flood;
use crate::report::{Report, count};
use crate::target::{Route, Target, attacker_address, email, honest_address};

const TIME: Duration = Duration::from_secs(25);
const ATTACKERS: u16 = 500;
/// 500 logins a second in all, of which each address has ten failures before it is rejected.
const PACE: Duration = Duration::from_secs(1);
const RATE_TIME: Duration = Duration::from_secs(5);
const RATE_CLIENTS: u16 = 8;
/// 64 MiB for each hash of the legacy service, on up to four cores.
const LEGACY_HASHING_MIB: u64 = 4 * 64;

pub(crate) async fn attack(report: &mut Report) {
    let legacy = [("PASSWORD__LEGACY", "on")];
    for (name, route, settings, hashing_mib) in [
        ("login flood", Route::Direct, &[][..], DEFAULT_HASHING_MIB),
        ("login flood", Route::Nginx, &[], DEFAULT_HASHING_MIB),
        ("login flood, legacy on", Route::Direct, &legacy, LEGACY_HASHING_MIB),
    ] {
        let target = Target::start(route, settings).await;
        let siege = Siege { name, route, target: &target, time: TIME, hashing_mib, headers: &[] };
        let attackers = (0..ATTACKERS).map(attacker_address).collect();
        let flood = Flood { target: target.address, attackers, pace: PACE };
        siege
            .run(report, flood, |number, round| {
                let email = format!("stranger-{number}-{round}@example.com");
                post("login", &[], &json!({ "email": email, "password": WRONG_PASSWORD }))
            })
            .await;
    }
}

/// Returns the logins per second of clients that only log in, with the right password. The hash takes most of the time.
pub(crate) async fn hash_rate() -> f64 {
    let target = Target::start(Route::Direct, &[]).await;
    let watch = Stopwatch::start();
    let clients = (0..RATE_CLIENTS).map(|number| {
        let address = target.address;
        tokio::spawn(async move {
            let login = post("login", &[], &json!({ "email": email(number), "password": PASSWORD }));
            let mut client = Client::connect(honest_address(number), address).await.expect("a connection");
            let mut logins = 0;
            while watch.elapsed() < RATE_TIME {
                let answer = client.call(&login).await.expect("a response");
                assert_eq!(answer.status, 200, "a login without an attack");
                logins += 1;
            }
            logins
        })
    });
    let logins: usize = join_all(clients).await.into_iter().map(|logins| logins.expect("no panic")).sum();
    count(logins) / watch.elapsed().as_secs_f64()
}
