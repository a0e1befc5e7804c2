//! The rounds: every measure and every limit once, one after the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use auth_adapter_redis::RecordFormat;

use crate::cpu;
use crate::measures::{MEASURES, Measure, Variant};
use crate::raw::{self, Kernel};
use crate::results::{Limit, Results, Sample};
use crate::service::{self, Service};
use crate::sessions::Sessions;
use crate::stores::{Servers, Stores};
use crate::wrk::{Run, Script, Wrk};

/// The signing key of every service. It is no secret.
const KEY: &str = "s7Yh2kPzUwV9c0bqT5mYJr7sE2nHfA8LgQx4";
/// The users in Postgres.
pub(crate) const ALL_USERS: u32 = 100_000;
/// The sessions whose tokens a run of refreshes uses in turns.
const REFRESH_SESSIONS: usize = 10_000;
/// The sessions of the first run of logouts for each second; later runs open twice as many as the run before used.
const LOGOUTS_PER_SECOND: usize = 45_000;
const LIMIT_TIME: Duration = Duration::from_secs(2);

/// The services under test, and their stores.
pub(crate) struct Bench<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) wrk: Wrk,
    pub(crate) servers: Arc<Servers>,
    services: BTreeMap<Variant, Service>,
    /// The sessions on the servers, and those in the embedded store.
    sessions: BTreeMap<bool, Sessions>,
    bearers: BTreeMap<Variant, String>,
    /// The rate of the last run of each measure.
    last_rates: BTreeMap<&'static str, f64>,
}

impl<'a> Bench<'a> {
    /// Starts the servers, fills the stores, and starts a service for each variant in `measures`.
    pub(crate) async fn start(folder: &'a Path, measures: &[Measure]) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let servers = Arc::new(Servers::start(folder));
        let mut bench = Self {
            folder,
            wrk: Wrk::new(folder, cores),
            servers,
            services: BTreeMap::new(),
            sessions: BTreeMap::new(),
            bearers: BTreeMap::new(),
            last_rates: BTreeMap::new(),
        };
        for measure in measures {
            bench.start_service(measure.variant).await;
        }
        bench
    }

    /// Starts the service of a variant if it does not run. The first one fills its stores.
    pub(crate) async fn start_service(&mut self, variant: Variant) {
        if self.services.contains_key(&variant) {
            return;
        }
        let stores = self.stores(variant);
        let is_embedded = variant == Variant::Embedded;
        if !self.sessions.contains_key(&is_embedded) {
            service::migrate(&stores, KEY, self.folder);
            self.sessions.insert(is_embedded, Sessions::new(&stores, KEY).await);
            if !is_embedded {
                self.servers.add_users(ALL_USERS);
            }
        }
        let service = Service::start(&stores, KEY, self.folder, variant);
        println!("{variant:?}: {:.1} MiB before the first request", service.idle_mib);
        self.services.insert(variant, service);
        let sessions = self.sessions(variant);
        let session = sessions.open(1).await;
        let bearer = session.first().map(|session| sessions.access_token(session)).expect("a session");
        self.bearers.insert(variant, bearer);
    }

    /// Measures everything once.
    pub(crate) async fn round(&mut self, measures: &[Measure], results: &mut Results) {
        for measure in measures {
            let sample = self.measure(*measure).await;
            println!("  {:<18}{:>9.0} /s, p99 {:.1} ms", measure.name, sample.load.rate, sample.load.p99);
            results.add(measure.name, sample);
        }
        self.measure_limits(measures, results);
    }

