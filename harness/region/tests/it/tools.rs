//! The Python tools, installed from PyPI and run in a machine.

use std::sync::Arc;

use nightproof_machine::tools;
use nightproof_machine::{Channel, Connections, Machine, MachineSpec};
use parking_lot::Mutex;
use tokio::net::UnixStream;

#[derive(Default)]
struct Console(Mutex<String>);

impl Connections for Console {
    fn connected(&self, _: Channel, _: UnixStream) {}

    fn console(&self, line: &str) {
        self.0.lock().push_str(&format!("{line}\n"));
    }
}

#[tokio::test]
async fn the_aws_cli_and_the_runtime_client_run_in_a_machine() {
    let tools = tokio::task::spawn_blocking(|| tools::ensure(|_| {})).await.unwrap().unwrap();
    let script = format!(
        "unset HOME; aws --version && PYTHONPATH={} {} -c 'import boto3, awslambdaric; print(\"imported\")'",
        tools.python_path(),
        tools.python().executable.display()
    );
    let folder = tempfile::tempdir().unwrap();
    let machines = crate::machine::machines(folder.path());
    let mut spec = MachineSpec::function("env-5", vec!["/bin/sh".to_owned(), "-c".to_owned(), script]);
    spec.directory = "/".to_owned();
    spec.tools = Some(tools);
    let console = Arc::new(Console::default());
    let machine = Machine::boot(&machines, spec, Arc::clone(&console) as Arc<dyn Connections>).await.unwrap();
    let code = machine.exited().await;
    let console = console.0.lock().clone();
    assert_eq!(code, 0, "{console}");
    assert!(console.contains("aws-cli/1.") && console.contains("imported"), "{console}");
}
