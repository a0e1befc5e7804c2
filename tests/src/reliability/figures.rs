//! Records of measured figures.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::fault::Fault;
use crate::clock::unix_now;
use crate::is_soak;

/// The figures of one fault, in the order in which the page shows them.
#[derive(Clone, Debug)]
#[must_use = "figures are lost until they are recorded"]
pub struct Figures {
    fault: Fault,
    texts: Vec<String>,
}

impl Figures {
    /// Begins the figures of a fault.
    pub fn of(fault: Fault) -> Self {
        Self { fault, texts: Vec::new() }
    }

    /// Adds the median and the maximum of times, such as those until writes succeed again.
    pub fn times(self, name: &str, times: &[Duration]) -> Self {
        let mut sorted: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(median), Some(longest)) = (sorted.get(sorted.len() / 2), sorted.last()) else {
            panic!("{name}: nothing was measured");
        };
        let text = match sorted.len() {
            1 => format!("{name}: {median:.1} s"),
            count => format!("{name}: median {median:.1} s, longest {longest:.1} s of {count}"),
        };
        self.with(text)
    }

    /// Adds how many of a number of things something applied to, such as the calls that were a 503.
    pub fn share(self, name: &str, some: usize, all: usize) -> Self {
        self.with(format!("{name}: {} of {}", grouped(some), grouped(all)))
    }

    /// Adds a number.
    pub fn count(self, name: &str, count: usize) -> Self {
        self.with(format!("{name}: {}", grouped(count)))
    }

    fn with(mut self, text: String) -> Self {
        self.texts.push(text);
        self
    }

    /// Prints the figures, and in a soak run appends them to the results of the target folder.
    #[expect(clippy::print_stdout, reason = "a test with --nocapture shows its figures")]
    pub fn record(self) {
        println!("{:?}: {}", self.fault, self.texts.join("; "));
        if !is_soak() {
            return;
        }
        let line = json!({
            "fault": format!("{:?}", self.fault),
            "at": unix_now(),
            "machine": machine(),
            "figures": self.texts,
        });
        let mut file = OpenOptions::new().create(true).append(true).open(file()).expect("a target folder");
        // One write, because tests run at the same time.
        file.write_all(format!("{line}\n").as_bytes()).expect("a line is written");
    }
}

/// Returns all results of the target folder, the oldest first.
pub fn results() -> Vec<Value> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn file() -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    test.ancestors().nth(3).expect("tests lie in <target>/<profile>/deps").join("reliability.jsonl")
}

/// Returns the processors, their number and the version of the kernel.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpus, release) = (read("/proc/cpuinfo"), read("/proc/sys/kernel/osrelease"));
    let models: Vec<_> =
        cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split(':').nth(1)).collect();
    let model = models.first().map_or("unknown processor", |model| model.trim());
    let version: Vec<_> = release.trim().split('.').take(2).collect();
    format!("{} × {model}, Linux {}", models.len(), version.join("."))
}

/// Returns a number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_texts() {
        let times = [3, 1, 2].map(Duration::from_secs);
        let figures = Figures::of(Fault::RedisKilled).times("writes again", &times).times("one", &times[..1]);
        let figures = figures.share("503", 1_204, 34_567).count("lost", 0);
        let texts = [
            "writes again: median 2.0 s, longest 3.0 s of 3",
            "one: 3.0 s",
            "503: 1,204 of 34,567",
            "lost: 0",
        ];
        assert_eq!(figures.texts, texts);
    }
}
