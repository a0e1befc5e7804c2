//! Offers to upgrade the connection, as Java's HTTP client makes them with each request.

use std::time::Duration;

use serde_json::json;

use crate::besiege::{DEFAULT_HASHING_MIB, Siege};
use crate::client::post;
use crate::flood::Flood;
use crate::report::Report;
use crate::target::{Route, Target, attacker_address};

const TIME: Duration = Duration::from_secs(6);
const ATTACKERS: u16 = 50;
const PACE: Duration = Duration::from_millis(200);
/// The lines of `java.net.http.HttpClient` in JDK 17.
const OFFER: &[&[u8]] = &[
    b"Connection: Upgrade, HTTP2-Settings",
    b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    b"Upgrade: h2c",
    b"User-Agent: Java-http-client/17.0.12",
];
/// Offers that a service could misread.
const OTHERS: [&[&[u8]]; 3] =
    [&[b"Connection: upgrade", b"Upgrade: TLS/1.0"], &[b"Connection: Upgrade"], &[b"Upgrade: h2c, foo/2"]];

pub(crate) async fn attack(report: &mut Report) {
    for route in [Route::Direct, Route::Nginx] {
        let target = Target::start(route, &[]).await;
        let siege = Siege {
            name: "upgrade offers",
            route,
            target: &target,
            time: TIME,
            hashing_mib: DEFAULT_HASHING_MIB,
            headers: OFFER,
        };
        let attackers = (0..ATTACKERS).map(attacker_address).collect();
        let flood = Flood { target: target.address, attackers, pace: PACE };
        let tally = siege
            .run(report, flood, |number, round| {
                let offer = OTHERS.get((number + round) % 4).copied().unwrap_or(OFFER);
                post("refresh", offer, &json!({ "refreshToken": "none" }))
            })
            .await;
        if tally.broken > 0 || tally.statuses.keys().any(|status| *status != 401) {
            report.violation(format!("upgrade offers, {}: {tally}", route.name()));
        }
    }
}
