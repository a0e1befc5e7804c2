//! A connection through the proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::faults::{Direction, Ending, Faults};
use super::pipe::{Pipe, Step};

/// The reply that cuts a connection may be one to an earlier command. The server has executed its own by then.
const UNTIL_EXECUTED: Duration = Duration::from_millis(20);

/// Where the connections lead, and their faults.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) server: AtomicU16,
    pub(super) faults: watch::Sender<Faults>,
    pub(super) endings: watch::Sender<Ending>,
    /// The number of connections so far.
    pub(super) connections: AtomicU32,
    /// The number of connections that ended in place of a reply.
    pub(super) cuts: AtomicU32,
}

/// What the commands of a connection have caused.
#[derive(Debug)]
struct State {
    number: u32,
    is_silent: AtomicBool,
    is_cut: AtomicBool,
}

/// Forwards between a client and the server until one of them closes the connection, or the proxy does.
pub(super) async fn serve(mut client: TcpStream, route: Arc<Route>, mut endings: watch::Receiver<Ending>) {
    let number = route.connections.fetch_add(1, Ordering::SeqCst);
    let server = route.server.load(Ordering::Relaxed);
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    // Without this, a small reply would wait for the next one. The servers set it, too.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let state = State { number, is_silent: AtomicBool::new(false), is_cut: AtomicBool::new(false) };
    let commands = Pipe { faults: route.faults.subscribe(), direction: Direction::ToServer };
    let replies = Pipe { faults: route.faults.subscribe(), direction: Direction::ToClient };
    let ending = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        tokio::select! {
            () = commands.run(from_client, to_server, |faults, part| command(faults, part, &state)) => Ending::Closed,
            () = replies.run(from_server, to_client, |faults, _| reply(faults, &state)) => Ending::Closed,
            _ = endings.changed() => *endings.borrow(),
        }
    };
    if state.is_cut.load(Ordering::SeqCst) {
        route.cuts.fetch_add(1, Ordering::SeqCst);
        sleep(UNTIL_EXECUTED).await;
    }
    match ending {
        Ending::Closed => {}
        Ending::Reset => drop((client.set_zero_linger(), server.set_zero_linger())),
    }
}

fn command(faults: &Faults, part: &[u8], state: &State) -> Step {
    let contains = |text: &Option<String>| {
        let text = text.as_deref().map(str::as_bytes);
        text.is_some_and(|text| part.windows(text.len()).any(|window| window == text))
    };
    if contains(&faults.silenced) {
        state.is_silent.store(true, Ordering::SeqCst);
    }
    if contains(&faults.cut) {
        state.is_cut.store(true, Ordering::SeqCst);
    }
    if state.number < faults.first_remembered { Step::Drop } else { Step::Pass }
}

fn reply(faults: &Faults, state: &State) -> Step {
    let is_forgotten = state.number < faults.first_remembered;
    if state.is_cut.load(Ordering::SeqCst) {
        Step::End
    } else if is_forgotten || faults.loses_replies || state.is_silent.load(Ordering::SeqCst) {
        Step::Drop
    } else {
        faults.answer.clone().map_or(Step::Pass, Step::Replace)
    }
}
