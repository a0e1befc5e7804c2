//! Connections to one server, and the sets that share them.

mod multiplexed;
mod node;
mod outcome;
mod role;
mod server;
mod set;

pub(crate) use self::multiplexed::{Connection, before};
pub(crate) use self::node::{Node, PROCESS_CONNECTIONS, Sets, WORKER_CONNECTIONS};
pub(crate) use self::role::{is_primary, replica};
pub(crate) use self::server::Server;
pub(crate) use self::set::Slot;
