//! The redirections of a cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::PortError;
use redis::{Cmd, ConnectionAddr, RedisError};

use super::handle::Connections;
use crate::connection::{Connection, Node};
use crate::error::{StoreError, StoreResult};
use crate::server_error::is_transient;
use crate::topology::Destination;

/// How often one command is redirected at most.
const MAX_REDIRECTIONS: usize = 5;
/// The first pause before a command on keys that are about to move is repeated.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// Each pause is twice as long as the one before, up to this: a move that was interrupted never ends.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Where a command goes next.
#[derive(Default)]
pub(crate) struct Route {
    /// The node that imports the slot of the command. It executes a command that follows `ASKING`.
    importing: Option<Arc<Node>>,
    redirections: usize,
    last_pause: Option<Duration>,
}

impl Route {
    pub(crate) fn destination<'a>(&'a self, command: &'a Cmd) -> Destination<'a> {
        self.importing.as_ref().map_or(Destination::KeyOf(command), Destination::Node)
    }

    /// Returns whether the command must follow `ASKING`.
    pub(crate) const fn asks(&self) -> bool {
        self.importing.is_some()
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.last_pause.map_or(FIRST_PAUSE, |last| LONGEST_PAUSE.min(2 * last));
        self.last_pause = Some(pause);
        pause
    }
}

impl Connections {
    /// Returns whether the command is to be sent again, because its key is at another node, or is about to move. It was not
    /// executed, or its repeat completes it.
    ///
    /// # Errors
    /// If there were too many redirections, if the time is over, or if the other node must not be connected to.
    pub(crate) async fn follow(
        &self,
        route: &mut Route,
        connection: &Connection,
        error: &RedisError,
        deadline: Instant,
    ) -> StoreResult<bool> {
        route.importing = None;
        if !self.topology.is_cluster() {
            return Ok(false);
        }
        if is_transient(error) {
            return self.pause(route, error, deadline).await;
        }
        let Some((address, slot)) = error.redirect_node() else { return Ok(false) };
        route.redirections += 1;
        self.topology.notify();
        let Some((host, port)) = host_and_port(address, connection.server().address()) else {
            return self.pause(route, error, deadline).await;
        };
        if route.redirections > MAX_REDIRECTIONS {
            return Err(StoreError::NotExecuted(PortError::unavailable(error.clone())));
        }
        let has_moved = error.code() == Some("MOVED");
        let node = self.topology.redirected(host, port, has_moved.then_some(slot))?;
        route.importing = Some(node).filter(|_| !has_moved);
        Ok(true)
    }

    /// Waits before the command is sent again. Redirections are counted anew after a pause: while a slot moves, its owner and the
    /// importing node can redirect a command to each other until the move ends.
    async fn pause(&self, route: &mut Route, error: &RedisError, deadline: Instant) -> StoreResult<bool> {
        let until = self.clock().instant() + route.next_pause();
        if until >= deadline {
            return Err(StoreError::NotExecuted(PortError::unavailable(error.clone())));
        }
        self.clock().sleep_until(until).await;
        route.redirections = 0;
        Ok(true)
    }
}

/// Reads the address of a redirection. Without a host it is that of the node that was asked; `None` if that node does not know it.
fn host_and_port(address: &str, asked: &ConnectionAddr) -> Option<(String, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = match (host, asked) {
        ("", ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. }) => host,
        ("" | "?", _) => return None,
        (host, _) => host,
    };
    Some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_of_one_call_double_up_to_the_longest() {
        let mut route = Route::default();
        let pauses: Vec<_> = (0..5).map(|_| route.next_pause().as_millis()).collect();
        assert_eq!(pauses, [25, 50, 100, 200, 200]);
    }
}
