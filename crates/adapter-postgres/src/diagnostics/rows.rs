//! Diagnostics of the rows of `users`, read in pages. The results are counts without names.

use auth_domain::model::{HashUse, PasswordHash, RequestTime};
use auth_domain::observation::Operation;
use auth_domain::ports::{Check, UserCounts};
use diesel::result::QueryResult;
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::connection::{Connections, Lease, OpenConnection};
use crate::error::StoreError;
use crate::schema::users;

/// The number of rows in memory at a time.
const PAGE_SIZE: i64 = 5_000;

/// Id, tenant, email, status, role, and the hash.
type Row = (Uuid, Option<Uuid>, Option<String>, Option<i32>, Option<i32>, Option<String>);

/// Checks each row, until the deadline.
pub(crate) async fn diagnose_users(
    connections: &Connections,
    usability: &(dyn Fn(&PasswordHash) -> HashUse + Send + Sync),
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
        for row in page {
            count(&mut counts, row, usability);
        }
    }
}

async fn page_after(
    connections: &Connections,
    last: Uuid,
    request_time: RequestTime,
) -> Result<Vec<Row>, StoreError> {
    let connection = connections.pooled(request_time).await?;
    connection.run(Operation::Check, read(&connection, last)).await
}

async fn read(pooled: &Lease, last: Uuid) -> QueryResult<Vec<Row>> {
    let mut connection: &OpenConnection = pooled;
    let rows = users::table.select((
        users::id,
        users::tenant_id,
        users::email,
        users::status,
        users::role,
        users::password_hash,
    ));
    rows.filter(users::id.gt(last)).order(users::id).limit(PAGE_SIZE).load(&mut connection).await
}

fn count(
    counts: &mut UserCounts,
    (_, tenant, email, status, role, hash): Row,
    usability: &dyn Fn(&PasswordHash) -> HashUse,
) {
    let hash = hash.map(|text| usability(&PasswordHash::new(text)));
    counts.add(email.as_deref(), status, role, hash);
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
