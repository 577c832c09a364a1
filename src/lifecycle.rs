//! How the process is told to stop (the first signal drains, the second ends at once), or to read its settings again.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGHUP: read the settings again.
///
/// # Errors
/// If the signal can't be listened to.
pub fn reload_signal() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// A token that is cancelled by SIGINT or SIGTERM. A second signal ends the process with exit code 130.
///
/// # Errors
/// If the signals can't be listened to.
pub fn stop_signal() -> std::io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let mut first = true;
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
                else => return,
            }
            if first {
                tracing::info!("stopping: draining lanes; a second signal ends at once");
                told.cancel();
                first = false;
            } else {
                std::process::exit(130);
            }
        }
    });
    Ok(stop)
}
