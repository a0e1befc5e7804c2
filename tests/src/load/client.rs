//! One client.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Tokens;
use crate::clock::pause;
use crate::history::{Answer, Received, Recorder};
use crate::randomness::{Randomness, unique};

/// The pause before a repeat: shorter than `Retry-After`, to notice early that writes succeed again.
const REPEAT: Duration = Duration::from_millis(200);
/// The repeats of a refresh that had no answer: more than ten seconds of them.
const REPEATS: usize = 60;
/// The ended sessions whose tokens a client goes on to present.
const ENDED: usize = 8;

/// A client with one session at a time.
#[derive(Debug)]
pub(super) struct Client {
    recorder: Arc<Recorder>,
    user: String,
    /// Whether it sends an `Idempotency-Key` with each refresh.
    has_keys: bool,
    shares: bool,
    session: Option<(usize, Tokens)>,
    ended: VecDeque<(usize, Tokens)>,
    randomness: Randomness,
}

impl Client {
    pub(super) fn new(recorder: Arc<Recorder>, user: String, number: usize, shares: bool) -> Self {
        let (session, ended, randomness) = (None, VecDeque::new(), Randomness::new());
        Self { recorder, user, has_keys: number.is_multiple_of(2), shares, session, ended, randomness }
    }

    /// Makes a call after each pause until the load is over. Then logs out, and presents the tokens of ended sessions once more.
    pub(super) async fn run(mut self, mean: Duration, is_over: Arc<AtomicBool>) {
        while !is_over.load(Ordering::Relaxed) {
            pause(self.randomness.time_below(mean * 2)).await;
            self.step().await;
        }
        if let Some((session, tokens)) = self.session.take() {
            self.log_out(session, tokens).await;
        }
        for (session, tokens) in std::mem::take(&mut self.ended) {
            self.present(session, &tokens).await;
        }
    }

    /// Makes one call, or a few that belong together.
    async fn step(&mut self) {
        let Some((session, tokens)) = self.session.clone() else { return self.log_in().await };
        match self.randomness.below(100) {
            0..50 => self.verify(session, &tokens).await,
            50..90 => self.refresh(session, &tokens.refresh).await,
            90..93 => self.refresh_twice(session, &tokens.refresh).await,
            93..96 => self.log_out(session, tokens).await,
            _ => self.present_ended().await,
        }
    }

    async fn log_in(&mut self) {
        let instance = self.instance();
        let (session, received) = self.recorder.login(instance, &self.user).await;
        self.go_on(session, received);
    }

    async fn verify(&mut self, session: usize, tokens: &Tokens) {
        let instance = self.instance();
        self.recorder.verify((session, &self.user), instance, &tokens.access).await;
    }

    /// Refreshes, and repeats the call until it has a definite answer.
    async fn refresh(&mut self, session: usize, token: &str) {
        let key = self.has_keys.then(|| unique("key"));
        for _ in 0..REPEATS {
            let instance = self.instance();
            let user = (session, self.user.as_str());
            let received = self.recorder.refresh(user, instance, token, key.as_deref()).await;
            match received.answer {
                Answer::Lost | Answer::Unavailable { .. } => pause(REPEAT).await,
                _ => return self.go_on(session, received),
            }
        }
        self.session = None;
        self.recorder.close(session);
    }

    /// Refreshes one token twice at the same time, as two tabs of a browser do.
    async fn refresh_twice(&mut self, session: usize, token: &str) {
        let (first, second) = (self.instance(), self.instance());
        let user = (session, self.user.as_str());
        let (here, there) = tokio::join!(
            self.recorder.refresh(user, first, token, None),
            self.recorder.refresh(user, second, token, None)
        );
        let received = if here.tokens.is_some() { here } else { there };
        match received.answer {
            // The other call may have had an answer that was lost.
            Answer::Lost | Answer::Unavailable { .. } if self.shares => self.refresh(session, token).await,
            _ => self.go_on(session, received),
        }
    }

    /// Goes on with the tokens of an answer. Without tokens, the session is lost.
    fn go_on(&mut self, session: usize, received: Received) {
        self.session = received.tokens.map(|tokens| (session, tokens));
        if self.session.is_none() {
            self.recorder.close(session);
        }
    }

    /// Logs out until the session has ended, and presents its tokens to each instance.
    async fn log_out(&mut self, session: usize, tokens: Tokens) {
        self.session = None;
        for _ in 0..REPEATS {
            let instance = self.instance();
            let received = self.recorder.logout((session, &self.user), instance, &tokens).await;
            match received.answer {
                Answer::Lost | Answer::Unavailable { .. } => pause(REPEAT).await,
                Answer::Done => {
                    self.bury(session, tokens).await;
                    return;
                }
                _ => break,
            }
        }
        self.recorder.close(session);
    }

    async fn bury(&mut self, session: usize, tokens: Tokens) {
        for instance in 0..self.recorder.instances() {
            self.recorder.verify((session, &self.user), instance, &tokens.access).await;
        }
        self.ended.push_back((session, tokens));
        if self.ended.len() > ENDED
            && let Some((session, _)) = self.ended.pop_front()
        {
            self.recorder.close(session);
        }
    }

    /// Presents the tokens of a session that has ended.
    async fn present_ended(&mut self) {
        let count = u64::try_from(self.ended.len()).unwrap_or_default();
        let number = usize::try_from(self.randomness.below(count.max(1))).unwrap_or_default();
        if let Some((session, tokens)) = self.ended.get(number).cloned() {
            self.present(session, &tokens).await;
        }
    }

    async fn present(&mut self, session: usize, tokens: &Tokens) {
        let (first, second) = (self.instance(), self.instance());
        self.recorder.verify((session, &self.user), first, &tokens.access).await;
        self.recorder.refresh((session, &self.user), second, &tokens.refresh, None).await;
    }

    fn instance(&mut self) -> usize {
        let count = u64::try_from(self.recorder.instances()).unwrap_or(1);
        usize::try_from(self.randomness.below(count)).unwrap_or_default()
    }
}