    /// Runs a measure once.
    pub(crate) async fn measure(&mut self, measure: Measure) -> Sample {
        let tokens = match measure.script {
            Script::Get | Script::Login => None,
            Script::Refresh => {
                Some(self.write_tokens(measure.variant, measure.script, REFRESH_SESSIONS).await)
            }
            Script::Logout => {
                let seconds = usize::try_from(measure.seconds).expect("some seconds");
                let last = self.last_rates.get(measure.name).map(|rate| format!("{:.0}", rate * 2.0));
                let rate = last.and_then(|rate| rate.parse().ok()).unwrap_or(LOGOUTS_PER_SECOND);
                Some(self.write_tokens(measure.variant, measure.script, rate.max(1_000) * seconds).await)
            }
        };
        let service = self.service(measure.variant);
        let processes = [service.id(), self.servers.redis.id(), self.servers.postgres.id()];
        let before = cpu::read(processes);
        let load = self.wrk.run(&Run {
            script: measure.script,
            url: service.url(measure.path),
            connections: measure.connections,
            seconds: measure.seconds,
            bearer: self.bearer(measure.variant),
            tokens: tokens.as_deref(),
            pace: None,
        });
        let cpu = cpu::per_request(before, cpu::read(processes), load.requests);
        self.last_rates.insert(measure.name, load.rate);
        Sample { load, cpu }
    }

    /// Opens sessions, and writes their tokens for `wrk`.
    pub(crate) async fn write_tokens(&mut self, variant: Variant, script: Script, count: usize) -> PathBuf {
        let (folder, threads) = (self.folder, self.wrk.threads());
        let with_access = matches!(script, Script::Logout);
        let sessions = self.sessions(variant);
        sessions.format =
            if variant == Variant::FormatOne { RecordFormat::Hash } else { RecordFormat::Packed };
        sessions.write(folder, threads, count, with_access).await
    }

    /// The service of a variant that is measured.
    pub(crate) fn service(&self, variant: Variant) -> &Service {
        self.services.get(&variant).expect("a service for each variant")
    }

    /// A live access token.
    pub(crate) fn bearer(&self, variant: Variant) -> Option<&str> {
        self.bearers.get(&variant).map(String::as_str)
    }

    /// The stores of a variant.
    pub(crate) fn stores(&self, variant: Variant) -> Stores {
        match variant {
            Variant::Embedded => Stores::Embedded(self.folder.join("data/auth.db")),
            Variant::Reject | Variant::FormatOne | Variant::Share | Variant::Cached | Variant::OneCore => {
                Stores::Servers(Arc::clone(&self.servers))
            }
        }
    }

    /// The sessions in the stores of a variant.
    pub(crate) fn sessions(&mut self, variant: Variant) -> &mut Sessions {
        self.sessions.get_mut(&(variant == Variant::Embedded)).expect("sessions for each store")
    }

    /// Measures the limits that `measures` are compared with.
    fn measure_limits(&self, measures: &[Measure], results: &mut Results) {
        if has(measures, "login") {
            let threads = available_parallelism().map_or(1, usize::from);
            results.add_limit(Limit::ReferenceHashes, raw::hashes(Kernel::Reference, threads, LIMIT_TIME));
            results.add_limit(Limit::DetectedHashes, raw::hashes(Kernel::Detected, threads, LIMIT_TIME));
        }
        if ["refresh reject", "refresh share", "logout"].iter().any(|name| has(measures, name)) {
            results.add_limit(Limit::Scripts, raw::scripts(&self.servers));
            results.add_limit(Limit::Lookups, raw::lookups(&self.servers, ALL_USERS, 2, self.folder));
        }
    }

    /// Idle and peak memory of the service with default settings.
    pub(crate) fn memory(&self) -> Option<(f64, f64)> {
        self.services.get(&Variant::Reject).map(|service| (service.idle_mib, service.peak_mib()))
    }
}

/// The measures whose name begins with one of `words`; all if there are none.
pub(crate) fn chosen(words: &[String]) -> Vec<Measure> {
    let is_chosen = |measure: &Measure| {
        words.is_empty() || words.iter().any(|word| measure.name.starts_with(word.as_str()))
    };
    MEASURES.into_iter().filter(is_chosen).collect()
}

/// Whether a measure is among `measures`.
pub(crate) fn has(measures: &[Measure], name: &str) -> bool {
    measures.iter().any(|measure| measure.name == name)
}
