//! How the primaries are found.

use std::sync::Arc;
use std::time::Duration;

use redis::ConnectionAddr;

use super::cluster::{ClusterNodes, ClusterView};
use super::links::Asking;
use super::sentinels::{SentinelAnswers, Sentinels};
use super::slot_map::SlotMap;
use crate::address::Form;
use crate::connector::Target;
use crate::error::StoreResult;

/// What was asked before, and over which connections.
#[derive(Default)]
pub(super) struct Discovery {
    sentinels: Sentinels,
    nodes: ClusterNodes,
    /// What each sentinel answered last.
    pub(super) answers: SentinelAnswers,
    /// The configuration of the last discovery.
    target: Option<Arc<Target>>,
}

/// The primaries that were found.
pub(super) struct Found {
    pub(super) epoch: u64,
    pub(super) primaries: Vec<ConnectionAddr>,
    /// `None` if one primary has all keys.
    pub(super) slots: Option<SlotMap>,
}

impl Discovery {
    /// Asks sentinels or nodes. `None` for one server, which needs no discovery.
    pub(super) async fn find(
        &mut self,
        target: &Arc<Target>,
        primaries: Vec<ConnectionAddr>,
        asking: Asking<'_>,
    ) -> StoreResult<Option<Found>> {
        self.begin_anew_if_others_are_configured(target);
        match target.form() {
            Form::Single(_) => Ok(None),
            Form::Sentinel(form) => {
                self.answers = self.sentinels.ask(form, asking).await;
                let view = self.sentinels.follow(form, &self.answers, asking.clock.instant())?;
                let primary = target.discovered(view.host, view.port)?;
                Ok(Some(Found { epoch: view.epoch, primaries: vec![primary], slots: None }))
            }
            Form::Cluster(seeds) => found(target, self.nodes.ask(seeds, primaries, asking).await?).map(Some),
        }
    }

    /// Epochs and views of other sentinels, or of another primary, say nothing about these.
    fn begin_anew_if_others_are_configured(&mut self, target: &Arc<Target>) {
        if !self.target.as_ref().is_some_and(|former| former.form().is_same(target.form())) {
            *self = Self::default();
        }
        self.target = Some(Arc::clone(target));
    }
}

/// Returns how often primaries are looked for; `None` for one server.
pub(super) const fn interval(form: &Form) -> Option<Duration> {
    match form {
        Form::Single(_) => None,
        Form::Sentinel(_) => Some(Duration::from_millis(500)),
        Form::Cluster(_) => Some(Duration::from_secs(1)),
    }
}

fn found(target: &Target, view: ClusterView) -> StoreResult<Found> {
    let (mut primaries, mut slots) = (Vec::new(), SlotMap::new());
    for (range, (host, port)) in view.ranges {
        let address = target.discovered(host, port)?;
        let known = primaries.iter().position(|known| *known == address);
        slots.assign(range, known.unwrap_or(primaries.len()));
        if known.is_none() {
            primaries.push(address);
        }
    }
    Ok(Found { epoch: view.epoch, primaries, slots: Some(slots) })
}
