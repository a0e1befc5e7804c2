//! Sessions with known tokens, for the requests of `wrk`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_adapter_redis::RecordFormat;
use auth_domain::model::{AccessClaims, Role, TenantId};
use auth_domain::ports::{AccessTokens, Clock};
use auth_testkit::{TestClock, TestSession, a_session};

use crate::stores::Stores;
use crate::users::{self, USERS};

/// Opens sessions in the stores of a service.
pub(crate) struct Sessions {
    stores: Stores,
    tenant: TenantId,
    tokens: JwtAccessTokens,
    next_user: u32,
    opened: usize,
    /// The format of their records, if they are in Redis.
    pub(crate) format: RecordFormat,
    /// How often each session is rotated after it was opened.
    pub(crate) rotations: usize,
}

impl Sessions {
    /// Sessions of the users in `stores`, whose access tokens are signed with `key`.
    pub(crate) async fn new(stores: &Stores, key: &str) -> Self {
        let tenant = stores.insert_users().await;
        let key = SigningKey::new(key.to_owned()).expect("a strong key");
        let tokens = JwtAccessTokens::new(JwtConfig::new(key)).expect("a valid configuration");
        Self {
            stores: stores.clone(),
            tenant,
            tokens,
            next_user: 0,
            opened: 0,
            format: RecordFormat::Packed,
            rotations: 0,
        }
    }

    /// Opens `count` sessions, of as many users as there are.
    pub(crate) async fn open(&mut self, count: usize) -> Vec<TestSession> {
        let now = TestClock::of_this_machine().now();
        let mut sessions: Vec<_> = (0..count)
            .map(|_| {
                self.next_user = self.next_user % USERS + 1;
                let mut session = a_session(users::id(self.next_user), now);
                session.opening.tenant_id = self.tenant;
                session
            })
            .collect();
        let openings: Vec<_> = sessions.iter().map(|session| session.opening.clone()).collect();
        self.stores.open(&openings, self.format).await;
        self.opened += count;
        for _ in 0..self.rotations {
            self.stores.rotate(&mut sessions, self.format).await;
        }
        sessions
    }

    /// Returns the number of sessions that were opened.
    pub(crate) fn opened(&self) -> usize {
        self.opened
    }

    /// Returns the first access token of a session.
    pub(crate) fn access_token(&self, session: &TestSession) -> String {
        let of = session.token.session();
        let digits = of.user_id.to_string();
        let number = digits.rsplit('-').next().and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let claims = AccessClaims {
            token_id: session.opening.access_token.id,
            user_id: of.user_id,
            tenant_id: self.tenant,
            email: users::email(number.expect("a user id of the benchmark")),
            role: Role::Admin,
            session_id: Some(of.session_id),
            issued_at: Some(
                session.opening.access_token.expires_at - auth_testkit::SESSION_POLICY.access_ttl,
            ),
            expires_at: session.opening.access_token.expires_at,
        };
        self.tokens.issue(&claims).expect("a signature").expose().to_owned()
    }

    /// Opens sessions, and writes a file for each thread of `wrk`: a line has a refresh token, and an access token if
    /// `with_access`. Returns the common part of their paths.
    pub(crate) async fn write(
        &mut self,
        folder: &Path,
        threads: usize,
        count: usize,
        with_access: bool,
    ) -> PathBuf {
        let sessions = self.open(count).await;
        let path = folder.join("tokens");
        for (number, part) in sessions.chunks(count.div_ceil(threads)).enumerate() {
            let mut text = String::new();
            for session in part {
                text.push_str(&session.token.expose());
                if with_access {
                    let _ = write!(text, " {}", self.access_token(session));
                }
                text.push('\n');
            }
            fs::write(format!("{}.{number}", path.display()), text).expect("a writable folder");
        }
        path
    }
}
