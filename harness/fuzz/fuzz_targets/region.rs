//! Any calls of a region's operations are answered by their outputs or by AWS errors. A line is a call: `SERVICE OPERATION {INPUT}`.
#![no_main]

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::time::Duration;

use nightproof_core::Caller;
use nightproof_region::embedded::{self, Embedded, EmbeddedOptions};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const ACCOUNT: &str = "111122223333";
/// After so many inputs a region is replaced by an empty one.
const RENEWED: usize = 1000;
/// Operations wait for messages, commands or machines: their client is gone by then.
const PATIENCE: Duration = Duration::from_millis(50);
const CALLS: usize = 12;

struct World {
    runtime: Runtime,
    region: Option<Embedded>,
    inputs: usize,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        let folder = tempfile::tempdir_in(target).expect("a folder");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        // No machine of it comes up: what is looked at are documents.
        let options = EmbeddedOptions::new(ACCOUNT, folder.path().join("region"), "/bin/false".into());
        let region = runtime.block_on(embedded::start(options)).expect("a region");
        Self { runtime, region: Some(region), inputs: 0, _folder: folder }
    }

    fn call(&self, service: &str, operation: &str, input: Value) {
        let Some(model) = nightproof_wire::service(service) else { return };
        let Some(known) = model.operation(operation).filter(|operation| operation.served()) else { return };
        let Some(Embedded { region, .. }) = &self.region else { return };
        let caller = Caller::root(ACCOUNT);
        let call = region.call(&caller, service, operation, input);
        match self.runtime.block_on(async { tokio::time::timeout(PATIENCE, call).await }) {
            Ok(Ok(output)) => {
                model.codec().encode(known, &output, "id");
            }
            Ok(Err(error)) => {
                assert!(error.code != "InternalFailure" && (300..=599).contains(&error.status), "{error:?}");
                model.codec().encode_error(&error, "id");
            }
            Err(_) => {}
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(region) = self.region.take() {
            self.runtime.block_on(region.stop());
        }
    }
}

thread_local! {
    // Not dropped with its thread, when tokio's own thread-locals may be gone already.
    static WORLD: RefCell<Option<ManuallyDrop<World>>> = const { RefCell::new(None) };
}

fuzz_target!(|text: &str| {
    WORLD.with_borrow_mut(|world| {
        if let Some(old) = world.take_if(|world| world.inputs >= RENEWED) {
            drop(ManuallyDrop::into_inner(old));
        }
        let world = world.get_or_insert_with(|| ManuallyDrop::new(World::new()));
        world.inputs += 1;
        for line in text.lines().take(CALLS) {
            let mut words = line.splitn(3, ' ');
            if let (Some(service), Some(operation), Some(input)) = (words.next(), words.next(), words.next())
                && let Ok(input) = serde_json::from_str(input)
            {
                world.call(service, operation, input);
            }
        }
    });
});
