//! Connections to one server, and the sets that share them.

mod confirmed_writes;
mod multiplexed;
mod node;
mod outcome;
mod role;
mod send_confirmed;
mod server;
mod set;
mod timeouts;
mod written;

pub(crate) use self::confirmed_writes::Write;
pub(crate) use self::multiplexed::Connection;
pub(crate) use self::node::{Node, Owner, PROCESS_CONNECTIONS, Sets, WORKER_CONNECTIONS};
pub(crate) use self::role::{is_primary, replica};
pub(crate) use self::send_confirmed::Confirming;
pub(crate) use self::server::Server;
pub(crate) use self::set::Slot;
pub(crate) use self::timeouts::{COMMAND_TIMEOUT, before};
