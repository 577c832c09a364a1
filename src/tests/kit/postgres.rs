//! A PostgreSQL server of our own (see `postgres.sh`, which does the work and dies with us) and fresh databases in it.
//! With LOA_TEST_POSTGRES set (`postgres.sh DIR PORT -- cargo nextest run`) all test processes share one server.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use loa::ledger::postgres::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};
use tokio::sync::OnceCell;

const SCRIPT: &str = include_str!("postgres.sh");

/// A port that was free a moment ago may be taken by the time the server binds it.
const START_TRIES: usize = 5;

/// Test processes make the template one after another; the number is ours alone on a server of our own.
const TEMPLATE_LOCK: &str = "SELECT pg_advisory_lock(4711)";

/// A running server. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    /// None: somebody else's (LOA_TEST_POSTGRES).
    keeper: Option<Mutex<Keeper>>,
    url: String,
}

/// The script, with a line to it. When the line breaks, also by a kill of this process, it cleans up.
#[derive(Debug)]
struct Keeper {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl PostgresServer {
    /// Starts a server of its own; returns when it takes connections.
    pub(crate) fn start() -> Self {
        let mut last = String::new();
        for _ in 0..START_TRIES {
            match Keeper::start() {
                Ok((keeper, url)) => return Self { keeper: Some(Mutex::new(keeper)), url },
                Err(why) => last = why,
            }
        }
        panic!("no PostgreSQL for the tests: {last}");
    }

    /// The server that all tests of this process (or, by LOA_TEST_POSTGRES, of all processes) share. Tests that stop
    /// or change a server start their own.
    pub(crate) async fn shared() -> &'static Self {
        static SHARED: OnceCell<PostgresServer> = OnceCell::const_new();
        SHARED
            .get_or_init(|| async {
                match std::env::var_os("LOA_TEST_POSTGRES").map(OsString::into_string) {
                    Some(Ok(url)) => Self { keeper: None, url },
                    Some(Err(_)) | None => Self::start(),
                }
            })
            .await
    }

    /// The address of a database on this server, whether it exists or not.
    pub(crate) fn url_of(&self, name: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').expect("postgres://user@host:port/database");
        format!("{server}/{name}")
    }

    /// A fresh, migrated, empty ledger.
    pub(crate) async fn database(&self, name: &str) -> String {
        let mut admin = self.admin().await;
        raw_sql(TEMPLATE_LOCK).execute(&mut admin).await.expect("template lock");
        if !self.has_database(&mut admin, "loa_template").await {
            self.make_template(&mut admin).await;
        }
        self.make(&mut admin, name, "TEMPLATE loa_template").await
    }

    /// The same under a name of its own.
    pub(crate) async fn fresh(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        self.database(&format!("fault_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))).await
    }

    /// A fresh database with nothing in it, not even a ledger.
    pub(crate) async fn empty_database(&self, name: &str) -> String {
        let mut admin = self.admin().await;
        self.make(&mut admin, name, "TEMPLATE template0").await
    }

    /// Runs statements in one of its databases, as an outsider would.
    pub(crate) async fn run(&self, database: &str, statements: &str) {
        let mut connection = PgConnection::connect(&self.url_of(database)).await.expect("connect");
        raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("statements");
    }

    /// Stops the server as an administrator would: connections are cut, what was committed stays.
    pub(crate) fn stop(&self) {
        self.order("stop");
    }

    /// Starts it again after [`PostgresServer::stop`], at the same address.
    pub(crate) fn restart(&self) {
        self.order("start");
    }

    fn order(&self, word: &str) {
        let keeper = self.keeper.as_ref().expect("a shared server is not ours to stop: start() one");
        let mut keeper: MutexGuard<'_, Keeper> = keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.order(word).expect("the server obeys");
    }

    async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("connect to the maintenance database")
    }

    async fn has_database(&self, admin: &mut PgConnection, name: &str) -> bool {
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(admin)
            .await
            .expect("list of databases")
    }

    async fn make_template(&self, admin: &mut PgConnection) {
        let url = self.make(admin, "loa_template_half", "TEMPLATE template0").await;
        Postgres::open(&url, true).await.expect("migrate the template").close().await;
        raw_sql("ALTER DATABASE loa_template_half RENAME TO loa_template")
            .execute(admin)
            .await
            .expect("rename");
    }

    async fn make(&self, admin: &mut PgConnection, name: &str, how: &str) -> String {
        for statement in [
            format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
            format!("CREATE DATABASE \"{name}\" {how}"),
        ] {
            raw_sql(AssertSqlSafe(statement)).execute(&mut *admin).await.expect("make a database");
        }
        self.url_of(name)
    }
}

impl Keeper {
    fn start() -> Result<(Self, String), String> {
        let dir =
            tempfile::Builder::new().prefix("loa-postgres-").tempdir().map_err(|e| e.to_string())?.keep();
        let mut process = Command::new("sh")
            .args(["-c", SCRIPT, "postgres.sh"])
            .arg::<&Path>(&dir)
            .arg(free_port().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().ok_or("no standard output")?);
        let mut keeper = Self { process, orders, answers };
        let url = keeper.answer()?;
        Ok((keeper, url))
    }

    fn order(&mut self, word: &str) -> Result<String, String> {
        let orders = self.orders.as_mut().ok_or("already closed")?;
        writeln!(orders, "{word}").map_err(|e| e.to_string())?;
        self.answer()
    }

    /// The script bounds its own waiting, so this read is bounded too.
    fn answer(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| e.to_string())?;
        match line.trim_end().split_once(' ') {
            Some(("ready", url)) => Ok(url.to_owned()),
            None if line.trim_end() == "stopped" => Ok(String::new()),
            Some(_) | None => Err(line),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Nothing sensible can be done about a failure here.
        drop(self.process.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
