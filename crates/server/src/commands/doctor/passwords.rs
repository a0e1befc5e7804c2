//! Checks of the stored password hashes: their costs, and how many logins per second they allow.

use std::time::Duration;

use auth_domain::model::HashParametersInUse;
use auth_domain::ports::{Check, PortError, PortErrorKind, TurnCost};

use crate::compose::Parts;
use crate::error_chain::error_chain;
use crate::hash_costs::HashCosts;
use crate::memory_limit;

/// A hash that takes longer gives a warning: it leaves few logins per second.
const LONG: Duration = Duration::from_millis(500);

/// Returns the check of the kernel, the costs of stored hashes, and the capacity for rejected logins with the most expensive one.
pub(super) async fn checks(parts: &Parts, timeout: Duration) -> Vec<Check> {
    // First, because it measures the time of a hash.
    let kernel = (parts.password_kernel)();
    let costs = HashCosts { users: &*parts.users, hasher: &*parts.hasher, clock: &*parts.clock };
    let of_hashes = match costs.read(timeout).await {
        Ok((cost, in_use)) => list(&cost, &in_use).into_iter().chain(memory_limit::check(&cost)).collect(),
        Err(error) => vec![Check::error(unreadable(&error))],
    };
    [vec![kernel], of_hashes].concat()
}

/// Returns the message for costs that cannot be read. Only an unreachable store has its remedy here; other errors carry their own.
fn unreadable(error: &PortError) -> String {
    let remedy = match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => {
            "; check that the store can be reached"
        }
        PortErrorKind::Misconfigured | PortErrorKind::Corrupt => "",
    };
    format!("the costs of stored hashes cannot be read: {}{remedy}", error_chain(error))
}

fn list(cost: &TurnCost, in_use: &[HashParametersInUse]) -> Vec<Check> {
    let listed = in_use
        .iter()
        .map(|each| Check::ok(format!("{} stored hashes have the cost {}", each.users, each.parameters)));
    listed.chain([capacity(cost)]).collect()
}

fn capacity(cost: &TurnCost) -> Check {
    let seconds = cost.time.as_secs_f64().max(f64::MIN_POSITIVE);
    let per_second = f64::from(cost.concurrency) / seconds;
    let text = format!(
        "a rejected login costs one hash of {}, {} ms here; that leaves {per_second:.1} rejected logins per second",
        cost.parameters,
        cost.time.as_millis()
    );
    if cost.time > LONG {
        return Check::warning(format!(
            "{text}; set new passwords for the users with the most expensive hashes, or set PASSWORD__UPGRADE=on so that their next login \
             replaces the hash"
        ));
    }
    Check::ok(text)
}

#[cfg(test)]
mod tests {
    use auth_domain::model::HashParameters;
    use auth_domain::ports::Severity;

    use super::*;

    const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1";

    fn cost(millis: u64) -> TurnCost {
        TurnCost {
            parameters: CURRENT.to_owned(),
            time: Duration::from_millis(millis),
            concurrency: 2,
            memory_kib: 19_456,
        }
    }

    // S-09
    #[test]
    fn costs_of_stored_hashes_and_the_capacity_are_listed() {
        let in_use = [HashParametersInUse { parameters: HashParameters::parse(CURRENT).unwrap(), users: 3 }];
        let checks = list(&cost(20), &in_use);
        assert_eq!(checks[0].text, format!("3 stored hashes have the cost {CURRENT}"));
        assert!(checks[1].text.contains("100.0 rejected logins per second"), "{}", checks[1].text);
        assert!(checks.iter().all(|check| check.severity == Severity::Ok));
    }

    #[test]
    fn only_an_unreachable_store_has_the_remedy_here() {
        let remedy = "can be reached";
        assert!(unreadable(&PortError::unavailable("gone")).ends_with(remedy));
        assert!(!unreadable(&PortError::misconfigured("no table")).contains(remedy));
    }

    // S-09
    #[test]
    fn a_hash_that_takes_half_a_second_is_a_warning() {
        let check = capacity(&cost(1_000));
        assert_eq!(check.severity, Severity::Warning);
        assert!(check.text.contains("2.0 rejected logins per second"), "{}", check.text);
    }
}
