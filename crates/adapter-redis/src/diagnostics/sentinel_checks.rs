//! The checks of the sentinels.

use auth_domain::ports::{Check, PortErrorKind};

/// What a sentinel of the URL answers.
pub(super) struct SentinelReply {
    pub(super) address: String,
    /// The primary that it names, or the error.
    pub(super) primary: Result<String, (PortErrorKind, String)>,
    /// The error of `SENTINEL CKQUORUM`, if a failover is not possible.
    pub(super) no_quorum: Option<String>,
    /// The error of a user who may not ask for the quorum or the other sentinels.
    pub(super) unchecked: Option<String>,
    /// The number of other sentinels that it knows, if the user may ask.
    pub(super) others: Option<usize>,
}

/// Checks the sentinels of the URL. `followed` is the primary that this process uses.
pub(super) fn sentinel_checks(followed: &str, replies: &[SentinelReply]) -> Vec<Check> {
    let agreeing = |reply: &&SentinelReply| reply.primary.as_ref().is_ok_and(|named| named == followed);
    let agreeing = replies.iter().filter(agreeing).count();
    let mut checks =
        vec![Check::ok(format!("{agreeing} of {} sentinels name {followed} as the primary", replies.len()))];
    checks.extend(replies.iter().filter_map(|reply| disagreement(followed, reply)));
    if let Some(reason) = replies.iter().find_map(|reply| reply.no_quorum.as_deref()) {
        checks.push(Check::warning(format!(
            "the sentinels cannot replace a failed primary ({reason}); start the other sentinels, and check the quorum of `sentinel \
             monitor`"
        )));
    }
    if let Some(reply) = replies.iter().find(|reply| reply.unchecked.is_some()) {
        checks.push(Check::warning(format!(
            "the sentinel {} cannot be asked for its quorum and the other sentinels ({}); grant +sentinel|ckquorum and \
             +sentinel|sentinels to sentinel_user on each sentinel",
            reply.address,
            reply.unchecked.as_deref().unwrap_or_default()
        )));
    }
    let known = replies.iter().filter_map(|reply| reply.others).max().map_or(0, |others| others + 1);
    if known > replies.len() {
        checks.push(Check::warning(format!(
            "there are {known} sentinels, and REDIS__URL names {}: if those fail, the primary cannot be found; name all of them",
            replies.len()
        )));
    }
    checks
}

fn disagreement(followed: &str, reply: &SentinelReply) -> Option<Check> {
    let address = &reply.address;
    match &reply.primary {
        Ok(named) if named == followed => None,
        Ok(named) => Some(Check::warning(format!(
            "the sentinel {address} names {named} as the primary and not {followed}; check its network, and that it monitors the \
             same servers"
        ))),
        Err((PortErrorKind::Unavailable, error)) => Some(Check::warning(format!(
            "the sentinel {address} does not answer ({error}); start it, or remove it from REDIS__URL"
        ))),
        Err((_, error)) => {
            Some(Check::warning(format!("the sentinel {address} rejects the command: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Severity;

    use super::*;

    fn reply(address: &str, primary: Result<&str, (PortErrorKind, &str)>) -> SentinelReply {
        SentinelReply {
            address: address.to_owned(),
            primary: primary.map(str::to_owned).map_err(|(kind, error)| (kind, error.to_owned())),
            no_quorum: None,
            unchecked: None,
            others: Some(2),
        }
    }

    #[test]
    fn sound_sentinels_are_one_check() {
        let replies = ["s1:1", "s2:1", "s3:1"].map(|address| reply(address, Ok("db1:1")));
        let checks = sentinel_checks("db1:1", &replies);
        assert_eq!(checks, [Check::ok("3 of 3 sentinels name db1:1 as the primary")]);
    }

    #[test]
    fn sentinels_that_disagree_or_are_missing_are_named() {
        let mut replies = [
            reply("s1:1", Ok("db1:1")),
            reply("s2:1", Ok("db2:1")),
            reply("s3:1", Err((PortErrorKind::Unavailable, "refused"))),
            reply("s4:1", Err((PortErrorKind::Misconfigured, "REDIS__URL: wrong"))),
        ];
        replies[0].no_quorum = Some("NOQUORUM 1 usable".to_owned());
        replies[0].others = Some(4);
        replies[1].unchecked = Some("NOPERM".to_owned());
        let checks = sentinel_checks("db1:1", &replies);
        let starts = [
            "1 of 4 sentinels name db1:1",
            "the sentinel s2:1 names db2:1 as the primary and not db1:1",
            "the sentinel s3:1 does not answer (refused)",
            "the sentinel s4:1 rejects the command: REDIS__URL: wrong",
            "the sentinels cannot replace a failed primary (NOQUORUM 1 usable)",
            "the sentinel s2:1 cannot be asked for its quorum and the other sentinels (NOPERM)",
            "there are 5 sentinels, and REDIS__URL names 4",
        ];
        assert_eq!(checks.len(), starts.len(), "{checks:?}");
        assert!(checks.iter().zip(starts).all(|(check, start)| check.text.starts_with(start)), "{checks:?}");
        assert!(checks[1..].iter().all(|check| check.severity == Severity::Warning));
    }
}
