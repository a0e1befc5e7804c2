//! Parsers of what `wrk`, `redis-benchmark`, `pgbench` and the kernel print.

/// The result of one run of `wrk`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    pub(crate) requests: f64,
    /// Requests per second.
    pub(crate) rate: f64,
    /// Latencies in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Responses with a status of 400 or more.
    pub(crate) rejected: f64,
    /// Requests without a response, or with one after more than 2 s.
    pub(crate) failed: f64,
}

/// Parses the line that `report.lua` prints.
pub(crate) fn wrk(text: &str) -> Option<Load> {
    let line = text.lines().find_map(|line| line.strip_prefix("bench: "))?;
    let field = |name: &str| {
        let mut pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse::<f64>().ok())
    };
    let (requests, micros) = (field("requests")?, field("micros")?);
    Some(Load {
        requests,
        rate: requests * 1e6 / micros,
        p50: field("p50")? / 1e3,
        p99: field("p99")? / 1e3,
        rejected: field("rejected")?,
        failed: field("failed")?,
    })
}

/// Parses the CSV of `redis-benchmark`: a header, then one line with the rate after the quoted command.
pub(crate) fn redis_benchmark(text: &str) -> Option<f64> {
    let line = text.lines().rfind(|line| line.starts_with('"'))?;
    line.rsplit("\",\"").nth(6)?.parse().ok()
}

/// Parses `tps = 12345.6 (without initial connection time)`.
pub(crate) fn pgbench(text: &str) -> Option<f64> {
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = "))?;
    rate.split(' ').next()?.parse().ok()
}

/// Processor time in clock ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    pub(crate) user: f64,
    pub(crate) system: f64,
}

/// Parses `/proc/<pid>/stat`: the time of the process and of its children that have ended.
pub(crate) fn stat(text: &str) -> Option<Ticks> {
    // The name, the second field, may contain spaces and parentheses. The state after it is the third field.
    let (_, after_name) = text.rsplit_once(')')?;
    let fields: Vec<_> = after_name.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse::<f64>().ok());
    Some(Ticks { user: field(14)? + field(16)?, system: field(15)? + field(17)? })
}

/// Parses a line of `/proc/<pid>/status` such as `VmRSS:  1234 kB`, in MiB.
pub(crate) fn status_mib(text: &str, name: &str) -> Option<f64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kib| kib / 1024.0)
}
