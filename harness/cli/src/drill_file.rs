//! The drill file that a command goes by: found or named, and overridden by options.

use std::path::{Path, PathBuf};

use nightproof_drill::{Archives, Before, Budgets, Demands, Fingerprint, Ignored, Wanted};
use nightproof_drill_file::{
    Archives as FileArchives, Database, DrillFile, Machine, MachineKind as FileMachineKind, NAME, Place, Profile, RestoredObjects,
};

use crate::arguments::{
    AccessOptions, DataProfileKind, DrillOptions, ExistingOptions, MachineKind, MachineOptions, ProveOptions, RestoreOptions,
    RunOptions, SmokeOptions, StackOptions,
};
use crate::error::Error;
use crate::printer;

/// Fills what the options of `run` leave out.
pub(crate) fn fill_run(options: &mut RunOptions) -> Result<(), Error> {
    let Some(file) = find(options.stack.file.as_deref())? else { return Ok(()) };
    fill_local(&mut options.stack, &mut options.existing, &mut options.drill, &mut options.machine, &file)?;
    options.nights = options.nights.or(file.nights);
    options.attack |= file.attack;
    options.operator_policy = options.operator_policy.take().or(file.operator_policy);
    Ok(())
}

/// Fills what the options of `access` leave out. It drills one night, with all findings; whose grants it tries is for the command line to say.
pub(crate) fn fill_access(options: &mut AccessOptions) -> Result<(), Error> {
    let Some(file) = find(options.stack.file.as_deref())? else { return Ok(()) };
    fill_local(&mut options.stack, &mut options.existing, &mut options.drill, &mut options.machine, &file)?;
    // Budgets are for drills that measure.
    options.stack.demands.budgets = Budgets::default();
    Ok(())
}

/// Fills what the options of `prove` leave out. Its drills are of a night that goes wrong, of which no budget holds.
pub(crate) fn fill_prove(options: &mut ProveOptions) -> Result<(), Error> {
    let Some(file) = find(options.stack.file.as_deref())? else { return Ok(()) };
    fill_local(&mut options.stack, &mut options.existing, &mut options.drill, &mut options.machine, &file)?;
    options.operator_policy = options.operator_policy.take().or(file.operator_policy);
    options.stack.demands.budgets = Budgets::default();
    Ok(())
}

/// Fills what the options of `smoke` leave out. What nights and machines there are on a real account is for AWS to say.
pub(crate) fn fill_smoke(options: &mut SmokeOptions) -> Result<(), Error> {
    let Some(file) = find(options.stack.file.as_deref())? else { return Ok(()) };
    fill_stack(&mut options.stack, &file)?;
    fill_drill(&mut options.drill, &file);
    options.archives = file.archives.as_ref().map(wanted);
    if options.archives.is_none() {
        // A smoke has one night.
        options.stack.demands.budgets.rpo = None;
    }
    Ok(())
}

/// Fills what the options of `restore` leave out. Nothing is seeded: there is an archive.
pub(crate) fn fill_restore(options: &mut RestoreOptions) -> Result<(), Error> {
    let Some(file) = find(options.file.as_deref())? else { return Ok(()) };
    let mut drill = DrillOptions { restore_script: options.restore_script.take(), ..DrillOptions::default() };
    drill.secrets = std::mem::take(&mut options.secrets);
    fill_drill(&mut drill, &file);
    options.restore_script = drill.restore_script;
    options.secrets = drill.secrets;
    options.database_restore = drill.database_restore;
    options.plain |= drill.all_objects;
    options.data_path = options.data_path.take().or_else(|| file.data.path.clone());
    options.demands = Demands { seeds: Vec::new(), ..demands(&file)? };
    options.strict |= file.strict;
    if let Some(archives) = file.archives.as_ref().filter(|_| options.bucket.is_none() && options.stack.is_none()) {
        match archives.place.clone() {
            Place::Bucket(bucket) => options.bucket = Some(bucket),
            Place::Stack(stack) => options.stack = Some(stack),
        }
        options.prefix = options.prefix.take().or_else(|| Some(archives.prefix.clone()));
        options.plain |= archives.plain;
    }
    fill_machine(&mut options.machine, &file);
    Ok(())
}

/// The archives of a drill file, as they are now.
fn wanted(archives: &FileArchives) -> Wanted {
    let place = match archives.place.clone() {
        Place::Bucket(bucket) => Archives::Bucket(bucket),
        Place::Stack(stack) => Archives::Stack(stack),
    };
    Wanted { archives: place, prefix: archives.prefix.clone(), at: None, plain: archives.plain }
}

