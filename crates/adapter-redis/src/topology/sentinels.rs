//! Discovery of the primary through sentinels.

use std::time::{Duration, Instant};

use auth_domain::ports::{PortError, PortErrorKind};
use redis::{ConnectionAddr, Pipeline, RedisConnectionInfo, Value};

use super::choice::{Choice, SentinelView, choose};
use super::links::{Answer, Asking, Links};
use crate::address::SentinelForm;
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::replies::{exactly, read, success};

/// How long sentinels that are slower than a majority may take.
const GRACE: Duration = Duration::from_millis(300);
/// How long a majority has to agree on an older view until it is followed: sentinels announce a failover to each other every two
/// seconds.
const DISPUTE: Duration = Duration::from_secs(5);
const UNKNOWN_NAME: &str = "REDIS__URL: the sentinels know no primary of this name; write the name from `sentinel monitor` as the path";

/// What each sentinel answered last.
pub(crate) type SentinelAnswers = Vec<(ConnectionAddr, Result<SentinelView, PortError>)>;

/// The sentinels, as this process knows them.
#[derive(Default)]
pub(super) struct Sentinels {
    links: Links,
    followed: Option<SentinelView>,
    /// The older view that a majority agrees on, and since when.
    disputed: Option<(SentinelView, Instant)>,
    /// The newer view that was followed until a majority overruled it.
    overruled: Option<SentinelView>,
}

impl Sentinels {
    /// Asks all sentinels at the same time.
    pub(super) async fn ask(&mut self, form: &SentinelForm, asking: Asking<'_>) -> SentinelAnswers {
        let mut commands = Pipeline::new();
        commands.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(&form.primary);
        commands.cmd("SENTINEL").arg("MASTER").arg(&form.primary);
        let enough = (form.sentinels.len() / 2 + 1, GRACE);
        let user: Option<&RedisConnectionInfo> = Some(&form.user);
        let answers = self.links.ask(&form.sentinels, &commands, user, enough, asking).await;
        answers.into_iter().map(view).collect()
    }

    /// Returns the primary to follow.
    ///
    /// # Errors
    /// If no sentinel names one.
    pub(super) fn follow(
        &mut self,
        form: &SentinelForm,
        answers: &SentinelAnswers,
        now: Instant,
    ) -> StoreResult<SentinelView> {
        let views: Vec<_> = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).collect();
        let followed = self.followed.clone();
        let choice = choose(&views, form.sentinels.len(), followed.as_ref(), self.overruled.as_ref());
        let (view, disputed) = match choice {
            None => return Err(StoreError::NotExecuted(no_view(answers))),
            Some(Choice::Follow(view)) => (Some(view.clone()), None),
            Some(Choice::Disputed(view)) => {
                let before = self.disputed.take().filter(|(other, _)| other == view);
                let (_, since) = before.unwrap_or_else(|| (view.clone(), now));
                let is_over = now.saturating_duration_since(since) >= DISPUTE;
                if is_over {
                    self.overruled.clone_from(&followed);
                }
                (is_over.then(|| view.clone()), Some((view.clone(), since)))
            }
        };
        self.disputed = disputed;
        self.followed = view.or_else(|| self.followed.take());
        self.overruled.take_if(|overruled| Some(&*overruled) == self.followed.as_ref());
        self.followed.clone().ok_or_else(|| StoreError::NotExecuted(no_view(answers)))
    }
}

/// Returns why no sentinel names a primary: a wrong setting, if there is one.
fn no_view(answers: &SentinelAnswers) -> PortError {
    let mut errors = answers.iter().filter_map(|(_, answer)| answer.as_ref().err());
    let misconfigured = errors.clone().find(|error| error.kind() == PortErrorKind::Misconfigured);
    let error = misconfigured.or_else(|| errors.next()).cloned();
    error.unwrap_or_else(|| PortError::unavailable("no sentinel answers"))
}

fn view((address, answer): Answer) -> (ConnectionAddr, Result<SentinelView, PortError>) {
    let view = answer.and_then(|replies| {
        let [primary, details] = exactly(replies)?;
        let primary: Option<(String, u16)> = read(success(primary)?)?;
        let unknown = || StoreError::NotExecuted(PortError::misconfigured(UNKNOWN_NAME));
        let (host, port) = primary.ok_or_else(unknown)?;
        Ok(SentinelView { epoch: epoch(success(details)?)?, host, port })
    });
    (address, view.map_err(PortError::from))
}

/// Reads the epoch of the configuration.
fn epoch(details: Value) -> StoreResult<u64> {
    let fields: Vec<(String, String)> = read(details)?;
    let epoch =
        fields.iter().find(|(name, _)| name == "config-epoch").and_then(|(_, epoch)| epoch.parse().ok());
    epoch.ok_or_else(|| StoreError::NotExecuted(unexpected_reply("a sentinel names no configuration epoch")))
}
