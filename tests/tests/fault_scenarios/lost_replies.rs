//! The replies of Redis to rotations are lost after Redis has executed them.

use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{ALICE, Installation, Reply, Server, Stores, Tokens, rounds};
use auth_testkit::servers::Proxy;
use futures_util::future::join_all;

/// Refreshes that lose their replies at the same time. Each takes the five seconds of a request.
const BATCH: usize = 50;

/// What makes a repeat safe.
#[derive(Clone, Copy, Debug)]
enum Repeat {
    Key,
    Share,
    Nothing,
}

impl Repeat {
    fn fault(self) -> Fault {
        match self {
            Self::Key => Fault::RepliesLostWithKey,
            Self::Share => Fault::RepliesLostWithShare,
            Self::Nothing => Fault::RepliesLostPlain,
        }
    }

    async fn refresh(self, server: &Server, number: usize, tokens: &Tokens) -> Reply {
        match self {
            Self::Key => server.refresh_with_key(&tokens.refresh, &format!("key-{number}")).await,
            Self::Share | Self::Nothing => server.refresh(&tokens.refresh).await,
        }
    }

    /// Checks the answer to a repeat after the fault.
    async fn check(self, server: &Server, number: usize, tokens: &Tokens) {
        let repeated = self.refresh(server, number, tokens).await;
        match self {
            Self::Key | Self::Share => drop(server.refresh(&repeated.tokens().refresh).await.tokens()),
            Self::Nothing => {
                repeated.expect_error(401, "invalid_refresh_token");
                assert_eq!(repeated.reason().as_deref(), Some("already_used"));
                assert_eq!(server.me(&tokens.access).await.status, 200, "the session has ended");
            }
        }
    }
}

async fn start(repeat: Repeat) -> (Server, Proxy) {
    let owner = Installation::on(Stores::servers()).without_refresh_limits().with_user(ALICE).await;
    let proxy = Proxy::start(owner.servers().redis.port()).await;
    let url = format!("{}/{}", proxy.url(), owner.servers().redis_database());
    let shares = if matches!(repeat, Repeat::Share) { "share" } else { "reject" };
    let installation = owner.set("REDIS__URL", &url).set("TOKENS__CONCURRENT_REFRESH", shares);
    (Server::start_on(installation).await, proxy)
}

/// Loses the replies to `count` rotations, and repeats the refreshes within the grace period.
async fn lose(repeat: Repeat, count: usize) {
    let (server, proxy) = start(repeat).await;
    for _ in 0..count.div_ceil(BATCH) {
        let mut sessions = Vec::new();
        for _ in 0..BATCH {
            sessions.push(server.log_in(ALICE).await);
        }
        proxy.lose_replies_to(Some("auth:session:{"));
        let refreshes = sessions.iter().enumerate();
        let refreshes = refreshes.map(|(number, tokens)| repeat.refresh(&server, number, tokens));
        for reply in join_all(refreshes).await {
            let message = reply.expect_error(503, "service_unavailable");
            assert!(message.contains("unknown"), "{repeat:?}: {message}");
        }
        proxy.lose_replies_to(None);
        let checks = sessions.iter().enumerate();
        join_all(checks.map(|(number, tokens)| repeat.check(&server, number, tokens))).await;
    }
    let what = match repeat {
        Repeat::Key | Repeat::Share => "clients with their successor",
        Repeat::Nothing => "sessions that went on",
    };
    Figures::of(repeat.fault()).share(what, count, count).record();
}

// S-50, S-52
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_a_rotation_ends_no_session_and_can_be_repeated() {
    let count = rounds(1_000);
    let kinds = [Repeat::Key, Repeat::Share, Repeat::Nothing];
    let tests = kinds.map(|repeat| tokio::spawn(lose(repeat, count)));
    for test in join_all(tests).await {
        test.unwrap();
    }
}
