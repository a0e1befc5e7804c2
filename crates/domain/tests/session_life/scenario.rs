//! The sizes of an exploration: what happens in it, and how often.

/// What another refresh of a used token can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retries {
    /// The client sends an idempotency key, and one refresh at a time.
    Keyed,
    /// `TOKENS__CONCURRENT_REFRESH=share`, and two tabs.
    Shared,
    /// `TOKENS__CONCURRENT_REFRESH=reject`, and two tabs.
    Rejected,
}

/// An exploration. Every order of its actions is visited.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) retries: Retries,
    /// Whether sessions and denylist are on one server, as in the embedded store and with one Redis, or on two, as in a cluster.
    pub(crate) is_one_server: bool,
    /// Whether a client is logged in at the start.
    pub(crate) is_logged_in: bool,
    pub(crate) most: Budget,
}

/// How often each kind of action can happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Refreshes of the honest client.
    pub(crate) refreshes: u8,
    /// Refreshes of somebody who copied a token.
    pub(crate) thefts: u8,
    pub(crate) logouts: u8,
    pub(crate) logins: u8,
    pub(crate) deactivations: u8,
    /// Crashes, lost answers, and clients that hang up.
    pub(crate) faults: u8,
    pub(crate) failovers: u8,
    /// One second while requests are in progress.
    pub(crate) seconds: u8,
    /// Longer than the grace period, or than a refresh token lives.
    pub(crate) waits: u8,
}

impl Scenario {
    /// This scenario, or one with one more fault and one more refresh in a soak.
    pub(crate) fn of_this_run(&self) -> Self {
        let mut scenario = self.clone();
        if is_soak() {
            scenario.most.faults += 1;
            scenario.most.refreshes += 1;
        }
        scenario
    }
}

/// Whether `SOAK=1` is set.
pub(crate) fn is_soak() -> bool {
    std::env::var_os("SOAK").is_some_and(|value| value == "1")
}

/// A scenario with one client that is logged in, on one server.
const fn scenario(name: &'static str, retries: Retries, most: Budget) -> Scenario {
    Scenario { name, retries, is_one_server: true, is_logged_in: true, most }
}

const NONE: Budget = Budget {
    refreshes: 0,
    thefts: 0,
    logouts: 0,
    logins: 0,
    deactivations: 0,
    faults: 0,
    failovers: 0,
    seconds: 0,
    waits: 0,
};

pub(crate) const KEYED: Scenario =
    scenario("keyed retries", Retries::Keyed, Budget { refreshes: 4, faults: 2, waits: 1, ..NONE });

pub(crate) const SHARED: Scenario = scenario(
    "shared refreshes",
    Retries::Shared,
    Budget { refreshes: 4, faults: 1, waits: 1, seconds: 1, ..NONE },
);

pub(crate) const REJECTED: Scenario = scenario(
    "rejected refreshes",
    Retries::Rejected,
    Budget { refreshes: 4, faults: 1, waits: 1, seconds: 1, ..NONE },
);

pub(crate) const THEFT: Scenario =
    scenario("theft", Retries::Shared, Budget { refreshes: 3, thefts: 1, faults: 1, waits: 1, ..NONE });

pub(crate) const THEFT_IN_A_CLUSTER: Scenario = Scenario {
    name: "theft in a cluster",
    is_one_server: false,
    most: Budget { refreshes: 2, thefts: 1, faults: 2, waits: 1, ..NONE },
    ..THEFT
};

pub(crate) const LOGOUT: Scenario =
    scenario("logout", Retries::Shared, Budget { refreshes: 2, logouts: 2, faults: 2, seconds: 1, ..NONE });

pub(crate) const LOGOUT_IN_A_CLUSTER: Scenario = Scenario {
    name: "logout in a cluster",
    is_one_server: false,
    most: Budget { refreshes: 2, logouts: 2, faults: 2, ..NONE },
    ..LOGOUT
};

pub(crate) const DEACTIVATION: Scenario = Scenario {
    name: "login and deactivation",
    is_one_server: false,
    most: Budget { refreshes: 1, logins: 1, deactivations: 1, faults: 1, ..NONE },
    ..LOGOUT
};

pub(crate) const FAILOVER: Scenario = scenario(
    "failover",
    Retries::Keyed,
    Budget { refreshes: 3, logouts: 1, faults: 1, failovers: 1, waits: 1, ..NONE },
);

pub(crate) const FAILOVER_IN_A_CLUSTER: Scenario = Scenario {
    name: "failover in a cluster",
    is_one_server: false,
    most: Budget { refreshes: 2, logouts: 1, faults: 1, failovers: 1, ..NONE },
    ..FAILOVER
};
