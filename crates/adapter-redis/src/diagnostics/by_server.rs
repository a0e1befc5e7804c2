//! The checks of several servers, in one list.

use auth_domain::ports::Check;

/// Joins the checks of each primary. A check that is the same for all is there once; another one names its server.
pub(super) fn by_server(servers: &[(String, Vec<Check>)]) -> Vec<Check> {
    if let [(_, checks)] = servers {
        return checks.clone();
    }
    let mut joined: Vec<Check> = Vec::new();
    for (address, checks) in servers {
        for check in checks {
            let is_common = servers.iter().all(|(_, others)| others.contains(check));
            let subject = if is_common { "each primary" } else { address };
            let named = Check { text: format!("{subject}: {}", check.text), ..check.clone() };
            if !joined.contains(&named) {
                joined.push(named);
            }
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_that_differ_name_their_server() {
        let (primary, full) = (Check::ok("it is the primary"), Check::error("it is full; delete keys"));
        let one = [("a:1".to_owned(), vec![primary.clone()])];
        assert_eq!(by_server(&one), one[0].1);
        let two = [("a:1".to_owned(), vec![primary.clone()]), ("b:1".to_owned(), vec![primary, full])];
        let expected =
            [Check::ok("each primary: it is the primary"), Check::error("b:1: it is full; delete keys")];
        assert_eq!(by_server(&two), expected);
    }
}
