//! Very many callers who can log out, created without logins: with legacy access tokens and legacy refresh tokens.

use std::sync::atomic::{AtomicU64, Ordering};

use auth_e2e::{Installation, jwt};
use serde_json::json;

static CALLS: AtomicU64 = AtomicU64::new(0);

/// The tokens of one caller.
pub(crate) struct Bearer {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Creates the tokens of `count` callers.
pub(crate) fn bearers(installation: &Installation, count: usize) -> Vec<Bearer> {
    let key = installation.setting("JWT__KEY").as_bytes();
    let claims = jwt::good_claims();
    let holder = format!("{}|{}", text(&claims["sub"]), text(&claims["tenant_id"]));
    // Not from zero: when a service starts, it tries its commands on the legacy token of zeros, which a client never has.
    let issue = "for i = 1, ARGV[1] do redis.call('SET', 'auth:refresh:' .. string.format('%043d', i), ARGV[2], \
                 'EX', 604800) end return 'OK'";
    let issued = installation.servers().redis_cli(&["EVAL", issue, "0", &count.to_string(), &holder]);
    assert_eq!(issued, "OK");
    // Invalidations have no database number, so no two tests may share an id.
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let bearer = |number: usize| {
        let jti = json!(format!("{number:08x}-0000-4000-8000-{call:012x}"));
        Bearer {
            access: jwt::sign_hs256(&jwt::good_claims_but("jti", jti), key),
            refresh: format!("{number:043}"),
        }
    };
    (1..=count).map(bearer).collect()
}

fn text(claim: &serde_json::Value) -> &str {
    claim.as_str().unwrap_or_default()
}
