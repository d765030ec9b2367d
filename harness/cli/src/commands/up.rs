//! `nightproof up`: a region for any AWS client.

mod control;

use std::io::{self, Write as _};
use std::path::Path;

use nightproof_core::Caller;
use nightproof_faults::Rule;
use nightproof_incident::IncidentError;
use nightproof_journal::Event;

use crate::arguments::{MachineKind, MachineOptions, UpOptions};
use crate::error::Error;
use crate::local_environment::LocalEnvironment;
use crate::reports::Reports;
use crate::setting::{REGION, Setting};
use crate::{Exit, containers, interrupt, journal_file, operator, printer};

pub(crate) async fn up(options: UpOptions) -> Result<Exit, Error> {
    let reports = Reports::pages(&options.report)?;
    let faults = faults(options.faults.as_deref(), options.machine.kind())?;
    let journal = journal_file::open(options.journal.as_deref())?;
    let setting = Setting {
        account: options.account,
        regions: regions(options.regions, &options.machine)?,
        port: options.port,
        ssm_agent: options.ssm_agent,
        operator_policy: operator::Policy::read(options.operator_policy.as_deref())?,
        lifetime: containers::KEPT,
        ..Setting::new(options.machine)?
    };
    let cancel = interrupt::token()?;
    let environment = LocalEnvironment::open(&setting, &journal, &cancel).await?;
    if faults.iter().any(Rule::is_interposed) {
        environment.region.machines.interposer().prepare();
    }
    environment.region.faults.set(faults);
    journal.subscribe(|record| {
        if let Event::Port { instance, port, address } = &record.event {
            printer::note(&format!("# {}", nightproof_report::port_line(instance, *port, address.as_deref())));
        }
    });
    let console = environment.open_console();
    let exported = environment.exports().and_then(|exports| {
        let others = keys(&environment, &options.other_account);
        let exports = format!(
            "{exports}{others}export NIGHTPROOF_API={}\nexport NIGHTPROOF_TOKEN={}\n",
            console.api_url(),
            console.token()
        );
        printer::line(&if options.control { control::greeting(&environment, &console)? } else { exports.clone() });
        options.env.as_ref().map_or(Ok(()), |file| write_whole(file, &exports))
    });
    if exported.is_ok() {
        if options.control {
            control::input_ends(&cancel).await;
        } else {
            printer::note(&format!("# console: {}", console.page_url()));
            printer::note("# the region is up; Ctrl-C ends it");
            cancel.cancelled().await;
        }
    }
    environment.close(&journal).await?;
    reports.write(&journal);
    exported.map(|()| Exit::Passed).map_err(Error::WriteExports)
}

/// The regions that are asked for, each once.
fn regions(asked: Vec<String>, machine: &MachineOptions) -> Result<Vec<String>, Error> {
    let mut regions: Vec<String> = Vec::new();
    for name in asked {
        if regions.contains(&name) {
            return Err(Error::RegionTwice(name));
        }
        regions.push(name);
    }
    if machine.cloud_name() == "localstack" && regions != [REGION] {
        return Err(Error::RegionsOfStore);
    }
    Ok(regions)
}

/// Exports with the keys of other accounts' root users.
fn keys(environment: &LocalEnvironment, accounts: &[String]) -> String {
    let credentials = environment.region.region.credentials();
    accounts.iter().fold(String::new(), |text, account| {
        let key = credentials.issue_key(Caller::root(account));
        let (id, secret) = (key.access_key_id, key.secret_access_key);
        text + &format!(
            "export NIGHTPROOF_{account}_ACCESS_KEY_ID={id}\nexport NIGHTPROOF_{account}_SECRET_ACCESS_KEY={secret}\n"
        )
    })
}

/// The `faults` of a file, for machines of this kind.
fn faults(file: Option<&Path>, machine: MachineKind) -> Result<Vec<Rule>, Error> {
    let faults = file.map_or_else(|| Ok(Vec::new()), nightproof_incident::read_faults).map_err(Error::Incident)?;
    if machine == MachineKind::Container && faults.iter().any(Rule::is_interposed) {
        return Err(Error::Incident(IncidentError::InterposedInContainers));
    }
    Ok(faults)
}

/// Writes `file` so that who waits for it finds all of it; what is no regular file (a pipe) is written to as it is. It holds a secret key:
/// nobody else may read it.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() && !file.is_file() {
        return std::fs::write(file, text);
    }
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(parent)?;
    whole.write_all(text.as_bytes())?;
    whole.persist(file).map(drop).map_err(|error| error.error)
}
