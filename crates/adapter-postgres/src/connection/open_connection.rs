//! An open connection, and the statements on it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::InstrumentationEvent;
use diesel_async::AnsiTransactionManager;
use futures_util::TryStreamExt;
use futures_util::future::join3;
use tokio_postgres::{Client, Error, Row, RowStream};

use super::protocol::begin;
use super::socket::SocketTask;
use super::statement::Statement;
use super::timeouts::STATEMENT;
use crate::config::Pooler;

/// A connection. Several callers may use it at the same time; their statements are pipelined.
pub(crate) struct OpenConnection {
    client: Client,
    /// `None`: the caller has it.
    socket: Option<SocketTask>,
    /// How statements are sent: prepared, or in transactions for a pooler. `None`: unnamed, in the transactions of the caller.
    pooler: Option<Pooler>,
    /// The process of the server in which the first statement ran.
    first_process: String,
    prepared: Mutex<HashMap<String, tokio_postgres::Statement>>,
    /// Held while a transaction is sent, so that no other statement gets into it.
    sending: Mutex<()>,
    is_unusable: AtomicBool,
    /// Whether another user or server is configured now.
    is_retired: Arc<AtomicBool>,
    pub(super) transactions: AnsiTransactionManager,
    pub(super) instrumentation: fn(InstrumentationEvent<'_>),
}

/// The answer to a statement.
pub(super) struct Answer {
    pub(super) rows: Vec<Row>,
    /// The number of rows that were written or read.
    pub(super) affected: u64,
}

impl OpenConnection {
    pub(super) fn new(
        client: Client,
        socket: SocketTask,
        pooler: Pooler,
        first_process: String,
        is_retired: Arc<AtomicBool>,
    ) -> Self {
        let (prepared, sending, is_unusable) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        let transactions = AnsiTransactionManager::default();
        Self {
            client,
            socket: Some(socket),
            pooler: Some(pooler),
            first_process,
            prepared,
            sending,
            is_unusable,
            is_retired,
            transactions,
            instrumentation: |_| (),
        }
    }

    /// Sends unnamed statements from now on, in the transactions that the caller begins and ends. Dropping the socket task closes the
    /// connection while the connection is in use elsewhere.
    pub(crate) fn for_migrations(mut self) -> (Self, Option<SocketTask>) {
        let socket = self.socket.take();
        (Self { pooler: None, ..self }, socket)
    }

    /// Whether statements can still be sent.
    pub(super) fn is_open(&self) -> bool {
        self.socket.as_ref().is_some_and(SocketTask::is_open)
            && !self.client.is_closed()
            && !self.is_unusable.load(Ordering::Relaxed)
            && !self.is_retired.load(Ordering::Acquire)
    }

    /// Whether the connection must not be used again, because a statement may still be running on it.
    pub(super) fn set_unusable(&self, is_unusable: bool) {
        self.is_unusable.store(is_unusable, Ordering::Relaxed);
    }

    pub(crate) fn first_process(&self) -> &str {
        &self.first_process
    }

    pub(super) async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }

    pub(super) async fn query(&self, statement: Statement) -> Result<Answer, Error> {
        match self.pooler {
            Some(Pooler::None) => self.query_prepared(statement).await,
            Some(Pooler::Transaction) => self.query_within(STATEMENT, statement).await,
            None => self.query_unnamed(statement).await,
        }
    }

    /// Runs a statement in a transaction in which it may take longer than others.
    pub(crate) async fn query_with_timeout(&self, timeout: Duration, sql: &str) -> Result<Vec<Row>, Error> {
        let statement = Statement { sql: sql.to_owned(), parameters: Vec::new() };
        Ok(self.query_within(timeout, statement).await?.rows)
    }

    async fn query_prepared(&self, statement: Statement) -> Result<Answer, Error> {
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(&statement.sql).cloned();
        let prepared = if let Some(prepared) = known {
            prepared
        } else {
            let prepared = self.client.prepare_typed(&statement.sql, &statement.types()).await?;
            let mut all = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(statement.sql).or_insert(prepared).clone()
        };
        let values: Vec<_> = statement.parameters.into_iter().map(|(value, _)| value).collect();
        Answer::read(self.client.query_raw(&prepared, values).await?).await
    }

    async fn query_unnamed(&self, statement: Statement) -> Result<Answer, Error> {
        Answer::read(self.client.query_typed_raw(&statement.sql, statement.parameters).await?).await
    }

    /// Sends the transaction without waiting for the answers in between.
    async fn query_within(&self, timeout: Duration, statement: Statement) -> Result<Answer, Error> {
        let opening = begin(timeout);
        let mut transaction = pin!(join3(
            self.batch_execute(&opening),
            self.query_unnamed(statement),
            self.batch_execute("COMMIT")
        ));
        let mut is_sent = false;
        // The first poll sends all three.
        let (opened, answer, committed) = poll_fn(|context| {
            let is_first = !std::mem::replace(&mut is_sent, true);
            let _sending = is_first.then(|| self.sending.lock().unwrap_or_else(PoisonError::into_inner));
            transaction.as_mut().poll(context)
        })
        .await;
        opened?;
        let answer = answer?;
        committed.map(|()| answer)
    }
}

impl Answer {
    async fn read(stream: RowStream) -> Result<Self, Error> {
        let (mut stream, mut rows) = (pin!(stream), Vec::new());
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        Ok(Self { rows, affected: stream.rows_affected().unwrap_or_default() })
    }
}
