//! Wrong logins with address headers that cannot be read: at most ten of one address are evaluated.

use std::net::Ipv4Addr;

use auth_e2e::WRONG_PASSWORD;
use futures_util::future::join_all;
use serde_json::json;

use crate::client::post;
use crate::flood::Tally;
use crate::report::Report;
use crate::target::{Route, Target, attacker_address};

const LOGINS: usize = 60;
const AT_ONCE: usize = 6;
const LIMIT: usize = 10;
/// What a client may write: bytes that are no text, no list, no address.
const HEADERS: [&[&[u8]]; 7] = [
    &[b"X-Forwarded-For: \xff"],
    &[b"X-Forwarded-For: \xff\xfe, \xff"],
    &[b"X-Forwarded-For:"],
    &[b"X-Forwarded-For: \"\\"],
    &[b"X-Forwarded-For: unknown", b"X-Forwarded-For: \xff"],
    &[b"X-Forwarded-For: 127.0.0.1, 127.0.0.1"],
    &[b"Forwarded: for=\xff", b"X-Forwarded-For: _hidden, [::"],
];

pub(crate) async fn attack(report: &mut Report) {
    for route in [Route::Direct, Route::Nginx] {
        let target = Target::start(route, &[]).await;
        let mut evaluated = Vec::new();
        for (number, headers) in (0..).zip(HEADERS) {
            let tally = wrong_logins(&target, attacker_address(number), number, headers).await;
            evaluated.push(tally.count(401));
            let answered = tally.count(401) + tally.count(429);
            if tally.count(401) > LIMIT || answered != LOGINS {
                let header = String::from_utf8_lossy(headers[0]);
                let route = route.name();
                report.violation(format!("{LOGINS} wrong logins with `{header}`, {route}: {tally}"));
            }
        }
        println!(
            "{:22} {:7} wrong logins evaluated, of {LOGINS} from one address, for {} kinds of header: {evaluated:?}",
            "unreadable headers",
            route.name(),
            HEADERS.len()
        );
    }
}

/// Wrong logins of one address, each for another email.
async fn wrong_logins(target: &Target, source: Ipv4Addr, number: u16, headers: &[&[u8]]) -> Tally {
    let clients = (0..AT_ONCE).map(async |client| {
        let mut tally = Tally::default();
        let mut open = None;
        for round in 0..LOGINS / AT_ONCE {
            let email = format!("stranger-{number}-{client}-{round}@example.com");
            let login = post("login", headers, &json!({ "email": email, "password": WRONG_PASSWORD }));
            open = tally.exchange(open, source, target.address, &login).await;
        }
        tally
    });
    let mut all = Tally::default();
    for tally in join_all(clients).await {
        all.add(tally);
    }
    all
}
