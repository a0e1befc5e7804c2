//! The list of faults.

/// Defines [`Section`] and [`Fault`]: for each section its heading, for each fault what happens and what the service does.
macro_rules! faults {
    ($($section:ident $heading:literal { $($fault:ident: $event:literal, $response:literal;)* })*) => {
        /// A table of the page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the headings describe the sections")]
        pub enum Section { $($section,)* }

        impl Section {
            /// All sections, in the order of the page.
            pub const ALL: &[Self] = &[$(Self::$section,)*];

            /// Returns the heading.
            pub fn heading(self) -> &'static str {
                match self { $(Self::$section => $heading,)* }
            }
        }

        /// A row of the page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the events describe the faults")]
        pub enum Fault { $($($fault,)*)* }

        impl Fault {
            /// All faults, in the order of the page.
            pub const ALL: &[Self] = &[$($(Self::$fault,)*)*];

            /// Returns the section.
            pub fn section(self) -> Section {
                match self { $($(Self::$fault)|* => Section::$section,)* }
            }

            /// Returns what happens.
            pub fn event(self) -> &'static str {
                match self { $($(Self::$fault => $event,)*)* }
            }

            /// Returns what the service does.
            pub fn response(self) -> &'static str {
                match self { $($(Self::$fault => $response,)*)* }
            }
        }
    };
}

faults! {
    OneRedis "One Redis" {
        RedisKilled: "Redis is killed and started again", "503 until it answers; nothing was changed, or the outcome is stated to be unknown";
        RedisFrozen: "Redis is frozen (`SIGSTOP`)", "503 within the timeout; a command that waited in its socket does nothing afterwards";
        RedisSlow: "each reply of Redis takes 200 ms longer", "works, more slowly";
        RedisBlackHole: "packets to Redis are lost without a reset", "503 within the timeout";
        RedisGarbage: "Redis answers with bytes that are no reply", "503; the connection is discarded";
        RedisReset: "the network resets the connections to Redis again and again", "connects again and repeats the call; 503 if the new connection is reset, too";
        RedisFull: "Redis is full (`maxmemory`, `noeviction`)", "503 for logins; refreshes, logouts and verifications go on";
        RedisConnectionsExhausted: "Redis accepts no more clients (`maxclients`)", "503 until a connection is free";
        ScriptFlush: "`SCRIPT FLUSH` under load", "loads the scripts again; no request fails";
        ClientKill: "`CLIENT KILL` under load, again and again", "connects again and repeats the call; 503 if new connections are killed, too";
        FlushAll: "`FLUSHALL` under load", "refresh tokens are 401; access tokens, also revoked ones, live on until they expire or the signing key is replaced";
        RepliesLostWithKey: "the reply of Redis to a rotation is lost; the client sends an `Idempotency-Key`", "a retry gets the successor";
        RepliesLostWithShare: "the same without a key, with `TOKENS__CONCURRENT_REFRESH=share`", "a retry in the grace period gets the successor";
        RepliesLostPlain: "the same with neither", "a retry in the grace period is 401 and ends nothing";
    }
    Sentinel "Sentinel" {
        SentinelPrimaryKilled: "the primary is killed", "503 until a replica is promoted, then the new primary";
        SentinelPrimaryFrozen: "the primary is frozen, and resumed after the failover", "503 until a replica is promoted; the former primary is left within a second, and without `REDIS__WAIT_REPLICAS` what it acknowledged in that second is lost";
        SentinelFailover: "`SENTINEL FAILOVER` while the primary is alive", "follows the announcement within a second; without `REDIS__WAIT_REPLICAS`, what the former primary acknowledged in that second is lost";
        SentinelDead: "one of three sentinels is dead", "no request fails: the others are asked";
    }
    Cluster "Redis Cluster" {
        ClusterPrimaryKilled: "a primary is killed", "503 for its slots until the failure is detected, then for all (`cluster-require-full-coverage`), until its replica takes over; readiness fails at once";
        ClusterPrimaryFrozen: "a primary is frozen, and resumed after the failover", "the same";
        ClusterFailover: "`CLUSTER FAILOVER` of a primary that is alive", "follows the redirection";
        ClusterSlotsMoved: "slots are moved to another primary under load", "follows `ASK` and `MOVED`, and repeats `TRYAGAIN`; sessions that have not moved yet are not forgotten, and instances stay ready. While the slot 15850 of all login limits moves, logins wait, with a 503 at their deadline";
    }
    Failover "What a failover forgets" {
        ForgottenWithoutWait: "the primary loses its replicas for 0.4 s, and is killed; writes were acknowledged by the primary alone (`REDIS__WAIT_REPLICAS=0`)", "a lost logout leaves the tokens valid until the client repeats it; a lost rotation ends its session, with the reason `rotation_may_be_lost`";
        ForgottenWithWait: "the same; writes were acknowledged by a replica too (`REDIS__WAIT_REPLICAS=1`)", "503 while no replica confirms; an acknowledged write is kept";
        ForgottenByCommand: "`SENTINEL FAILOVER` of a primary with two replicas, `REDIS__WAIT_REPLICAS=1`", "as without replicas to wait for: the replica that is not promoted confirms writes that the other one does not have";
        KeptByAllReplicas: "the same, `REDIS__WAIT_REPLICAS=2`", "503 until both replicas follow the new primary; an acknowledged write is kept";
    }
    Postgres "Postgres" {
        PostgresKilled: "Postgres is killed and started again", "login and refresh are 503, without a change of tokens; logout and verification work";
        PostgresFrozen: "Postgres is frozen (`SIGSTOP`)", "the same within the timeout";
        PostgresSlow: "each reply of Postgres takes 200 ms longer", "works, more slowly";
        PostgresBlackHole: "packets to Postgres are lost without a reset", "the same as frozen";
        PostgresGarbage: "Postgres answers with bytes that are no message", "503; the connection is discarded";
        PostgresReset: "the network resets the connections to Postgres again and again", "connects again and repeats the call; 503 if the new connection is reset, too";
        PostgresConnectionsExhausted: "Postgres accepts no more connections", "503 until a connection is free";
        PostgresTableLocked: "`LOCK TABLE users`", "login and refresh are 503 within the statement timeout";
        PostgresPromoted: "the primary is killed and the standby promoted", "503 until the promotion, then the new primary; a standby is never read";
    }
    Embedded "Embedded store" {
        EmbeddedKilled: "the service is killed in the middle of writes", "opens the file again; an acknowledged logout is kept";
        EmbeddedDiskFull: "the disk is full", "503 for each write that needs space; works again as soon as there is some";
        EmbeddedTornPage: "the last page of the write-ahead log is torn", "opens the file without the transaction that was not acknowledged";
    }
    Clients "Clients, networks and clocks" {
        ClientResets: "clients reset their connections at random points", "each response goes to its own request";
        InstanceKilled: "one of three instances is killed and started again", "the other instances go on with its sessions";
        ClockAhead: "the clock of one instance is an hour ahead", "that instance is not ready, issues no token (503) and accepts none; the sessions of the others are not affected";
        ClockStepped: "the clock of one instance is stepped under load, in both directions", "the same from the step to the correction; a clock that is behind accepts no expired token";
    }
    Mixed "Mixed load with a random fault again and again" {
        MixedOnOneRedis: "on one Redis", "no wrong answer, no session ended without need";
        MixedOnSentinel: "on a Sentinel set", "the same";
        MixedOnCluster: "on a Redis Cluster", "the same";
    }
}
