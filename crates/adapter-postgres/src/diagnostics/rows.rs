//! Diagnostics of the rows of `users`, read in pages. The results are counts without names.

use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, HashKind, UserCounts};
use diesel::result::QueryResult;
use diesel::{ExpressionMethods, QueryDsl, TextExpressionMethods};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::connection::{Connections, Lease};
use crate::error::StoreError;
use crate::schema::users;

/// The number of rows in memory at a time.
const PAGE_SIZE: i64 = 5_000;

/// Id, tenant, email, status, role, and whether the hash is a PHC string of Argon2id.
type Row = (Uuid, Option<Uuid>, Option<String>, Option<i32>, Option<i32>, Option<bool>);

/// Checks each row, until the deadline.
pub(crate) async fn diagnose_users(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let (mut counts, mut last) = (UserCounts::default(), Uuid::nil());
    loop {
        let page = match page_after(connections, last, request_time).await {
            Ok(page) => page,
            Err(StoreError::TimedOut | StoreError::DeadlinePassed) => return Ok(incomplete(&counts)),
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
    connections: &Connections,
    last: Uuid,
    request_time: RequestTime,
) -> Result<Vec<Row>, StoreError> {
    let connection = connections.pooled(request_time).await?;
    connection.run(read(&connection, last)).await
}

async fn read(pooled: &Lease, last: Uuid) -> QueryResult<Vec<Row>> {
    let mut connection: &AsyncPgConnection = pooled;
    let is_argon2id = users::password_hash.like("$argon2id$%");
    let rows = users::table.select((
        users::id,
        users::tenant_id,
        users::email,
        users::status,
        users::role,
        is_argon2id,
    ));
    rows.filter(users::id.gt(last)).order(users::id).limit(PAGE_SIZE).load(&mut connection).await
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

fn incomplete(counts: &UserCounts) -> Vec<Check> {
    let warning = Check::warning(
        "the deadline passed before every user was checked; repeat when the server is less busy",
    );
    counts.checks().into_iter().chain([warning]).collect()
}
