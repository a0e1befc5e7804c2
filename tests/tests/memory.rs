//! Memory stays bounded under simultaneous logins.
#![cfg(target_os = "linux")]

use std::fs;

use auth_e2e::{ALICE, Installation, PASSWORD, Server};
use futures_util::future::join_all;

const PERMITS: u64 = 2;
const MEMORY_COST_KIB: u64 = 19_456;
const SLACK_KIB: u64 = 64 * 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn memory_of_64_parallel_logins_is_bounded_by_the_permits() {
    let installation = Installation::new().set("LOGIN_LIMIT__MAX_FAILURES", "1000000");
    let installation = installation.set("PASSWORD__CONCURRENCY", &PERMITS.to_string());
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let idle = kib(&server, "VmRSS");
    for _ in 0..6 {
        let calls = (0..64).map(|_| {
            let api = server.api();
            tokio::spawn(async move { api.login(ALICE, PASSWORD).await.status })
        });
        let statuses: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
        assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&200));
    }
    let (peak, bound) = (kib(&server, "VmHWM"), idle + PERMITS * MEMORY_COST_KIB + SLACK_KIB);
    assert!(peak <= bound, "peak {peak} KiB, idle {idle} KiB, bound {bound} KiB");
}

#[expect(clippy::unwrap_used, reason = "the kernel writes this file in this form")]
fn kib(server: &Server, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}
