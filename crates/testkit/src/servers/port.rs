//! Ports to listen on, each reserved for one test at a time.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// The first port. The ports are below the kernel's range for outgoing connections, so that the port of a program that is
/// killed and started again is still free.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A loopback port that no other test uses, in this process or another one. It is released on drop.
#[derive(Debug)]
pub struct Port {
    /// The port number.
    pub number: u16,
    _lock: File,
}

impl Port {
    /// Reserves a free port.
    #[must_use]
    pub fn take() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("a small number");
        (0..COUNT)
            .map(|_| start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT + FIRST)
            .find_map(Self::try_take)
            .expect("a free port")
    }

    fn try_take(number: u16) -> Option<Self> {
        let folder = env::temp_dir().join("hooksentry-auth-test-ports");
        fs::create_dir_all(&folder).ok()?;
        let lock = File::create(folder.join(number.to_string())).ok()?;
        lock.try_lock().ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        Some(Self { number, _lock: lock })
    }
}
