//! The primaries of all keys, and how this process finds them.

mod choice;
mod cluster;
mod discovery;
mod isolation;
mod links;
mod sentinels;
mod slot_map;
mod view;
mod watcher;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use auth_domain::ports::{Clock, PortError};
use futures_util::future::join;
use redis::Pipeline;
use tokio::runtime::Handle;
use tokio::time::timeout_at;

use self::discovery::{Discovery, Found, interval};
use self::isolation::Isolation;
use self::links::{Answer, Asking, Links};
use self::sentinels::SentinelAnswers;
use self::view::View;
use self::watcher::Watcher;
use crate::address::Form;
use crate::connection::{Node, Server, Sets};
use crate::connector::{Connector, Target};
use crate::error::{ConfigError, StoreError, StoreResult};

pub(crate) use self::view::Destination;

/// How long one discovery may take.
const ROUND_TIMEOUT: Duration = Duration::from_secs(1);

/// The primaries. One code path for each form: one server is a node with all slots, Sentinel one that is replaced on failover.
pub(crate) struct Topology {
    pub(crate) connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether keys are in slots. No other configuration changes it.
    is_cluster: bool,
    sets: Sets,
    view: ArcSwap<View>,
    /// Held while the view is replaced.
    replacing: Mutex<()>,
    /// Held during a discovery, so that concurrent callers share it.
    round: tokio::sync::Mutex<Rounds>,
    answers: ArcSwap<SentinelAnswers>,
    pub(crate) isolation: Isolation,
    watcher: Watcher,
}

#[derive(Default)]
struct Rounds {
    discovery: Discovery,
    /// To the primary, while most sentinels are silent.
    to_primary: Links,
    /// When the last one started, and its outcome.
    last: Option<(Instant, Result<(), PortError>)>,
}

impl Topology {
    pub(crate) fn new(connector: Connector, clock: Arc<dyn Clock>, sets: Sets) -> Self {
        let topology = Self {
            is_cluster: connector.target().form().is_cluster(),
            connector: Arc::new(connector),
            clock,
            sets,
            view: ArcSwap::from_pointee(View::unknown()),
            replacing: Mutex::default(),
            round: tokio::sync::Mutex::default(),
            answers: ArcSwap::default(),
            isolation: Isolation::default(),
            watcher: Watcher::default(),
        };
        topology.reset();
        topology
    }

    /// Forgets the primaries, because other servers or another user are configured.
    pub(crate) fn reset(&self) {
        let view = match self.connector.target().form() {
            Form::Single(address) => View::single(Node::new(Server::configured(address.clone()), &self.sets)),
            Form::Sentinel(_) | Form::Cluster(_) => View::unknown(),
        };
        self.answers.store(Arc::default());
        self.replace(|_| (view, ()));
    }

    /// Returns the node for a command; `None` if no primary is known for it.
    pub(crate) fn node(&self, destination: Destination<'_>) -> Option<Arc<Node>> {
        self.view.load().node(destination).map(Arc::clone)
    }

