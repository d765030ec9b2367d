//! An endpoint of a test's own, and its clients.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;

use crate::Endpoint;
use crate::account::dynamic_client::DynamicClient;

/// A client of an endpoint with this URL, or of AWS's own, which gives up after three attempts.
pub(crate) fn client(url: Option<String>) -> DynamicClient {
    let endpoint = Endpoint::with_key(url, None, "eu-west-1", ("key", "secret"));
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
    DynamicClient::with(&endpoint, retries, None)
}

/// An endpoint with these answers, status and body, each for one request; the requests come back.
pub(crate) fn endpoint(answers: &'static [(u16, &'static str)]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let answered = answers.iter().map(|(status, body)| {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let begun = head.len();
                stream.read_line(&mut head).unwrap();
                let line = head[begun..].to_lowercase();
                length = line.strip_prefix("content-length: ").map_or(length, |value| value.trim().parse().unwrap());
            }
            let mut sent = vec![0; length];
            stream.read_exact(&mut sent).unwrap();
            let answer = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            head + &String::from_utf8_lossy(&sent)
        });
        answered.collect()
    });
    (url, served)
}
