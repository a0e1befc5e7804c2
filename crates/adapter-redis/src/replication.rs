//! The replicas of a primary, from its reply to `INFO replication`.

use std::time::Duration;

/// A connected replica acknowledges each second.
const LATE: Duration = Duration::from_secs(10);

/// The replicas that are connected to a primary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// Each of them, in the order of the reply.
    pub replicas: Vec<Replica>,
}

/// A replica, as its primary sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Host and port.
    pub address: String,
    /// Whether it has the data of the primary, and receives each write.
    pub is_online: bool,
    /// The bytes that it has not acknowledged yet.
    pub bytes_behind: u64,
    /// The time since its last acknowledgement, in whole seconds.
    pub lag: Duration,
}

impl Replication {
    /// Parses a reply; lines of other sections are ignored.
    pub(crate) fn parse(info: &str) -> Self {
        let offset = info.lines().find_map(|line| number(line.trim_end(), "master_repl_offset:"));
        let replicas = info.lines().filter_map(|line| replica(line.trim_end(), offset.unwrap_or(0)));
        Self { replicas: replicas.collect() }
    }

    /// Returns the replicas that are connected, and have acknowledged writes lately.
    pub(crate) fn current(&self) -> impl Iterator<Item = &Replica> {
        self.replicas.iter().filter(|replica| !replica.is_late())
    }

    /// Returns the replicas that could replace the primary.
    pub fn online(&self) -> impl Iterator<Item = &Replica> {
        self.replicas.iter().filter(|replica| replica.is_online)
    }
}

impl Replica {
    pub(crate) fn is_late(&self) -> bool {
        !self.is_online || self.lag >= LATE
    }
}

/// Parses a line such as `slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=1`.
fn replica(line: &str, written: u64) -> Option<Replica> {
    let (name, fields) = line.split_once(':')?;
    let is_replica = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !name.strip_prefix("slave").is_some_and(is_replica) {
        return None;
    }
    let field = |name: &str| fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let acknowledged = field("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0);
    Some(Replica {
        address: format!("{}:{}", field("ip")?, field("port")?),
        is_online: field("state") == Some("online"),
        bytes_behind: written.saturating_sub(acknowledged),
        lag: Duration::from_secs(field("lag").and_then(|lag| lag.parse().ok()).unwrap_or(0)),
    })
}

fn number(line: &str, prefix: &str) -> Option<u64> {
    line.strip_prefix(prefix)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_and_their_lag_are_read_from_the_reply() {
        let info = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\nslave_expires_tracked_keys:0\r\n\
                    slave0:ip=10.0.0.2,port=6379,state=online,offset=1042,lag=1\r\n\
                    slave1:ip=db.example.com,port=6380,state=wait_bgsave,offset=0,lag=0\r\n\
                    master_failover_state:no-failover\r\nmaster_repl_offset:1100\r\n";
        let found = Replication::parse(info);
        let replica = |address: &str, is_online, bytes_behind, lag| Replica {
            address: address.to_owned(),
            is_online,
            bytes_behind,
            lag: Duration::from_secs(lag),
        };
        let expected =
            [replica("10.0.0.2:6379", true, 58, 1), replica("db.example.com:6380", false, 1_100, 0)];
        assert_eq!(found.replicas, expected);
        assert_eq!(found.online().count(), 1);
        assert_eq!(Replication::parse("role:master\r\nconnected_slaves:0\r\n"), Replication::default());
    }
}