    /// Where the connections of the process set are opened; `None`: on the runtime of the caller.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        self.sets.runtime.clone()
    }

    pub(crate) fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Returns what each sentinel answered last.
    pub(crate) fn answers(&self) -> Arc<SentinelAnswers> {
        self.answers.load_full()
    }

    pub(crate) const fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// Looks for the primaries. Concurrent callers share a round that began after they asked.
    ///
    /// # Errors
    /// If no sentinel, or no node of the cluster, names the primaries.
    pub(crate) async fn refresh(&self, deadline: Instant) -> StoreResult<()> {
        let asked = self.clock.instant();
        if interval(self.connector.target().form()).is_none() {
            return Ok(());
        }
        let is_known = || !self.view.load().nodes().is_empty();
        let was_known = is_known();
        let Ok(mut rounds) = timeout_at(deadline.into(), self.round.lock()).await else {
            return Err(StoreError::deadline_passed());
        };
        // For the first contact, a round that began before is good enough.
        if !was_known && is_known() {
            return Ok(());
        }
        if let Some((_, outcome)) = rounds.last.as_ref().filter(|(started, _)| *started >= asked) {
            return outcome.clone().map_err(StoreError::NotExecuted);
        }
        // Not before: others may have been configured during the round of another caller.
        let (started, target) = (self.clock.instant(), self.connector.target());
        let until = deadline.min(started + ROUND_TIMEOUT);
        let primaries = self.view.load().nodes().iter().map(|node| node.server().address().clone()).collect();
        let asking = Asking { connector: &self.connector, clock: &*self.clock, until };
        let server = self.view.load().nodes().first().map(|node| Arc::clone(node.server()));
        let Rounds { discovery, to_primary, .. } = &mut *rounds;
        let asked = self.isolation.ask_primary(server.as_deref(), to_primary, asking);
        let (found, ()) = join(discovery.find(&target, primaries, asking), asked).await;
        let found = found.map_err(PortError::from);
        self.answers.store(Arc::new(rounds.discovery.answers.clone()));
        let replication = server.and_then(|server| server.replication());
        self.isolation.note(target.form(), &rounds.discovery.answers, replication.as_deref(), started);
        let outcome = found.map(|found| found.into_iter().for_each(|found| self.adopt(found, &target)));
        // A round that was cut short by the deadline of its caller is no outcome for others.
        rounds.last = (outcome.is_ok() || until < deadline).then(|| (started, outcome.clone()));
        outcome.map_err(StoreError::NotExecuted)
    }

    /// Asks the sentinels, or the nodes of the cluster, that the URL names, over connections of their own.
    pub(crate) async fn ask_configured(&self, commands: &Pipeline, deadline: Instant) -> Vec<Answer> {
        let target = self.connector.target();
        let user = match target.form() {
            Form::Sentinel(form) => Some(&form.user),
            Form::Single(_) | Form::Cluster(_) => None,
        };
        let addresses = target.form().addresses();
        let until = deadline.min(self.clock.instant() + ROUND_TIMEOUT);
        let asking = Asking { connector: &self.connector, clock: &*self.clock, until };
        let all = (addresses.len(), Duration::ZERO);
        Links::default().ask(addresses, commands, user, all, asking).await
    }

    fn adopt(&self, found: Found, target: &Arc<Target>) {
        let (now, instant) = (self.clock.now(), self.clock.instant());
        self.replace(|former| {
            // If the configuration was replaced meanwhile, these are not its servers.
            if !Arc::ptr_eq(target, &self.connector.target()) {
                return (former.clone(), ());
            }
            let view =
                former.of_found(found, instant, |address| Node::new(Server::discovered(address), &self.sets));
            view.note_promotions(former, now);
            (view, ())
        });
    }

    /// Returns the node that a redirection names, and remembers that it has the slot now, or that it imports one.
    ///
    /// # Errors
    /// [`ConfigError`] if it must not be connected to.
    pub(crate) fn redirected(
        &self,
        host: String,
        port: u16,
        moved: Option<u16>,
    ) -> Result<Arc<Node>, ConfigError> {
        let address = self.connector.target().discovered(host, port)?;
        let now = self.clock.instant();
        Ok(self.replace(|former| {
            let new = || Arc::new(Node::new(Server::discovered(address.clone()), &self.sets));
            let node = former.at(&address).map_or_else(new, Arc::clone);
            let view = match moved {
                Some(slot) => former.moved(slot, Arc::clone(&node)),
                None => former.asked(Arc::clone(&node), now),
            };
            (view, node)
        }))
    }

    /// Replaces the view, and returns what `view` returns with it. Connections to nodes that are not in it any more are discarded.
    fn replace<T>(&self, view: impl FnOnce(&View) -> (View, T)) -> T {
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let former = self.view.load_full();
        let (view, result) = view(&former);
        let view = Arc::new(view);
        self.view.store(Arc::clone(&view));
        former.retire_all_but(&view);
        result
    }

    /// Starts the task that looks for the primaries, if this form needs one and it does not run.
    pub(crate) fn ensure_watched(self: &Arc<Self>) {
        let Some(interval) = interval(self.connector.target().form()) else { return };
        let topology = Arc::downgrade(self);
        self.watcher.ensure_running(self.sets.runtime.as_ref(), &self.clock, interval, move || {
            let topology = topology.upgrade()?;
            Some(Box::pin(async move {
                // Callers that need a primary report the error.
                let _ = topology.refresh(topology.clock.instant() + 2 * ROUND_TIMEOUT).await;
            }))
        });
    }

    /// Looks for the primaries now: a call has failed.
    pub(crate) fn notify(&self) {
        self.watcher.notify();
    }
}
