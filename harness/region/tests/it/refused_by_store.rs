//! A store that refuses an upload before it has read it: the client reads why, and its next upload, and the store's, come.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use nightproof_core::Caller;
use nightproof_core::credentials::Credential;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
use nightproof_store::Store;
use rstest::rstest;

use crate::refused::{Answer, Connection, Request};

/// What a store does with the body of an upload that it refuses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// It is read, and the connection goes on.
    Reads,
    /// The connection is closed once the client has closed it.
    Lingers,
    /// The connection is reset.
    Resets,
}

/// Starts a store that takes every upload but those to `refused`; returns its address.
fn store(manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let _ = serve(&stream, manner);
            });
        }
    });
    url
}

fn serve(stream: &TcpStream, manner: Manner) -> io::Result<()> {
    let (mut reader, mut writer) = (BufReader::with_capacity(1024, stream), stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = (&mut reader).take(length.unwrap_or(0));
        if head.starts_with("PUT /nightly/refused") {
            let close = if manner == Manner::Reads { "" } else { "connection: close\r\n" };
            let error = "<Error><Code>AccessDenied</Code><Message>Not here</Message></Error>";
            write!(writer, "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n{close}\r\n{error}", error.len())?;
            match manner {
                Manner::Reads => {}
                Manner::Lingers => stream.shutdown(Shutdown::Write)?,
                Manner::Resets => return Ok(()),
            }
            io::copy(&mut body, &mut io::sink())?;
        } else if head.starts_with("PUT ") {
            io::copy(&mut body, &mut io::sink())?;
            write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\netag: \"e\"\r\n\r\n")?;
        } else {
            let error = "<Error><Code>NoSuchConfiguration</Code><Message>None</Message></Error>";
            write!(writer, "HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n\r\n{error}", error.len())?;
        }
    }
}

/// An uploader with one connection at a time.
struct Client<'a> {
    embedded: &'a Embedded,
    by: &'a Credential,
    connection: Option<Connection>,
    expects: bool,
}

impl Client<'_> {
    fn put(&mut self, key: &str, length: usize) -> Answer {
        let mut connection = self.connection.take().unwrap_or_else(|| Connection::open(self.embedded, true));
        let path = format!("/nightly/{key}");
        let expect = if self.expects { "expect: 100-continue\r\n" } else { "" };
        connection.send(&Request::put(self.by, &path).head(&format!("content-length: {length}\r\n{expect}"))).unwrap();
        let early = self.expects.then(|| connection.answer().unwrap()).filter(|answer| answer.status != 100);
        let answer = early.unwrap_or_else(|| {
            connection.send(&vec![7; length]).expect("all of it is taken");
            connection.answer().expect("an answer")
        });
        self.connection = (!answer.closes()).then_some(connection);
        answer
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn its_reason_is_read_and_the_next_upload_comes(
    #[values(Manner::Reads, Manner::Lingers, Manner::Resets)] manner: Manner,
    #[values(1, 1024 * 1024, 64 * 1024 * 1024)] length: usize,
    #[values(false, true)] expects: bool,
) {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        store: Some(Store::new(&store(manner), "us-east-1").unwrap()),
        ..EmbeddedOptions::new("210987654321", folder.path().join("region"), env!("CARGO_BIN_EXE_nightproof-machine").into())
    };
    let embedded = embedded::start(options).await.unwrap();
    let root = embedded.region.credentials().issue_key(Caller::root("210987654321"));
    let mut client = Client { embedded: &embedded, by: &root, connection: None, expects };
    for _ in 0..5 {
        let refused = client.put("refused", length);
        // A store that resets its connection may destroy its own answer.
        let destroyed = manner == Manner::Resets && (refused.status, refused.code()) == (503, "ServiceUnavailable");
        assert!(destroyed || (refused.status, refused.code()) == (403, "AccessDenied"), "{refused:?}");
        let good = client.put("good", length);
        assert_eq!(good.status, 200, "{good:?}");
    }
    drop(client);
    embedded.stop().await;
}
