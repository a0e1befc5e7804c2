//! Discovery of the primaries of a cluster through its nodes.

use std::ops::RangeInclusive;
use std::time::Duration;

use auth_domain::ports::{PortError, PortErrorKind};
use redis::{ConnectionAddr, Pipeline, Value};

use super::links::{Answer, Asking, Links};
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::replies::{exactly, read, success};
use crate::slot::SLOTS;

/// How many nodes are asked at the same time.
const ASKED: usize = 3;
/// How long the other nodes may take after one has answered.
const GRACE: Duration = Duration::from_millis(200);

/// A view of the cluster by one of its nodes.
pub(super) struct ClusterView {
    pub(super) epoch: u64,
    /// Slots, and the host and port of their primary.
    pub(super) ranges: Vec<(RangeInclusive<u16>, (String, u16))>,
}

/// The nodes that are asked.
#[derive(Default)]
pub(super) struct ClusterNodes {
    links: Links,
    turn: usize,
}

impl ClusterNodes {
    /// Asks some of the primaries and of the nodes of the URL. Returns the newest view of those that
    /// report `cluster_state:ok`.
    ///
    /// # Errors
    /// If no node answers, or none reports it.
    pub(super) async fn ask(
        &mut self,
        seeds: &[ConnectionAddr],
        primaries: Vec<ConnectionAddr>,
        asking: Asking<'_>,
    ) -> StoreResult<ClusterView> {
        let mut asked = primaries;
        asked.extend(seeds.iter().filter(|seed| !asked.contains(seed)).cloned().collect::<Vec<_>>());
        let count = asked.len();
        asked.rotate_left(self.turn % count.max(1));
        let (mut newest, mut error): (Option<ClusterView>, Option<PortError>) = (None, None);
        for some in asked.chunks(ASKED) {
            for (address, answer) in self.ask_some(some, asking).await {
                match view(&address, answer) {
                    Ok(view) if newest.as_ref().is_none_or(|newest| newest.epoch < view.epoch) => {
                        newest = Some(view);
                    }
                    Ok(_) => {}
                    Err(other) => error = Some(worse(error, other.into())),
                }
            }
            if newest.is_some() || asking.clock.instant() >= asking.until {
                break;
            }
        }
        if newest.is_none() {
            // The next round begins with others.
            self.turn = self.turn.wrapping_add(ASKED);
        }
        let error = || error.unwrap_or_else(|| PortError::unavailable("no node of the cluster answers"));
        newest.ok_or_else(|| StoreError::NotExecuted(error()))
    }

    async fn ask_some(&mut self, nodes: &[ConnectionAddr], asking: Asking<'_>) -> Vec<Answer> {
        let mut commands = Pipeline::new();
        commands.cmd("CLUSTER").arg("INFO");
        commands.cmd("CLUSTER").arg("SLOTS");
        self.links.ask(nodes, &commands, None, (1, GRACE), asking).await
    }
}

/// An administrator has to correct a misconfiguration, so it is the error to report.
fn worse(error: Option<PortError>, other: PortError) -> PortError {
    error.filter(|error| error.kind() == PortErrorKind::Misconfigured).unwrap_or(other)
}

fn view(asked: &ConnectionAddr, answer: StoreResult<Vec<Value>>) -> StoreResult<ClusterView> {
    let [info, slots] = exactly(answer?)?;
    let info: String = read(success(info)?)?;
    let field =
        |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
    let epoch = field("cluster_current_epoch").and_then(|epoch| epoch.parse().ok());
    let epoch =
        epoch.ok_or_else(|| StoreError::NotExecuted(unexpected_reply("CLUSTER INFO names no epoch")))?;
    if field("cluster_state") != Some("ok") {
        return Err(StoreError::NotExecuted(PortError::unavailable("the cluster is down (cluster_state)")));
    }
    let slots: Vec<Vec<Value>> = read(success(slots)?)?;
    let ranges = slots.into_iter().filter_map(|range| self::range(asked, range).transpose());
    Ok(ClusterView { epoch, ranges: ranges.collect::<StoreResult<_>>()? })
}

type Range = (RangeInclusive<u16>, (String, u16));

/// Reads the first slot, the last slot and the primary of a range. `None` if the node does not know the name of the primary.
fn range(asked: &ConnectionAddr, range: Vec<Value>) -> StoreResult<Option<Range>> {
    let mut parts = range.into_iter();
    let mut next = || parts.next().unwrap_or(Value::Nil);
    let (first, last): (u16, u16) = (read(next())?, read(next())?);
    let Value::Array(primary) = next() else { return Ok(None) };
    let mut primary = primary.into_iter();
    let host: Option<String> = read(primary.next().unwrap_or(Value::Nil))?;
    let port: u16 = read(primary.next().unwrap_or(Value::Nil))?;
    let host = match (host.as_deref(), asked) {
        // The node that was asked, under the name by which it was reached.
        (None | Some(""), ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. }) => {
            Some(host.clone())
        }
        (None | Some("" | "?"), _) => None,
        (Some(host), _) => Some(host.to_owned()),
    };
    Ok(host.filter(|_| first <= last && last < SLOTS).map(|host| (first..=last, (host, port))))
}