/// The options that all drills on a local region have.
fn fill_local(
    stack: &mut StackOptions,
    existing: &mut ExistingOptions,
    drill: &mut DrillOptions,
    machine: &mut MachineOptions,
    file: &DrillFile,
) -> Result<(), Error> {
    fill_stack(stack, file)?;
    fill_existing(existing, file);
    fill_drill(drill, file);
    fill_machine(machine, file);
    Ok(())
}

/// The file that is named, or the one in the working folder. Prints which one it is.
fn find(named: Option<&Path>) -> Result<Option<DrillFile>, Error> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => PathBuf::from(NAME),
    };
    if named.is_none() && !path.is_file() {
        return Ok(None);
    }
    let file = DrillFile::read(&path).map_err(Error::DrillFile)?;
    printer::note(&format!("drill file {}", path.display()));
    Ok(Some(file))
}

/// What is rehearsed, where no option says it.
pub(crate) fn fill_stack(options: &mut StackOptions, file: &DrillFile) -> Result<(), Error> {
    options.template = options.template.take().or_else(|| file.template.clone());
    options.file_parameters = file.parameters.clone().into_iter().collect();
    if options.data.is_none() && options.data_profile.is_none() {
        options.data.clone_from(&file.data.folder);
        options.data_profile = file.data.profile.map(|profile| match profile {
            Profile::Usual => DataProfileKind::Usual,
            Profile::Hard => DataProfileKind::Hard,
        });
    }
    options.data_path = options.data_path.take().or_else(|| file.data.path.clone());
    options.demands = demands(file)?;
    Ok(())
}

fn fill_existing(options: &mut ExistingOptions, file: &DrillFile) {
    if options.existing.is_empty() {
        options.existing.clone_from(&file.existing);
    }
    options.guess_parameters |= file.guess_parameters;
}

fn demands(file: &DrillFile) -> Result<Demands, Error> {
    let database = file.database.as_ref();
    let own = file
        .seed
        .as_ref()
        .map(|path| std::fs::read_to_string(path).map_err(|source| Error::ReadSeedScript { path: path.clone(), source }));
    let commands = database.map(Database::fingerprint).into_iter().chain(file.fingerprint().map(str::to_owned));
    let command = commands.collect::<Vec<_>>().join("\n");
    let ignored = file.ignore.iter().map(|one| Ignored { path: one.path.clone(), reason: one.reason().to_owned() });
    Ok(Demands {
        seeds: database.map(Database::seed).into_iter().chain(own.transpose()?).collect(),
        fingerprint: (!command.is_empty()).then(|| Fingerprint { command, tree: file.compares_tree() }),
        ignored: ignored.collect(),
        due: file.due,
        budgets: Budgets {
            rto: file.budgets.rto.map(|span| span.0),
            rpo: file.budgets.rpo.map(|span| span.0),
            size_change: file.budgets.size_change.map(|percent| percent.0),
            before: Before::Unknown,
        },
        age: None,
    })
}

/// What a drill looks at, and how it restores, where no option says it.
pub(crate) fn fill_drill(options: &mut DrillOptions, file: &DrillFile) {
    options.rule = options.rule.take().or_else(|| file.trigger.as_ref().map(|trigger| trigger.rule().to_owned()));
    options.bucket = options.bucket.take().or_else(|| file.bucket().map(str::to_owned));
    options.strict |= file.strict;
    options.database_restore = file.database.as_ref().map(Database::restore);
    let Some(restore) = file.restore() else { return };
    options.restore_script = options.restore_script.take().or_else(|| restore.script.clone());
    options.all_objects = restore.objects == RestoredObjects::All;
    for (name, path) in &restore.secrets {
        if !options.secrets.iter().any(|(known, _)| known == name) {
            options.secrets.push((name.clone(), path.clone()));
        }
    }
}

/// What instances and functions run in, where no option says it.
pub(crate) fn fill_machine(options: &mut MachineOptions, file: &DrillFile) {
    let Machine { kind, platform, .. } = &file.machine;
    options.set_kind(kind.map(|kind| match kind {
        FileMachineKind::Sandbox => MachineKind::Sandbox,
        FileMachineKind::Container => MachineKind::Container,
    }));
    options.platform = options.platform.or(*platform);
    options.instance_image = options.instance_image.take().or_else(|| file.machine.instance_image().map(str::to_owned));
    options.function_image = options.function_image.take().or_else(|| file.machine.function_image().map(str::to_owned));
    options.rootfs = options.rootfs.take().or_else(|| file.machine.rootfs.clone());
    options.allow_blocked_runtimes |= file.allow_blocked_runtimes;
}
