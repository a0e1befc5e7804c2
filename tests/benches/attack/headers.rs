//! Long address headers: a proxy passes on what its client wrote, and appends the client's address.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::json;

use crate::besiege::{DEFAULT_HASHING_MIB, Siege};
use crate::client::post;
use crate::flood::Flood;
use crate::report::Report;
use crate::target::{Route, Target, attacker_address};

const TIME: Duration = Duration::from_secs(6);
const ATTACKERS: u16 = 16;
const PACE: Duration = Duration::from_millis(50);
/// Characters that a parser of lists and quoted strings might scan more than once.
const PATTERNS: [&str; 5] = ["\\", "\"", ",", "\"\\", "for=\"\\\","];
/// Header sizes: one that exceeds the limit of a head, and one that is still read. nginx reads fields of up to 8 KiB.
const DIRECT: [usize; 2] = [120_000, 30_000];
const BEHIND_NGINX: [usize; 2] = [120_000, 7_500];

pub(crate) async fn attack(report: &mut Report) {
    for (route, header, setting) in [
        (Route::Direct, "X-Forwarded-For", "x-forwarded-for"),
        (Route::Direct, "Forwarded", "forwarded"),
        (Route::Nginx, "X-Forwarded-For", "x-forwarded-for"),
    ] {
        let target = Target::start(route, &[("HTTP__CLIENT_ADDRESS_HEADER", setting)]).await;
        let name = format!("long {header}");
        let siege = Siege {
            name: &name,
            route,
            target: &target,
            time: TIME,
            hashing_mib: DEFAULT_HASHING_MIB,
            headers: &[],
        };
        // Without nginx, the attackers send what a trusted proxy would pass on; with nginx, they connect from their own addresses.
        let (attackers, lengths) = match route {
            Route::Direct => (vec![Ipv4Addr::LOCALHOST; ATTACKERS.into()], DIRECT),
            Route::Nginx => ((0..ATTACKERS).map(attacker_address).collect(), BEHIND_NGINX),
        };
        let flood = Flood { target: target.address, attackers, pace: PACE };
        siege.run(report, flood, move |number, round| request(header, &lengths, number + round)).await;
    }
}

fn request(header: &str, lengths: &[usize; 2], number: usize) -> Vec<u8> {
    let pattern = PATTERNS[number / 2 % PATTERNS.len()];
    let value = pattern.repeat(lengths[number % 2] / pattern.len());
    let appended = match (header, number % 3) {
        (_, 0) => "",
        ("Forwarded", _) => ", for=127.2.0.1",
        _ => ", 127.2.0.1",
    };
    let line = format!("{header}: {value}{appended}");
    match number % 4 {
        0 => post(
            "login",
            &[line.as_bytes()],
            &json!({ "email": "stranger@example.com", "password": "wrong" }),
        ),
        1 => post("logout", &[line.as_bytes()], &json!({ "refreshToken": "none" })),
        _ => post("refresh", &[line.as_bytes()], &json!({ "refreshToken": "none" })),
    }
}
