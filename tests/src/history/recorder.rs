//! A client of several instances that records its calls.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::call::{Answer, Call, Digest, Issued, Operation};
use crate::clock::{Stalls, Stopwatch};
use crate::{Api, PASSWORD, Reply, Tokens, jwt, send};

/// Longer than any request may take.
const TIMEOUT: Duration = Duration::from_secs(12);

/// Makes calls to instances of one installation, and records them.
#[derive(Debug)]
pub struct Recorder {
    instances: Vec<Api>,
    watch: Stopwatch,
    stalls: Stalls,
    sessions: AtomicUsize,
    requests: AtomicUsize,
    calls: Mutex<Vec<Call>>,
    closed: Mutex<BTreeSet<usize>>,
}

/// An answer, with its tokens if it has any.
#[derive(Clone, Debug)]
pub struct Received {
    /// As it was recorded.
    pub answer: Answer,
    /// The tokens themselves.
    pub tokens: Option<Tokens>,
}

impl Recorder {
    /// Returns a recorder of calls to these instances.
    pub fn new(instances: impl IntoIterator<Item = Api>) -> Self {
        let instances = instances.into_iter().map(|api| api.keeping_connections()).collect();
        Self {
            instances,
            watch: Stopwatch::start(),
            stalls: Stalls::watch(),
            sessions: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            calls: Mutex::default(),
            closed: Mutex::default(),
        }
    }

    /// Returns the number of instances.
    pub fn instances(&self) -> usize {
        self.instances.len()
    }

    /// Returns the time since the start of the recording.
    pub fn now(&self) -> Duration {
        self.watch.elapsed()
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the number of rotations and logouts that succeeded.
    pub fn acknowledged_writes(&self) -> usize {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|call| call.is_acknowledged_write()).count()
    }

    /// Notes that a session gets no more calls.
    pub fn close(&self, session: usize) {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).insert(session);
    }

    /// Removes the calls of closed sessions from the recording, and returns them: an hour of calls would need much memory.
    pub fn take_closed(&self) -> Vec<Call> {
        let closed = mem::take(&mut *self.closed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let (taken, kept) =
            mem::take(&mut *calls).into_iter().partition(|call| closed.contains(&call.session));
        *calls = kept;
        taken
    }

    /// Returns how long after `from` a write began that was not answered or a 503, and all later ones of the recording succeeded; zero if
    /// there is none.
    pub fn writes_failed_until(&self, from: Duration) -> Duration {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = calls.iter().filter(|call| call.start >= from && call.is_write() && call.is_open());
        failed.map(|call| call.start.saturating_sub(from)).max().unwrap_or_default()
    }

    /// Logs in with [`PASSWORD`], as the first call of a new session; returns the number of the session.
    pub async fn login(&self, instance: usize, user: &str) -> (usize, Received) {
        let session = self.sessions.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "email": user, "password": PASSWORD });
        let request = self.post(instance, Api::ENDPOINTS[0], &body);
        (session, self.call(session, user, instance, Operation::Login, request).await)
    }

    /// Refreshes.
    pub async fn refresh(
        &self,
        session: (usize, &str),
        instance: usize,
        token: &str,
        key: Option<&str>,
    ) -> Received {
        let operation = Operation::Refresh { token: digest(token), key: key.map(digest) };
        let request = self.post(instance, Api::ENDPOINTS[1], &json!({ "refreshToken": token }));
        let request = key.iter().fold(request, |request, key| request.header("idempotency-key", *key));
        self.call(session.0, session.1, instance, operation, request).await
    }

    /// Verifies an access token.
    pub async fn verify(&self, session: (usize, &str), instance: usize, access: &str) -> Received {
        let request = self.instances[instance].request(Method::GET, Api::VERIFY).bearer_auth(access);
        let operation = Operation::Verify { access: digest(access) };
        self.call(session.0, session.1, instance, operation, request).await
    }

    /// Logs out.
    pub async fn logout(&self, session: (usize, &str), instance: usize, tokens: &Tokens) -> Received {
        let operation = Operation::Logout { access: digest(&tokens.access), token: digest(&tokens.refresh) };
        let body = json!({ "refreshToken": tokens.refresh });
        let request = self.post(instance, Api::ENDPOINTS[2], &body).bearer_auth(&tokens.access);
        self.call(session.0, session.1, instance, operation, request).await
    }

    fn post(&self, instance: usize, path: &str, body: &Value) -> RequestBuilder {
        self.instances[instance].request(Method::POST, path).json(body)
    }

    async fn call(
        &self,
        session: usize,
        user: &str,
        instance: usize,
        operation: Operation,
        request: RequestBuilder,
    ) -> Received {
        let id = format!("history-{}", self.requests.fetch_add(1, Ordering::Relaxed));
        let (start, stalled) = (self.now(), self.stalls.total());
        let reply = send(request.header("x-request-id", &id).timeout(TIMEOUT)).await.ok();
        let (end, stalled) = (self.now(), self.stalls.total().saturating_sub(stalled));
        let received =
            reply.map_or(Received { answer: Answer::Lost, tokens: None }, |reply| read(&reply, &id));
        let answer = received.answer.clone();
        let (request, user) = (id, digest(user));
        let call = Call { session, request, user, instance, operation, start, end, stalled, answer };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        received
    }
}

fn read(reply: &Reply, id: &str) -> Received {
    let has_id = reply.header("x-request-id") == Some(id);
    let tokens = (reply.status == 200 && has_id).then(|| reply.tokens());
    let answer = match (&tokens, reply.status) {
        (Some(tokens), _) => Answer::Tokens(issued(tokens)),
        (None, 204) if has_id => Answer::Done,
        (None, 401 | 503) if has_id => error(reply),
        (None, 429) if has_id => Answer::Limited,
        (None, _) => Answer::Wrong(reply.text()),
    };
    Received { answer, tokens }
}

fn error(reply: &Reply) -> Answer {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let has_retry_after = reply.header("retry-after").is_some_and(|value| value.parse::<u32>().is_ok());
    match (reply.status, text("error"), text("message")) {
        (401, Some(code), Some(_)) => Answer::Rejected { code, reason: text("reason") },
        (503, Some(_), Some(message)) if has_retry_after => {
            Answer::Unavailable { is_unknown: message.contains("unknown") }
        }
        _ => Answer::Wrong(reply.text()),
    }
}

fn issued(tokens: &Tokens) -> Issued {
    let claims = jwt::claims(&tokens.access);
    let claim = |name: &str| digest(claims[name].as_str().unwrap_or_default());
    Issued {
        access: digest(&tokens.access),
        refresh: digest(&tokens.refresh),
        subject: claim("sub"),
        session: claim("sid"),
    }
}

/// Returns a digest of a text.
fn digest(text: &str) -> Digest {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
