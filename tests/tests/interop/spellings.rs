//! Spellings of the endpoints, through the proxies of the documents.

use auth_e2e::{ALICE, Api, PASSWORD};
use serde_json::json;

use crate::proxies::{Forwarding, Front, Kind};

#[tokio::test]
#[ignore = "needs HAProxy and Caddy, which `just interop` installs"]
async fn every_documented_proxy_sends_every_spelling_to_the_service() {
    for kind in [Kind::Nginx, Kind::Haproxy, Kind::Caddy] {
        let front = Front::start(kind, Forwarding::Replacing).await;
        let client = front.proxy.client("127.0.0.1");
        for [login, refresh, logout] in spellings() {
            let body = json!({ "EMAIL": ALICE, "Password": PASSWORD });
            let first = client.post(&login, &body).await.tokens();
            let second = client.post(&refresh, &json!({ "RefreshToken": first.refresh })).await.tokens();
            let caller = client.with_header("authorization", &format!("Bearer {}", second.access));
            let reply = caller.post(&logout, &json!({ "REFRESHTOKEN": second.refresh })).await;
            assert_eq!(reply.status, 204, "{kind:?} {logout}: {}", reply.text());
        }
    }
}

/// Returns the three paths, once per spelling.
fn spellings() -> impl Iterator<Item = [String; 3]> {
    let [login, refresh, logout] = Api::ENDPOINTS.map(Api::spellings);
    login.into_iter().zip(refresh).zip(logout).map(|((login, refresh), logout)| [login, refresh, logout])
}
