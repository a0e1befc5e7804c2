//! The check of a history.

use std::collections::BTreeMap;

use super::access;
use super::call::{Answer, Call, Operation};
use super::refreshes::{self, Judgement};
use super::report::{Report, Violation};
use super::rules::Rules;
use super::session::Session;

/// Checks the history of each session against the rules.
pub fn check(calls: &[Call], rules: &Rules) -> Report {
    let mut sessions: BTreeMap<usize, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        sessions.entry(call.session).or_default().push(call);
    }
    let mut report = Report {
        calls: calls.len(),
        sessions: sessions.len(),
        unavailable: calls.iter().filter(|call| call.is_open()).count(),
        longest: calls.iter().map(Call::time).max().unwrap_or_default(),
        ..Report::default()
    };
    for session in sessions.values_mut() {
        session.sort_by_key(|call| call.start);
        let session = Session { calls: session, rules };
        report.open += usize::from(session.is_open());
        for call in session.calls {
            add(&mut report, session, call, judge(session, call));
        }
    }
    add_strangers(&mut report, &sessions, rules);
    report
}

fn add(report: &mut Report, session: Session<'_>, call: &Call, judgement: Judgement) {
    match judgement {
        Ok(None) => (),
        Ok(Some(exception)) => report.except(exception, call),
        Err(violation) => {
            let calls = session.calls.iter().copied().cloned().collect();
            report.violations.push((violation, call.clone(), calls));
        }
    }
}

fn judge(session: Session<'_>, call: &Call) -> Judgement {
    if call.time() > session.rules.limit {
        return Err(Violation::TooSlow);
    }
    match (&call.operation, &call.answer) {
        (_, Answer::Lost | Answer::Unavailable { .. }) | (Operation::Login, Answer::Tokens(_)) => Ok(None),
        (Operation::Refresh { .. }, Answer::Tokens(_)) => {
            let alive = access::alive(session, call)?;
            Ok(refreshes::accepted(session, call)?.or(alive))
        }
        (Operation::Verify { .. } | Operation::Logout { .. }, Answer::Done) => access::alive(session, call),
        (Operation::Refresh { .. }, Answer::Rejected { code, .. }) if code == "invalid_refresh_token" => {
            refreshes::rejected(session, call)
        }
        (Operation::Verify { access } | Operation::Logout { access, .. }, Answer::Rejected { code, .. })
            if code == "invalid_token" =>
        {
            access::rejected(session, call, *access)
        }
        (Operation::Logout { token, .. }, Answer::Rejected { code, .. })
            if code == "invalid_refresh_token" =>
        {
            access::not_owned(session, call, *token)
        }
        // The load has no limit of its own: a retry too many is a fault of the load.
        (
            _,
            Answer::Tokens(_) | Answer::Done | Answer::Rejected { .. } | Answer::Limited | Answer::Wrong(_),
        ) => Err(Violation::WrongAnswer),
    }
}

/// Finds tokens that are not of their caller: each user has one subject, and each session one id that no other has.
fn add_strangers(report: &mut Report, sessions: &BTreeMap<usize, Vec<&Call>>, rules: &Rules) {
    let (mut subjects, mut users) = (BTreeMap::new(), BTreeMap::new());
    let (mut ids, mut numbers) = (BTreeMap::new(), BTreeMap::new());
    for calls in sessions.values() {
        for call in calls {
            let Some(issued) = call.issued() else { continue };
            let is_own = *subjects.entry(call.user).or_insert(issued.subject) == issued.subject
                && *users.entry(issued.subject).or_insert(call.user) == call.user
                && *ids.entry(call.session).or_insert(issued.session) == issued.session
                && *numbers.entry(issued.session).or_insert(call.session) == call.session;
            if !is_own {
                add(report, Session { calls, rules }, call, Err(Violation::NotTheCallers));
            }
        }
    }
}
