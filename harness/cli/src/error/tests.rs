//! A snapshot of every error: what is printed, and the exit code.

use std::io;
use std::path::PathBuf;

use nightproof_drill::Hop;
use nightproof_journal::ReadError;

use super::*;
use crate::printer;

fn source() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "No such file or directory")
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(name)
}

fn refused(reason: &str) -> Error {
    Error::Refused(Failure { point: Hop::Stack.into(), reason: reason.to_owned(), evidence: Vec::new() })
}

fn incident(error: IncidentError) -> Error {
    Error::Incident(error)
}

fn errors() -> Vec<Error> {
    let time = |text: &str| text.parse().unwrap();
    vec![
        Error::Runtime(source()),
        Error::Signals(source()),
        Error::Interrupted,
        Error::OwnProgram(source()),
        Error::Workspace(source()),
        Error::Diff(source()),
        Error::Leftovers(vec!["container x: the engine does not answer".to_owned(), "`/tmp/x`: Permission denied".to_owned()]),
        Error::DataFolder(path("htdocs")),
        Error::ReadTemplate { path: path("backup.yaml"), source: source() },
        crate::template::parse(Some("t.yaml".as_ref()), "Resources:\n  A:\n    Type: T::T::T\n    Properties: {x: !Ref Gone}\n")
            .unwrap_err(),
        Error::ReadOperatorPolicy { path: path("policy.json"), source: source() },
        Error::OperatorPolicy { file: "policy.json".to_owned(), why: "Syntax errors in policy.".to_owned() },
        Error::ReadRestoreFile { path: path("restore.sh"), source: source() },
        Error::NativeWithoutLocalstack,
        Error::MendWithoutNative,
        Error::WriteJournal { path: path("j"), source: source() },
        Error::IncompleteJournal(source()),
        Error::ReadJournal { path: path("j"), source: source() },
        Error::Journal { path: path("j"), why: ReadError { line: 1, why: "expected value".to_owned() } },
        Error::NoDrill(path("j")),
        Error::NoArchives,
        Error::WriteExports(source()),
        Error::ReportForm(path("report.pdf")),
        Error::NoDrillToReport(path("r.xml")),
        Error::WriteReport { path: path("r.xml"), source: source() },
        incident(IncidentError::Read { path: path("i.yaml"), source: source() }),
        incident(IncidentError::Format { path: path("i.yaml"), why: "unknown field `x` at line 3 column 1".to_owned() }),
        incident(IncidentError::DiskInContainers),
        incident(IncidentError::MountInContainers),
        incident(IncidentError::InterposedInContainers),
        Error::EmptyWindow { from: time("2026-11-23T04:00:00Z"), to: time("2026-11-23T03:00:00Z") },
        Error::CaptureFolder { path: path("out"), source: io::Error::other("it is not empty") },
        Error::Unscrubbed,
        Error::Tools(ToolsError::Python),
        Error::Region(StartError::Listen { port: 8443, source: io::Error::other("Address already in use") }),
        Error::Engine(EngineError::Missing(path("/var/run/docker.sock"))),
        Error::Image(ImageError::Engine(EngineError::Forbidden(path("/var/run/docker.sock")))),
        Error::LocalStack(LocalStackError::Engine(EngineError::Remote("tcp://docker:2376".to_owned()))),
        Error::StoreUrl(StoreError::Address("localhost".to_owned())),
        Error::Store(StoreError::Address("localhost".to_owned())),
        Error::Environment(EndpointError::CaBundle { path: "ca.pem".to_owned(), source: source() }),
        Error::Environment(EndpointError::Credentials("no profile".to_owned())),
        Error::NoAccountAllowed,
        Error::AccountNotAllowed("123456789012".to_owned()),
        Error::OtherAccount("123456789012".to_owned()),
        Error::NobodyToApprove,
        Error::UnknownRun { run: "0a1b2c3d".to_owned(), source: source() },
        Error::WriteRunFile { path: path("runs/0a1b2c3d.json"), source: source() },
        Error::RemoveFile { path: path("runs/0a1b2c3d.json"), source: source() },
        Error::NoRegionForShell,
        Error::ListenForShell { port: 8080, source: io::Error::other("Address already in use") },
        Error::Session(Box::new(io::Error::other("no web socket"))),
        Error::SessionLost,
        refused("CreateStack: AccessDenied: no"),
        refused(&Unsupported::message(&["`AWS::EC2::NatGateway` (Nat, line 12)".to_owned()])),
        Error::Drill(DrillResult::Failed),
        Error::Drill(DrillResult::NotSupported),
    ]
}

#[test]
fn every_error_says_what_failed_why_and_what_to_do() {
    let text = |error: &Error| {
        let hint = error.hint().map(|hint| format!("  help: {hint}\n")).unwrap_or_default();
        format!("error: {}\n{hint}exit code {}\n", printer::chain(error), error.exit().code())
    };
    insta::assert_snapshot!(errors().iter().map(text).collect::<Vec<_>>().join("\n"));
}
