//! The connection as diesel uses it.

use std::vec::IntoIter;

use diesel::ConnectionError;
use diesel::connection::{CacheSize, Instrumentation};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::{ConnectionResult, Error as DriverError, QueryResult};
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, Iter};

use super::open_connection::OpenConnection;
use super::row::PgRow;
use super::statement::Statement;

type Rows = Iter<IntoIter<QueryResult<PgRow>>>;

impl OpenConnection {
    fn rows(&self, statement: QueryResult<Statement>) -> BoxFuture<'_, QueryResult<Rows>> {
        async move {
            let answer = self.query(statement?).await.map_err(wrapped)?;
            let rows: Vec<_> = answer.rows.into_iter().map(|row| Ok(PgRow::from(row))).collect();
            Ok(stream::iter(rows))
        }
        .boxed()
    }

    fn count(&self, statement: QueryResult<Statement>) -> BoxFuture<'_, QueryResult<usize>> {
        async move {
            let answer = self.query(statement?).await.map_err(wrapped)?;
            Ok(usize::try_from(answer.affected).unwrap_or(usize::MAX))
        }
        .boxed()
    }
}

/// diesel's own errors have no room for the SQLSTATE, so the error of the server is passed through.
fn wrapped(error: tokio_postgres::Error) -> DriverError {
    DriverError::QueryBuilderError(Box::new(error))
}

impl SimpleAsyncConnection for OpenConnection {
    async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        Self::batch_execute(self, sql).await.map_err(wrapped)
    }
}

impl SimpleAsyncConnection for &OpenConnection {
    async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        OpenConnection::batch_execute(self, sql).await.map_err(wrapped)
    }
}

impl AsyncConnectionCore for OpenConnection {
    type Backend = Pg;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Rows>>;
    type Row<'conn, 'query> = PgRow;
    type Stream<'conn, 'query> = Rows;

    fn load<'conn, 'query, T>(&'conn mut self, query: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        self.rows(Statement::of(&query.as_query()))
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        query: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        self.count(Statement::of(&query))
    }
}

/// Statements on a shared reference are pipelined.
impl<'a> AsyncConnectionCore for &'a OpenConnection {
    type Backend = Pg;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'a, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'a, QueryResult<Rows>>;
    type Row<'conn, 'query> = PgRow;
    type Stream<'conn, 'query> = Rows;

    fn load<'conn, 'query, T>(&'conn mut self, query: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        self.rows(Statement::of(&query.as_query()))
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        query: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        self.count(Statement::of(&query))
    }
}

impl AsyncConnection for OpenConnection {
    type TransactionManager = AnsiTransactionManager;

    async fn establish(_: &str) -> ConnectionResult<Self> {
        // Only the connector connects.
        Err(ConnectionError::InvalidConnectionUrl("connections are not opened by their URL".to_owned()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut self.instrumentation
    }

    fn set_instrumentation(&mut self, _: impl Instrumentation) {}

    fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
}

impl PoolableConnection for OpenConnection {
    fn is_broken(&mut self) -> bool {
        !self.is_open()
    }
}
