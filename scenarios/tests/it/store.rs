//! Objects and messages in a store elsewhere that is not as it should be. `cargo xtask localstack` runs all scenarios on a good one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use nightproof_scenarios::Scenario;
use rstest::rstest;

fn on(url: &str) -> Scenario {
    let elsewhere = ["--cloud", "localstack", "--localstack", url, "--machine", "sandbox"];
    Scenario::new(env!("CARGO_BIN_EXE_nightproof-scenario")).expect("a folder").with(&elsewhere)
}

#[rstest]
#[case::no_address("localstack", "`localstack` is not the address of an endpoint")]
#[case::tls("https://127.0.0.1:4566", "`https://127.0.0.1:4566` is not the address of an endpoint")]
#[case::a_page("http://127.0.0.1:4566/health", "`http://127.0.0.1:4566/health` is not the address of an endpoint")]
fn an_address_that_is_none_is_bad_input(#[case] url: &str, #[case] says: &str) {
    let night = on(url).run().expect("a drill");
    assert_eq!((night.code, night.outcome.is_some()), (2, false), "{night:#?}");
    assert!(night.errors.contains(says), "{}", night.errors);
    assert!(night.left.is_empty(), "{night:#?}");
}

#[test]
fn a_store_that_nobody_serves_is_missing() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let night = on(&url).run().expect("a drill");
    assert_eq!((night.code, night.outcome.is_some()), (3, false), "{night:#?}");
    assert!(night.errors.contains(&format!("the store at {url} does not answer")), "{}", night.errors);
    assert!(night.left.is_empty(), "{night:#?}");
}

/// Answers each request by `answer`, which is given how many there were before, until it has no answer: then every connection ends at once.
fn serve(answer: fn(usize) -> Option<(&'static str, &'static str)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for (count, stream) in listener.incoming().flatten().enumerate() {
            // A client that has gone is no concern of this server's.
            let _ = answer(count).map(|(status, body)| respond(stream, status, body));
        }
    });
    url
}

fn respond(stream: TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut std::io::Read::take(reader, length), &mut std::io::sink())?;
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn something_else_that_listens_there_is_no_store() {
    let url = serve(|_| Some(("200 OK", "<html>welcome</html>")));
    let night = on(&url).run().expect("a drill");
    assert_eq!((night.code, night.outcome.is_some()), (3, false), "{night:#?}");
    assert!(night.errors.contains("the answer to ListQueues cannot be read"), "{}", night.errors);
}

#[test]
fn a_store_that_dies_in_the_middle_fails_the_drill_with_its_address() {
    // Two calls say whether it is there; the stack's first one is the last that is answered.
    let url = serve(|count| match count {
        0 => Some(("200 OK", "<ListAllMyBucketsResult/>")),
        1 => Some(("200 OK", "{}")),
        2 => Some(("404 Not Found", "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>")),
        _ => None,
    });
    let night = on(&url).run().expect("a drill");
    assert_eq!((night.code, night.hop()), (1, Some("stack")), "{night:#?}");
    assert!(night.why().contains(&format!("the store at {url} does not answer")), "{}", night.why());
    assert!(night.left.is_empty(), "{night:#?}");
}
