//! The faults of a proxy.

use std::time::Duration;

/// A direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// How the proxy ends connections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Ending {
    #[default]
    Closed,
    Reset,
}

/// What the proxy does wrong. By default nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub(super) loses_replies: bool,
    /// A connection that has passed this text to the server gets no reply any more.
    pub(super) silenced: Option<String>,
    /// A connection that has passed this text to the server ends in place of the reply.
    pub(super) cut: Option<String>,
    pub(super) delay: Duration,
    pub(super) byte_by_byte: bool,
    pub(super) answer: Option<Vec<u8>>,
    /// Connections with a lower number pass nothing any more.
    pub(super) first_remembered: u32,
    stalled: Vec<Direction>,
    is_black_hole: bool,
}

impl Faults {
    pub(super) fn set_stalled(&mut self, direction: Direction, stalls: bool) {
        self.stalled.retain(|it| *it != direction);
        self.stalled.extend(stalls.then_some(direction));
    }

    pub(super) fn set_black_hole(&mut self, on: bool) {
        self.is_black_hole = on;
    }

    pub(super) fn is_black_hole(&self) -> bool {
        self.is_black_hole
    }

    pub(super) fn stalls(&self, direction: Direction) -> bool {
        self.is_black_hole || self.stalled.contains(&direction)
    }
}
