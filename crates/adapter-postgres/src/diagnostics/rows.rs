//! Every user, a page at a time. Checks count, and never name anybody.

use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, HashKind, UserCounts};
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

/// Id, tenant, email, status, role, and whether the hash is a PHC string; null without a hash.
type Row = (Uuid, Option<Uuid>, Option<String>, Option<i32>, Option<i32>, Option<bool>);

/// Looks at each row, as far as the time goes.
pub(crate) async fn diagnose(
    database: &PostgresDatabase,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let (mut counts, mut last) = (UserCounts::default(), Uuid::nil());
    loop {
        let page = match page_after(database, last, request_time).await {
            Ok(page) => page,
            Err(StoreError::Silent | StoreError::TooLate) => return Ok(cut_short(&counts)),
            Err(error) => return Err(error),
        };
        let Some(row) = page.last() else {
            return Ok(counts.checks());
        };
        last = row.0;
        for row in &page {
            count(&mut counts, row);
        }
    }
}

async fn page_after(
    database: &PostgresDatabase,
    last: Uuid,
    request_time: RequestTime,
) -> Result<Vec<Row>, StoreError> {
    let lease = database.lease(request_time).await?;
    lease.run(read(&lease, last)).await
}

async fn read(lease: &Lease, last: Uuid) -> QueryResult<Vec<Row>> {
    let mut connection: &AsyncPgConnection = lease;
    let is_current = users::password_hash.like("$argon2id$%");
    let rows = users::table.select((
        users::id,
        users::tenant_id,
        users::email,
        users::status,
        users::role,
        is_current,
    ));
    rows.filter(users::id.gt(last)).order(users::id).limit(PAGE).load(&mut connection).await
}

fn count(counts: &mut UserCounts, (_, tenant, email, status, role, is_argon2id): &Row) {
    let hash = match is_argon2id {
        Some(true) => HashKind::Argon2id,
        Some(false) => HashKind::Other,
        None => HashKind::None,
    };
    counts.add(email.as_deref(), *status, *role, hash);
    if tenant.is_none() {
        counts.add_damaged();
    }
}

fn cut_short(counts: &UserCounts) -> Vec<Check> {
    let late = Check::warning("the time was up before every user was looked at; allow more");
    counts.checks().into_iter().chain([late]).collect()
}
