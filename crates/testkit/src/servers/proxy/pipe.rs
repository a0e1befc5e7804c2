//! One direction of a connection.

use std::pin::Pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{Sleep, sleep};

use super::faults::{Direction, Faults};

/// The parts that wait for their delay or for the end of a stall. Then the sender must wait, as it does for a slow network.
const WAITING: usize = 64;
const PART: usize = 16_384;

/// What happens to a part of a connection.
pub(super) enum Step {
    Pass,
    Drop,
    Replace(Vec<u8>),
    End,
}

/// A part, and the end of its delay.
type Delayed = (Pin<Box<Sleep>>, Vec<u8>);

#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) faults: watch::Receiver<Faults>,
    pub(super) direction: Direction,
}

impl Pipe {
    /// Passes bytes until the connection ends.
    pub(super) async fn run(
        self,
        from: ReadHalf<'_>,
        to: WriteHalf<'_>,
        step: impl Fn(&Faults, &[u8]) -> Step,
    ) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let faults = self.faults.clone();
        tokio::join!(self.read(from, sender, step), write(to, receiver, faults, self.direction));
    }

    async fn read(
        &self,
        mut from: ReadHalf<'_>,
        sender: mpsc::Sender<Delayed>,
        step: impl Fn(&Faults, &[u8]) -> Step,
    ) {
        let mut part = vec![0; PART];
        while let Ok(length @ 1..) = from.read(&mut part).await {
            let (delayed, step) = {
                let faults = self.faults.borrow();
                let delay = match self.direction {
                    Direction::ToServer => std::time::Duration::ZERO,
                    Direction::ToClient => faults.delay,
                };
                (Box::pin(sleep(delay)), step(&faults, &part[..length]))
            };
            let bytes = match step {
                Step::Pass => part[..length].to_vec(),
                Step::Replace(bytes) => bytes,
                Step::Drop => continue,
                Step::End => return,
            };
            if sender.send((delayed, bytes)).await.is_err() {
                return;
            }
        }
    }
}

async fn write(
    mut to: WriteHalf<'_>,
    mut parts: mpsc::Receiver<Delayed>,
    mut faults: watch::Receiver<Faults>,
    direction: Direction,
) {
    while let Some((delayed, bytes)) = parts.recv().await {
        delayed.await;
        let is_whole = match faults.wait_for(|faults| !faults.stalls(direction)).await {
            Ok(faults) => !faults.byte_by_byte,
            Err(_) => return,
        };
        let written = if is_whole { to.write_all(&bytes).await } else { each_byte(&mut to, &bytes).await };
        if written.is_err() {
            return;
        }
    }
}

async fn each_byte(to: &mut WriteHalf<'_>, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        to.write_all(&[*byte]).await?;
        yield_now().await;
    }
    Ok(())
}
