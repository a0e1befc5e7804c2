//! The server clocks of all primaries.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::ports::PortError;
use futures_util::future::join_all;

use crate::clock::{ClockSample, MAX_SKEW, skew_text};
use crate::connection::{Connection, Node, Server};
use crate::connections::Connections;
use crate::error::{StoreError, StoreResult};
use crate::topology::Destination;

impl Connections {
    /// Checks that our clock is not behind: it would accept tokens that have expired, and revoked ones whose entries are gone. One
    /// that is ahead only rejects tokens too early. If it seems to be behind, the server clock is read: one of the two may have been
    /// corrected since.
    ///
    /// # Parameters
    /// - `server`: the one that was asked about the token.
    pub(crate) async fn check_not_behind(
        &self,
        server: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<()> {
        let connection = self.open_connection(server);
        if connection.is_none_or(|connection| connection.skew() <= MAX_SKEW) {
            return Ok(());
        }
        let (connection, until) = self.acquire(server, deadline).await?;
        self.discard_on_error(&connection, connection.sample_clock(until).await)
            .map_err(StoreError::of_read)?;
        let skew = connection.skew();
        if skew <= MAX_SKEW {
            return Ok(());
        }
        Err(StoreError::NotExecuted(PortError::unavailable(skew_text(skew))))
    }

    /// Reads the server clock on every connection, which updates the offset of their deadlines. Returns a sample of each primary.
    pub(crate) async fn sample_clocks(
        &self,
        deadline: Instant,
    ) -> StoreResult<Vec<(Arc<Server>, ClockSample)>> {
        let nodes = self.primaries(deadline).await?;
        let sampled = join_all(nodes.iter().map(|node| self.sample_clock_of(node, deadline))).await;
        let sampled = sampled.into_iter().collect::<StoreResult<Vec<_>>>()?;
        // At the same time, so that one that does not answer leaves time for the others. It is discarded, and replaced when
        // it is needed.
        let open = nodes.iter().flat_map(|node| node.open_for_reads());
        let others =
            open.filter(|other| !sampled.iter().any(|(connection, ..)| Arc::ptr_eq(connection, other)));
        let until = sampled.iter().map(|(_, until, _)| *until).min().unwrap_or(deadline);
        let others = others.map(|other| async move {
            drop(self.discard_on_error(&other, other.sample_clock(until).await));
        });
        join_all(others).await;
        // A read behind a `WAIT` would take as long as the replicas, and its server is the same.
        for (connection, _, sample) in &sampled {
            let nodes = nodes.iter().filter(|node| Arc::ptr_eq(node.server(), connection.server()));
            nodes.flat_map(|node| node.open_for_writes()).for_each(|other| other.note_clock(*sample));
        }
        let of_server =
            |(connection, _, sample): (Arc<Connection>, _, _)| (Arc::clone(connection.server()), sample);
        Ok(sampled.into_iter().map(of_server).collect())
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
