//! Every user, a page at a time. Findings count, and never name anybody.

use auth_domain::model::{Email, Role, Timing, UserStatus};
use auth_domain::ports::Finding;
use diesel::result::QueryResult;
use diesel::{ExpressionMethods, QueryDsl, TextExpressionMethods};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::database::PostgresDatabase;
use crate::error::StoreError;
use crate::pool::Lease;
use crate::schema::users;

/// How many rows are in memory at once.
const PAGE: i64 = 5_000;

const NOT_CANONICAL: &str = "have an email that is not trimmed and lower-cased, and are never found; store \
                             it as it is looked up";
const STATUS: &str = "have a status that is neither 0 nor 1, and get an error; set one of these";
const ROLE: &str = "have a role that is none of 0, 1, 10, 20, and get an error; set one of these";
const REFUSED: &str =
    "have an email that is none by the rule of HTML forms, and cannot log in here; give them another";

/// Id, email, status, role, and whether the hash has the form that this service writes; null without one.
type Row = (Uuid, String, i32, i32, Option<bool>);

/// How many users there are of each kind.
#[derive(Default)]
struct Counts {
    users: u64,
    refused: u64,
    not_canonical: u64,
    unknown_status: u64,
    unknown_role: u64,
    current: u64,
    legacy: u64,
    without_password: u64,
}

/// Looks at each row, as far as the time goes.
pub(crate) async fn examine(database: &PostgresDatabase, timing: Timing) -> Result<Vec<Finding>, StoreError> {
    let (mut counts, mut last) = (Counts::default(), Uuid::nil());
    loop {
        let page = match page_after(database, last, timing).await {
            Ok(page) => page,
            Err(StoreError::Silent | StoreError::TooLate) => return Ok(counts.findings(false)),
            Err(error) => return Err(error),
        };
        let Some(row) = page.last() else {
            return Ok(counts.findings(true));
        };
        last = row.0;
        for row in &page {
            counts.add(row);
        }
    }
}

async fn page_after(database: &PostgresDatabase, last: Uuid, timing: Timing) -> Result<Vec<Row>, StoreError> {
    let lease = database.lease(timing).await?;
    lease.run(read(&lease, last)).await
}

async fn read(lease: &Lease, last: Uuid) -> QueryResult<Vec<Row>> {
    let mut connection: &AsyncPgConnection = lease;
    let is_current = users::password_hash.like("$argon2id$%");
    let rows = users::table.select((users::id, users::email, users::status, users::role, is_current));
    rows.filter(users::id.gt(last)).order(users::id).limit(PAGE).load(&mut connection).await
}

impl Counts {
    fn add(&mut self, (_, email, status, role, is_current): &Row) {
        self.users += 1;
        match Email::parse(email) {
            Err(_) => self.refused += 1,
            Ok(canonical) => self.not_canonical += u64::from(canonical.as_str() != email),
        }
        self.unknown_status += u64::from(UserStatus::from_code(*status).is_none());
        self.unknown_role += u64::from(Role::from_code(*role).is_none());
        match is_current {
            None => self.without_password += 1,
            Some(true) => self.current += 1,
            Some(false) => self.legacy += 1,
        }
    }

    fn findings(&self, is_complete: bool) -> Vec<Finding> {
        let mut findings = vec![Finding::good(format!(
            "of {} users {} have a hash as this service writes it, {} one of the older format, {} none",
            self.users, self.current, self.legacy, self.without_password
        ))];
        let odd = [
            (self.not_canonical, NOT_CANONICAL),
            (self.refused, REFUSED),
            (self.unknown_status, STATUS),
            (self.unknown_role, ROLE),
        ];
        // They keep these users out, and nobody else.
        let odd = odd.into_iter().filter(|(count, _)| *count > 0);
        findings.extend(odd.map(|(count, text)| Finding::warning(format!("{count} users {text}"))));
        if !is_complete {
            findings.push(Finding::warning("the time was up before every user was looked at; allow more"));
        }
        findings
    }
}
