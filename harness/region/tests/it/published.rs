//! Ports of instances that are published on loopback: what is reached, what is not, and that they close.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nightproof_journal::{Event, Journal};
use nightproof_machine::{Machine, MachineSpec, Machines, Role};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::machine::{Echo, machines_with};

/// Serves a folder on 443, as web servers do, and on 9999 for itself, and says which sockets listen in the machine.
const SERVER: &str = r#"
mkdir -p /tmp/www && cd /tmp/www && echo 'a page' > index.html
python3 -m http.server 9999 --bind 127.0.0.1 >/dev/null 2>&1 &
python3 -m http.server 443 >/dev/null 2>&1 &
until [ "$(cat /proc/net/tcp | grep -c -E ':(01BB|270F) 00000000:0000 0A')" = 2 ]; do sleep 0.05; done
cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" { print "listens", $2 }'
echo served
wait
"#;

fn server() -> MachineSpec {
    let command = vec!["/bin/sh".to_owned(), "-c".to_owned(), SERVER.to_owned()];
    MachineSpec { role: Role::Instance, directory: "/".to_owned(), ..MachineSpec::function("i-1", command) }
}

/// Where a port of the machine is published now, by the journal.
fn address(journal: &Journal, wanted: u16) -> Option<SocketAddr> {
    let records = journal.records();
    let last = records.iter().rev().find_map(|record| match &record.event {
        Event::Port { instance, port, address } if instance == "i-1" && *port == wanted => Some(address.clone()),
        _ => None,
    });
    last.flatten().map(|address| address.parse().unwrap())
}

async fn until<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    nightproof_poll::until(crate::BOUND, || std::future::ready(poll().ok_or(what))).await.unwrap()
}

async fn refuses(address: SocketAddr) {
    let refuses = nightproof_poll::until(crate::BOUND, || async {
        if TcpStream::connect(address).await.is_err() { Ok(()) } else { Err("still accepts") }
    });
    refuses.await.unwrap();
}

/// Whether this process runs the one test `name`: what it listens on is this test's then. Elsewhere that test is run in a process of its own,
/// and held to pass.
pub(crate) fn alone(name: &str) -> bool {
    const MARK: &str = "NIGHTPROOF_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let mut itself = std::process::Command::new(std::env::current_exe().unwrap());
    let ended = itself.args([name, "--exact", "--include-ignored", "--nocapture"]).env(MARK, "1").output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// TCP ports that this process, and so the region, listens on.
fn listening() -> BTreeSet<u16> {
    let own = std::fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|fd| std::fs::read_link(fd.path()).ok());
    let own: BTreeSet<String> = own.map(|target| target.to_string_lossy().into_owned()).collect();
    let tables = ["tcp", "tcp6"].map(|table| std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap());
    let rows = tables.iter().flat_map(|table| table.lines().skip(1)).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let ours = rows.filter(|row| row[3] == "0A" && own.contains(&format!("socket:[{}]", row[9])));
    ours.map(|row| u16::from_str_radix(row[1].rsplit(':').next().unwrap(), 16).unwrap()).collect()
}

async fn get(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
    answer
}

/// Boots a web server in a machine of the region, and holds it to what is published of it.
pub(crate) async fn only_what_is_open_is_reached(machines: &Machines, journal: &Journal) {
    let before = listening();
    let echo = Arc::new(Echo::default());
    let machine = Machine::boot(machines, server(), Arc::clone(&echo) as _).await.unwrap();
    until("the servers listen", || echo.text().contains("served").then_some(())).await;
    let inside: BTreeSet<String> =
        echo.text().lines().filter_map(|line| line.strip_prefix("listens ")).map(str::to_owned).collect();
    let expected = ["0100007F:270F", "00000000:01BB"];
    assert_eq!(inside, expected.map(str::to_owned).into());
    assert_eq!(listening(), before, "nothing is published that no group opens");

    machine.open_ports([443].into());
    let web = until("443 is published", || address(journal, 443)).await;
    assert!(web.ip().is_loopback());
    let published: BTreeSet<u16> = listening().difference(&before).copied().collect();
    assert_eq!(published, [web.port()].into(), "9999 listens in the machine and is not published");
    let answers = answers_of(web, 20).await;
    assert!(answers.iter().all(|answer| answer.contains("200 OK") && answer.ends_with("a page\n")), "{answers:?}");

    // Nobody listens there: the connection is closed without a byte.
    machine.open_ports([443, 7777].into());
    let idle = until("7777 is published", || address(journal, 7777)).await;
    assert_eq!(address(journal, 443), Some(web), "what stays open stays where it is");
    let mut stream = TcpStream::connect(idle).await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0);

    let mut held = TcpStream::connect(web).await.unwrap();
    machine.open_ports([7777].into());
    refuses(web).await;
    let ended = tokio::time::timeout(Duration::from_secs(20), held.read(&mut [0])).await.expect("the flow ends with its rule");
    assert_eq!(ended.unwrap_or(0), 0);
    assert_eq!(address(journal, 443), None);

    machine.stop().await;
    refuses(idle).await;
    assert_eq!(listening(), before);
}

async fn answers_of(address: SocketAddr, count: usize) -> Vec<String> {
    let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(get(address))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn only_what_is_open_of_a_sandbox_is_reached() {
    if !alone("published::only_what_is_open_of_a_sandbox_is_reached") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::default();
    only_what_is_open_is_reached(&machines_with(folder.path(), journal.clone()), &journal).await;
}
