//! Connections: TLS or plain, from a TCP port or carried out of a machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nightproof_connection::Limits;
use nightproof_core::vpc_origin::InstanceOrigin;
use nightproof_core::{Region, Tls};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use super::peer::Peer;
use super::stack::LayerStack;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may neither send nor take anything once the region stops.
const STANDSTILL: Duration = Duration::from_secs(1);

/// Bytes of TLS records that are read at once: a whole record, of which rustls by itself takes 4 KiB. A connection holds them until it closes.
/// <https://www.rfc-editor.org/rfc/rfc8446#section-5.2>
const READ_AT_ONCE: usize = 5 + 16 * 1024 + 256;

/// A listening port of the region.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on loopback; port 0 takes a free one.
    pub async fn bind(port: u16) -> std::io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// The address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until the region stops; each connection is a task of the region.
    pub fn serve(self, region: &Region, stack: &Arc<LayerStack>, tls: bool) {
        let (region, stack) = (region.clone(), Arc::clone(stack));
        region.tasks().clone().spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = region.stopping().cancelled() => return,
                    accepted = self.socket.accept() => accepted,
                };
                let Ok((stream, from)) = accepted else {
                    // Out of file descriptors, most likely: give the others time to end.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                if let Err(error) = stream.set_nodelay(true) {
                    debug!(%error, "cannot set TCP_NODELAY");
                }
                let (connection_region, stack) = (region.clone(), Arc::clone(&stack));
                let source_ip = from.ip().to_string();
                region.tasks().spawn(async move {
                    if tls {
                        serve_tls(&stack, connection_region, stream, source_ip, None).await;
                    } else {
                        serve_plain(&stack, connection_region, stream, source_ip).await;
                    }
                });
            }
        });
    }
}

/// Terminates TLS on `stream` and answers its requests until it closes or the region stops.
pub(super) async fn serve_tls<S>(stack: &LayerStack, region: Region, stream: S, source_ip: String, origin: Option<InstanceOrigin>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(authority) = stack.authority() else {
        debug!("a connection came before the region had certificates");
        return;
    };
    let acceptor = TlsAcceptor::from(authority.server_config());
    let stream = BufReader::with_capacity(READ_AT_ONCE, stream);
    let accepted = tokio::select! {
        accepted = tokio::time::timeout(HEADER_TIMEOUT, acceptor.accept(stream)) => accepted,
        () = region.stopping().cancelled() => return,
    };
    match accepted {
        Ok(Ok(stream)) => {
            let (_, session) = stream.get_ref();
            let version = match session.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "TLSv1.2",
            };
            let suite = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
            let cipher = suite.map_or_else(|| "-".to_owned(), |suite| suite.replace("TLS13_", "TLS_"));
            serve(stack, region, stream, Peer { source_ip, tls: Some(Tls { version, cipher }), origin }).await;
        }
        Ok(Err(error)) => debug!(%error, %source_ip, "TLS handshake failed"),
        Err(_) => debug!(%source_ip, "TLS handshake timed out"),
    }
}

/// Answers unencrypted requests on `stream`.
async fn serve_plain<S>(stack: &LayerStack, region: Region, stream: S, source_ip: String)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    serve(stack, region, stream, Peer { source_ip, tls: None, origin: None }).await;
}

async fn serve<S>(stack: &LayerStack, region: Region, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stopping = region.stopping().clone();
    let limits = Limits { head: Some(HEADER_TIMEOUT), half_close: true, standstill: STANDSTILL };
    let answer = |request| stack.handle(region.clone(), peer.clone(), request);
    let ended = nightproof_connection::serve(stream, limits, &stopping, answer).await;
    if let Err(error) = ended {
        debug!(%error, "connection ended");
    }
}
