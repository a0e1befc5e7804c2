//! Metrics of the process, with the names that every Prometheus client uses. They are read at each scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use time::OffsetDateTime;

/// Reads the state of this process from the system.
#[derive(Debug)]
pub(super) struct ProcessMetrics {
    /// The system keeps this time relative to its own start, which a sandbox may hide.
    started: OffsetDateTime,
}

impl ProcessMetrics {
    /// Describes this process, which started at this time.
    pub(super) const fn new(started: OffsetDateTime) -> Self {
        Self { started }
    }
}

/// The state of this process.
#[derive(Debug)]
struct State {
    cpu_seconds: f64,
    resident_memory_bytes: u64,
    virtual_memory_bytes: u64,
    open_fds: u64,
    /// `None`: unlimited.
    max_fds: Option<u64>,
    threads: u64,
}

impl Collector for ProcessMetrics {
    /// A system without this information has none of the metrics.
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(state) = State::read() else { return Ok(()) };
        let cpu = ConstCounter::new(state.cpu_seconds);
        let help = "Time on processors, of users and system.";
        let metric =
            encoder.encode_descriptor("process_cpu", help, Some(&Unit::Seconds), cpu.metric_type())?;
        cpu.encode(metric)?;
        let started = ConstGauge::new(self.started.unix_timestamp());
        let help = "Unix time of the start of the process.";
        let unit = Some(&Unit::Seconds);
        let metric = encoder.encode_descriptor("process_start_time", help, unit, started.metric_type())?;
        started.encode(metric)?;
        for (name, help, unit, value) in [
            (
                "process_resident_memory",
                "Resident memory.",
                Some(&Unit::Bytes),
                Some(state.resident_memory_bytes),
            ),
            (
                "process_virtual_memory",
                "Virtual memory.",
                Some(&Unit::Bytes),
                Some(state.virtual_memory_bytes),
            ),
            ("process_open_fds", "Open file descriptors.", None, Some(state.open_fds)),
            ("process_max_fds", "Limit of open file descriptors.", None, state.max_fds),
            ("process_threads", "Threads.", None, Some(state.threads)),
        ] {
            let Some(value) = value else { continue };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl State {
    /// Reads two small files of `/proc/self`, and lists the open files.
    fn read() -> Option<Self> {
        use procfs::process::{LimitValue, Process};

        let process = Process::myself().ok()?;
        let stat = process.stat().ok()?;
        Some(Self {
            cpu_seconds: precise(stat.utime.saturating_add(stat.stime)) / precise(procfs::ticks_per_second()),
            resident_memory_bytes: stat.rss.saturating_mul(procfs::page_size()),
            virtual_memory_bytes: stat.vsize,
            open_fds: process.fd_count().ok()?.try_into().ok()?,
            max_fds: match process.limits().ok()?.max_open_files.soft_limit {
                LimitValue::Value(limit) => Some(limit),
                LimitValue::Unlimited => None,
            },
            threads: stat.num_threads.try_into().ok()?,
        })
    }
}

#[cfg(not(target_os = "linux"))]
impl State {
    const fn read() -> Option<Self> {
        None
    }
}

/// Returns the number as a float, which is exact below 2^53.
#[cfg(target_os = "linux")]
#[expect(clippy::cast_precision_loss, reason = "ticks stay below 2^53")]
const fn precise(number: u64) -> f64 {
    number as f64
}
