//! A Redis server of our own on a free port, without files. It goes when we go, however that happens: the shell that
//! started it waits for the end of its input.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use super::until;

/// The server in the background; the end of our input is its end.
const SCRIPT: &str = "redis-server --port $1 --bind 127.0.0.1 --save '' --appendonly no --loglevel warning >/dev/null 2>&1 & \
                      server=$!; read -r line; kill -9 $server; wait $server 2>/dev/null";

#[derive(Debug)]
pub(crate) struct RedisServer {
    port: u16,
    keeper: Option<Child>,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        let mut server = Self { port, keeper: None };
        server.restart().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it: everything in it is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            keeper.wait().expect("the server's shell ends");
        }
    }

    /// Starts it again, empty, at the same address.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        let keeper = Command::new("sh")
            .args(["-c", SCRIPT, "redis"])
            .arg(self.port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        self.keeper = Some(keeper);
        until("a Redis server that answers", async || self.tell(&["PING"]).await.is_ok()).await;
    }

    /// Gives an order of the administrator's.
    pub(crate) async fn tell(&self, order: &[&str]) -> redis::RedisResult<redis::Value> {
        let client = redis::Client::open(self.url()).expect("its address");
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut command = redis::cmd(order[0]);
        for word in &order[1..] {
            command.arg(*word);
        }
        command.query_async(&mut connection).await
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
