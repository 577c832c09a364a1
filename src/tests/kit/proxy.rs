//! A line between the gateway and its database that is cut at the worst moment, or goes dead without a word.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// As a driver writes it: a plain query.
const COMMIT: &[u8] = b"COMMIT\0";
const READ_OCTETS: usize = 64 * 1024;

/// When a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The commit never reaches the server.
    BeforeCommit,
    /// The server has committed; its answer never comes back.
    AfterCommit,
    /// Whatever is asked next is done, and never answered.
    AfterAnything,
}

pub(crate) struct Proxy {
    server: SocketAddr,
    address: SocketAddr,
    line: Arc<Line>,
    listening: JoinHandle<()>,
}

struct Line {
    ordered: Mutex<VecDeque<Cut>>,
    made: AtomicUsize,
    dead: watch::Sender<bool>,
}

impl Proxy {
    /// To the server that this address of a database names.
    pub(crate) async fn start(url: &str) -> Self {
        let server = place(url).parse().expect("host and port of the server");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let line = Arc::new(Line {
            ordered: Mutex::default(),
            made: AtomicUsize::new(0),
            dead: watch::Sender::new(false),
        });
        let listening = tokio::spawn(listen(listener, server, line.clone()));
        Self { server, address, line, listening }
    }

    /// The same database by way of the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(&self.server.to_string(), &self.address.to_string())
    }

    pub(crate) fn order(&self, cut: Cut) {
        self.line.ordered.lock().unwrap_or_else(PoisonError::into_inner).push_back(cut);
    }

    /// Cuts made so far.
    pub(crate) fn made(&self) -> usize {
        self.line.made.load(Ordering::SeqCst)
    }

    /// Lets nothing through, in either direction, and ends no connection; or lets it through again.
    pub(crate) fn stall(&self, dead: bool) {
        self.line.dead.send_replace(dead);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn place(url: &str) -> &str {
    let behind_user = url.rsplit('@').next().expect("a user");
    behind_user.split('/').next().expect("host and port")
}

async fn listen(listener: TcpListener, server: SocketAddr, line: Arc<Line>) {
    while let Ok((client, _)) = listener.accept().await {
        let line = line.clone();
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                line.carry(client, server).await;
            }
        });
    }
}

impl Line {
    /// Until one side or an order ends it; both connections fall with the return.
    async fn carry(&self, mut client: TcpStream, mut server: TcpStream) {
        let mut dead = self.dead.subscribe();
        let (mut asked, mut answered) = (vec![0; READ_OCTETS], vec![0; READ_OCTETS]);
        loop {
            if dead.wait_for(|dead| !dead).await.is_err() {
                return;
            }
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(octets @ 1..) = read else { return };
                    let cut = self.due(&asked[..octets]);
                    if cut == Some(Cut::BeforeCommit) || server.write_all(&asked[..octets]).await.is_err() {
                        return;
                    }
                    if cut.is_some() {
                        // Its answer shows that it was done; nobody else will see it.
                        let _answer = server.read(&mut answered).await;
                        return;
                    }
                }
                read = server.read(&mut answered) => {
                    let Ok(octets @ 1..) = read else { return };
                    if client.write_all(&answered[..octets]).await.is_err() {
                        return;
                    }
                }
                _changed = dead.changed() => {}
            }
        }
    }

    /// The cut that these octets bring about.
    fn due(&self, asked: &[u8]) -> Option<Cut> {
        let mut ordered = self.ordered.lock().unwrap_or_else(PoisonError::into_inner);
        let next = *ordered.front()?;
        let commits = asked.windows(COMMIT.len()).any(|octets| octets == COMMIT);
        if !commits && next != Cut::AfterAnything {
            return None;
        }
        ordered.pop_front();
        self.made.fetch_add(1, Ordering::SeqCst);
        Some(next)
    }
}
