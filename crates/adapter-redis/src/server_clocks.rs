//! The server clocks of all primaries.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::ports::PortError;
use futures_util::future::join_all;

use crate::clock::{ClockSample, MAX_SKEW, skew_text};
use crate::connection::{Connection, Node};
use crate::connections::Connections;
use crate::error::{StoreError, StoreResult};
use crate::topology::Destination;

impl Connections {
    /// Returns whether our clock agreed with the server clock when that was last read; `true` if no connection is open.
    pub(crate) fn clock_is_right(&self) -> bool {
        let connection = self.open_connection(Destination::Any);
        connection.is_none_or(|connection| connection.skew().saturating_abs() <= MAX_SKEW)
    }

    /// Checks our clock: a clock that is behind would accept tokens that have expired, and revoked ones whose entries are gone.
    /// If it seems to be wrong, the server clock is read: one of the two may have been corrected since.
    pub(crate) async fn expect_right_clock(&self, deadline: Instant) -> StoreResult<()> {
        if self.clock_is_right() {
            return Ok(());
        }
        let (connection, until) = self.acquire(Destination::Any, deadline).await?;
        self.discard_on_error(&connection, connection.sample_clock(until).await)
            .map_err(StoreError::of_read)?;
        let skew = connection.skew();
        if skew.saturating_abs() <= MAX_SKEW {
            return Ok(());
        }
        Err(StoreError::NotExecuted(PortError::unavailable(skew_text(skew))))
    }

    /// Reads the server clock on every connection, which updates the offset of their deadlines. Returns a sample of each primary.
    pub(crate) async fn sample_clocks(&self, deadline: Instant) -> StoreResult<Vec<ClockSample>> {
        let nodes = self.primaries(deadline).await?;
        let sampled = join_all(nodes.iter().map(|node| self.sample_clock_of(node, deadline))).await;
        let sampled = sampled.into_iter().collect::<StoreResult<Vec<_>>>()?;
        // At the same time, so that one that does not answer leaves time for the others. It is discarded, and replaced when
        // it is needed.
        let open = nodes.iter().flat_map(|node| node.open());
        let others =
            open.filter(|other| !sampled.iter().any(|(connection, ..)| Arc::ptr_eq(connection, other)));
        let until = sampled.iter().map(|(_, until, _)| *until).min().unwrap_or(deadline);
        let others = others.map(|other| async move {
            drop(self.discard_on_error(&other, other.sample_clock(until).await));
        });
        join_all(others).await;
        Ok(sampled.into_iter().map(|(.., sample)| sample).collect())
    }

    async fn sample_clock_of(
        &self,
        node: &Arc<Node>,
        deadline: Instant,
    ) -> StoreResult<(Arc<Connection>, Instant, ClockSample)> {
        let mut repeats = 0..self.len();
        loop {
            let (connection, until) = self.acquire(Destination::Node(node), deadline).await?;
            let sample = connection.sample_clock(until).await;
            match self.discard_on_error(&connection, sample) {
                Err(StoreError::Closed(_)) if repeats.next().is_some() => {}
                sample => return Ok((connection, until, sample.map_err(StoreError::of_read)?)),
            }
        }
    }
}
