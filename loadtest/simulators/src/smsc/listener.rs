//! The running message centre: its port, its tasks, and what a test may ask of it or do to it.

use super::centre::{Centre, Order};
use super::count::Counts;
use super::script::SmscScript;
use super::session::{Shared, serve, tick};
use super::timing::{Span, TextSeen, Waits};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Time for a TLS handshake, and for connections to end when the centre stops.
const HANDSHAKE: Duration = Duration::from_secs(5);
const STOPPING: Duration = Duration::from_secs(2);

/// A message centre on a loopback port. It ends when stopped or dropped.
#[derive(Debug)]
pub struct Smsc {
    address: SocketAddr,
    shared: Arc<Shared>,
    refusing: Arc<AtomicBool>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Smsc {
    /// Listens at `listen` (an address with port; port 0 takes a free one) and serves in the background.
    ///
    /// # Errors
    /// The address is not a loopback address, or cannot be listened at.
    pub async fn start(script: SmscScript, listen: &str) -> io::Result<Self> {
        Self::start_with(script, listen, None).await
    }

    /// As [`Smsc::start`], with TLS on every connection.
    ///
    /// # Errors
    /// As [`Smsc::start`].
    pub async fn start_tls(
        script: SmscScript,
        listen: &str,
        config: Arc<rustls::ServerConfig>,
    ) -> io::Result<Self> {
        Self::start_with(script, listen, Some(TlsAcceptor::from(config))).await
    }

    async fn start_with(script: SmscScript, listen: &str, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let listener = TcpListener::bind(loopback(listen)?).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(Centre::new(script), wall_clock_s()));
        let refusing = Arc::new(AtomicBool::new(false));
        let stop = CancellationToken::new();
        let acceptor =
            Acceptor { listener, tls, shared: Arc::clone(&shared), refusing: Arc::clone(&refusing) };
        let task = tokio::spawn(acceptor.run(stop.clone()));
        Ok(Self { address, shared, refusing, stop, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The totals so far.
    pub fn counts(&self) -> Counts {
        self.shared.centre().counts()
    }

    /// Whole messages accepted for a number, copies included.
    pub fn accepted(&self, number: u64) -> u32 {
        self.shared.centre().books.accepted(number)
    }

    /// Whole messages accepted for a number with exactly this text (the octets that came over the line, without a
    /// header; of a long message all parts together), from whatever sender.
    pub fn copies(&self, number: u64, octets: &[u8]) -> u32 {
        self.shared.centre().copies(number, octets)
    }

    /// When the first and the last part was accepted, and how many there were; `None`: there was none.
    pub fn span(&self) -> Option<Span> {
        self.shared.centre().timing.all.as_ref().map(|seen| self.shared.span(seen))
    }

    /// The same of each text, in no order; bounded to the first few thousand different texts.
    pub fn texts_seen(&self) -> Vec<TextSeen> {
        let centre = self.shared.centre();
        let seen = |(text, seen): &(String, _)| TextSeen { text: text.clone(), span: self.shared.span(seen) };
        centre.timing.texts().map(seen).collect()
    }

    /// How long receipts waited for their acknowledgement, from writing them to reading it.
    pub fn acknowledgement_waits(&self) -> Waits {
        self.shared.centre().timing.acknowledgements.clone()
    }

    /// Every number with a whole message, and how many it got, in no order. To be asked when traffic
    /// rests: new numbers in between may be missed or make others come twice.
    pub fn numbers(&self) -> impl Iterator<Item = (u64, u32)> {
        let mut from = 0;
        let pages = std::iter::from_fn(move || {
            let (entries, next) = self.shared.centre().books.numbers_page(from)?;
            from = next;
            Some(entries)
        });
        pages.flatten()
    }

    /// The last texts received whole for a number, oldest first; needs `keep_texts`.
    pub fn texts_for(&self, number: u64) -> Vec<String> {
        self.shared.centre().books.texts(number)
    }

    /// The last text received whole for a number; needs `keep_texts`.
    pub fn text_for(&self, number: u64) -> Option<String> {
        self.texts_for(number).pop()
    }

    /// Changes the behaviour from the next PDU on. Faults and refused binds are counted anew.
    pub fn script_update(&self, change: impl FnOnce(&mut SmscScript)) {
        let mut centre = self.shared.centre();
        let mut script = centre.plan.script.clone();
        change(&mut script);
        centre.change(script);
        centre.wake_all();
    }

    /// Binds that stand now.
    pub fn binds_now(&self) -> usize {
        self.shared.centre().accounts.iter().map(super::account::Account::binds).sum()
    }

    /// Ends every connection at once, whatever is unwritten.
    pub fn cut_connections(&self) {
        self.shared.centre().order_all(&Order::Cut);
    }

    /// From now on new connections end before the first octet (`true`), or are served again.
    pub fn refuse_connections(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::Release);
    }

    /// Asks every client to unbind; its connection ends with its response.
    pub fn send_unbind(&self) {
        self.shared.centre().order_all(&Order::Unbind);
    }

    /// Writes these octets to every connection.
    pub fn inject(&self, octets: &[u8]) {
        self.shared.centre().order_all(&Order::Write(octets.to_vec()));
    }

    /// Waits until the counts are so; `false` when they are not in time.
    pub async fn wait_for(&self, mut so: impl FnMut(&Counts) -> bool, within: Duration) -> bool {
        let wait = async {
            loop {
                let changed = self.shared.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if so(&self.counts()) {
                    return;
                }
                changed.await;
            }
        };
        timeout(within, wait).await.is_ok()
    }

    /// Ends every connection and gives the port back. The counts can be read before, not after.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if timeout(STOPPING, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Acceptor {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    refusing: Arc<AtomicBool>,
}

impl Acceptor {
    async fn run(self, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        connections.spawn(tick(Arc::clone(&self.shared)));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => {
                    // A connection that failed while it waited says nothing about the next one.
                    let Ok((stream, _)) = accepted else { continue };
                    if !self.refusing.load(Ordering::Acquire) {
                        connections.spawn(welcome(Arc::clone(&self.shared), stream, self.tls.clone()));
                    }
                }
            }
        }
        connections.shutdown().await;
    }
}

async fn welcome(shared: Arc<Shared>, mut stream: TcpStream, tls: Option<TlsAcceptor>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection lost before it was served");
        return;
    }
    let Some(tls) = tls else {
        let (reader, writer) = stream.split();
        return serve(shared, reader, writer).await;
    };
    match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let (reader, writer) = tokio::io::split(stream);
            serve(shared, reader, writer).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake took too long"),
    }
}

fn loopback(listen: &str) -> io::Result<SocketAddr> {
    let refuse = |why: &str| {
        let text =
            format!("listen = {listen:?} {why}; use 127.0.0.1:PORT or [::1]:PORT (port 0: any free one)");
        io::Error::new(io::ErrorKind::InvalidInput, text)
    };
    let address: SocketAddr = listen.parse().map_err(|_| refuse("is not an address with a port"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(refuse("is not a loopback address, and a simulator serves this machine only"))
    }
}

/// Seconds since 1970. The carrier's calendar is its own, not a parameter of its client.
#[expect(clippy::disallowed_methods, reason = "a simulated carrier dates receipts by a clock of its own")]
fn wall_clock_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
