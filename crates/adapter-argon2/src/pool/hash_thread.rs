//! A thread that computes hashes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SendError, Sender};
use std::{io, thread};

use crate::memory::Memory;

/// Enough for the frames of a hash, also in a debug build. Its memory blocks are not on the stack.
const STACK_BYTES: usize = 256 * 1_024;

/// What a thread computes in its memory.
pub(super) type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A thread with memory of its own. When the last clone is dropped, the thread ends after its jobs, and gives the memory back.
#[derive(Clone)]
pub(super) struct HashThread {
    jobs: Sender<Job>,
}

impl HashThread {
    pub(super) fn start(memory: Memory) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let builder = thread::Builder::new().name("password-hash".to_owned()).stack_size(STACK_BYTES);
        builder.spawn(move || run_all(memory, &queue))?;
        Ok(Self { jobs })
    }

    /// Runs `job` after the earlier ones.
    pub(super) fn run(&self, job: Job) -> Result<(), SendError<Job>> {
        self.jobs.send(job)
    }

    /// Frees the memory, then drops `permit`, and ends.
    pub(super) fn end<T: Send + 'static>(self, permit: T) {
        let free = move |memory: &mut Memory| {
            memory.free();
            drop(permit);
        };
        // A thread that has ended before has no memory.
        let _: Result<(), SendError<Job>> = self.run(Box::new(free));
    }
}

fn run_all(mut memory: Memory, queue: &Receiver<Job>) {
    #[cfg(target_os = "linux")]
    super::priority::lower();
    while let Ok(job) = queue.recv() {
        // The panic hook logs a panic. The caller of the job learns of it because the job has dropped its sender.
        let _: thread::Result<()> = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
        memory.shrink();
    }
}
