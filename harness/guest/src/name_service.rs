//! DNS in a machine: every name below amazonaws.com, and of functions' URLs, is at one address, no other name exists.

use std::io::{self, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use nightproof_machine_protocol::link::{Link, service_of};
use parking_lot::Mutex;

use crate::gate::Gate;

/// All of AWS's endpoints; of a range that no network uses. <https://www.rfc-editor.org/rfc/rfc2544>
pub(crate) const ENDPOINTS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// Where those services are that an instance does not reach though it reaches others: a connection there times out.
pub(crate) const NOWHERE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
/// Seconds that an answer may be kept; names never move.
const TTL: u32 = 60;

/// What an instance reaches of AWS, as the region said it last.
#[derive(Clone)]
pub(crate) struct Reached {
    region: Arc<str>,
    link: Arc<Mutex<Link>>,
}

impl Reached {
    /// All of it, for a machine in `region`.
    pub(crate) fn all(region: &str) -> Self {
        Self { region: region.into(), link: Arc::new(Mutex::new(Link::OPEN)) }
    }

    pub(crate) fn set(&self, link: Link) {
        *self.link.lock() = link;
    }

    /// Where a name leads. Where nothing at all is reached, that is for the endpoints' own socket to show.
    fn address(&self, name: &str) -> Ipv4Addr {
        let link = self.link.lock();
        if link.carries() && !link.reaches(service_of(name, &self.region)) { NOWHERE } else { ENDPOINTS }
    }
}

/// How long a client may leave its connection idle.
const IDLE: Duration = Duration::from_secs(10);

/// Answers from now on, over UDP and TCP; says nothing while the gate is closed.
pub(crate) fn serve((socket, listener): (UdpSocket, TcpListener), gate: Arc<Gate>, reached: &Reached) {
    let (of_datagrams, reached_by_datagrams, reached) = (Arc::clone(&gate), reached.clone(), reached.clone());
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
            if !of_datagrams.is_open() {
                continue;
            }
            if let Some(reply) = buffer.get(..length).and_then(|query| answer(query, &reached_by_datagrams)) {
                // The resolver asks again if it does not hear from us.
                let _ = socket.send_to(&reply, from);
            }
        }
    });
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            gate.pass();
            // A client that breaks off, or asks what is no query, loses its connection.
            let reached = reached.clone();
            thread::spawn(move || converse(client, &reached));
        }
    });
}

/// Answers the queries of one connection, each after its length in two bytes: RFC 1035, section 4.2.2.
fn converse(mut client: TcpStream, reached: &Reached) -> io::Result<()> {
    client.set_read_timeout(Some(IDLE))?;
    loop {
        let mut length = [0; 2];
        client.read_exact(&mut length)?;
        let mut query = vec![0; u16::from_be_bytes(length).into()];
        client.read_exact(&mut query)?;
        let reply = answer(&query, reached).ok_or(io::ErrorKind::InvalidData)?;
        let length = u16::try_from(reply.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        client.write_all(&[length.to_be_bytes().as_slice(), &reply].concat())?;
    }
}

/// The reply to a query; `None` for what is no query.
fn answer(query: &[u8], reached: &Reached) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    if query.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
    reply.metadata.recursion_desired = query.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    let asked = query.queries.first()?;
    reply.add_query(asked.clone());
    if query.metadata.op_code != OpCode::Query {
        reply.metadata.response_code = ResponseCode::NotImp;
        return reply.to_vec().ok();
    }
    let name = asked.name().to_ascii().to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    if !is_aws(name) {
        reply.metadata.response_code = ResponseCode::NXDomain;
    } else if asked.query_type() == RecordType::A {
        reply.add_answer(Record::from_rdata(asked.name().clone(), TTL, RData::A(A(reached.address(name)))));
    }
    reply.to_vec().ok()
}

fn is_aws(name: &str) -> bool {
    name == "amazonaws.com" || name.ends_with(".amazonaws.com") || name.contains(".lambda-url.") && name.ends_with(".on.aws")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::Query;
    use hickory_proto::rr::Name;
    use std::collections::BTreeSet;
    use std::str::FromStr as _;

    fn ask(name: &str, kind: RecordType) -> Message {
        ask_with(name, kind, &Reached::all("us-east-1"))
    }

    fn ask_with(name: &str, kind: RecordType, reached: &Reached) -> Message {
        let mut query = Message::query();
        query.add_query(Query::query(Name::from_str(name).unwrap(), kind));
        Message::from_vec(&answer(&query.to_vec().unwrap(), reached).unwrap()).unwrap()
    }

    #[test]
    fn aws_names_are_here() {
        let reply = ask("my-bucket.S3.us-east-1.amazonaws.com.", RecordType::A);
        assert_eq!(reply.metadata.response_code, ResponseCode::NoError);
        assert_eq!(reply.answers[0].data, RData::A(A(ENDPOINTS)));
    }

    #[test]
    fn aws_names_have_no_other_addresses() {
        let reply = ask("sts.amazonaws.com.", RecordType::AAAA);
        assert_eq!(reply.metadata.response_code, ResponseCode::NoError);
        assert!(reply.answers.is_empty());
    }

    #[test]
    fn other_names_do_not_exist() {
        for name in ["example.com.", "evilamazonaws.com.", "amazonaws.com.example."] {
            assert_eq!(ask(name, RecordType::A).metadata.response_code, ResponseCode::NXDomain, "{name}");
        }
    }

    #[test]
    fn garbage_gets_no_answer() {
        let reached = Reached::all("us-east-1");
        assert!(answer(b"", &reached).is_none() && answer(b"\xff\xff garbage", &reached).is_none());
    }

    #[test]
    fn services_that_are_not_reached_lead_nowhere() {
        let reached = Reached::all("us-east-1");
        let address = |name: &str| ask_with(name, RecordType::A, &reached).answers[0].data.clone();
        reached.set(Link { endpoints: false, others: BTreeSet::from(["s3".to_owned()]), ..Link::OPEN });
        assert_eq!(address("b.s3.us-east-1.amazonaws.com."), RData::A(A(ENDPOINTS)));
        assert_eq!(address("SSM.us-east-1.amazonaws.com."), RData::A(A(NOWHERE)));
        reached.set(Link { endpoints: false, ..Link::OPEN });
        assert_eq!(address("ssm.us-east-1.amazonaws.com."), RData::A(A(ENDPOINTS)), "whose socket is closed then");
    }
}
