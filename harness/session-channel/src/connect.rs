//! A client's web socket to the region.

use std::io;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Uri};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WebSocketError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// What carries a web socket.
pub trait Carrier: AsyncRead + AsyncWrite + Unpin + Send {}

impl<C: AsyncRead + AsyncWrite + Unpin + Send> Carrier for C {}

/// A web socket, whatever carries it.
pub type Socket = WebSocketStream<Box<dyn Carrier>>;

/// Why there is no web socket.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is none.
    #[error("`{0}` is no address of a web socket")]
    Address(String),
    /// `wss` without an authority to trust.
    #[error("`{0}` is encrypted, and no certificate of an authority is known for it")]
    NoAuthority(String),
    /// The certificates are none.
    #[error("cannot read the certificates of the authority")]
    Certificates(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody there.
    #[error("cannot connect to `{0}`")]
    Connect(String, #[source] io::Error),
    /// The other side does not want it.
    #[error("the web socket was refused with status {status}: {body}")]
    Refused {
        /// Of HTTP.
        status: u16,
        /// What it says.
        body: String,
    },
    /// The handshake went wrong.
    #[error("cannot open the web socket")]
    Handshake(#[source] Box<WebSocketError>),
}

/// Opens a web socket at `url`, trusting the authority of `ca_pem` and no other.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect(url: &str, ca_pem: Option<&[u8]>) -> Result<Socket, ConnectError> {
    connect_signed(url, ca_pem, &[]).await
}

/// As [`connect`], with headers that sign the request.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect_signed(url: &str, ca_pem: Option<&[u8]>, headers: &[(String, String)]) -> Result<Socket, ConnectError> {
    let invalid = || ConnectError::Address(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| invalid())?;
    let is_encrypted = match uri.scheme_str() {
        Some("wss") => true,
        Some("ws") => false,
        _ => return Err(invalid()),
    };
    let host = uri.host().ok_or_else(invalid)?;
    let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
    let failed = |error| ConnectError::Connect(format!("{host}:{port}"), error);
    let stream = TcpStream::connect((host, port)).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let carrier: Box<dyn Carrier> = if is_encrypted {
        let pem = ca_pem.ok_or_else(|| ConnectError::NoAuthority(url.to_owned()))?;
        let name = ServerName::try_from(host.to_owned()).map_err(|_| invalid())?;
        let connector = TlsConnector::from(Arc::new(tls(pem).map_err(ConnectError::Certificates)?));
        Box::new(connector.connect(name, stream).await.map_err(failed)?)
    } else {
        Box::new(stream)
    };
    let mut request = url.into_client_request().map_err(|_| invalid())?;
    for (name, value) in headers {
        let name: HeaderName = name.parse().map_err(|_| invalid())?;
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|_| invalid())?);
    }
    match tokio_tungstenite::client_async(request, carrier).await {
        Ok((socket, _)) => Ok(socket),
        Err(WebSocketError::Http(response)) => {
            let body = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            Err(ConnectError::Refused { status: response.status().as_u16(), body })
        }
        Err(error) => Err(ConnectError::Handshake(Box::new(error))),
    }
}

fn tls(pem: &[u8]) -> Result<ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
