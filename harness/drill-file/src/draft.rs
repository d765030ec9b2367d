//! The draft of a drill file for a template, for a person to go on with.

use std::fmt::{self, Write as _};

use nightproof_template::{Parameter, Resource, Template};

const RULE: &str = "AWS::Events::Rule";
/// Types of resources that may start a backup.
const TRIGGERS: &[&str] = &[RULE, "AWS::Scheduler::Schedule", "AWS::SSM::MaintenanceWindow", "AWS::SSM::Association"];

/// A drill file for `template`, whose file is called `name` beside it. What has a default, and what there may be beside, is in comments.
pub fn draft(template: &Template, name: &str) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, template, name, None);
    text
}

/// As [`draft`], of a stack that is deployed: with the values that its parameters have, and with its archives.
pub fn draft_of_stack(template: &Template, name: &str, stack: &str, values: &[(String, String)]) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, template, name, Some((stack, values)));
    text
}

/// The name of a stack, and the values of its parameters.
type Deployed<'a> = (&'a str, &'a [(String, String)]);

fn write(text: &mut String, template: &Template, name: &str, deployed: Option<Deployed<'_>>) -> fmt::Result {
    writeln!(text, "# What `nightproof run` rehearses in this folder, and what has to hold: docs/drill-file.md.")?;
    writeln!(text, "# Options of the command line override it. `nightproof schema drill` prints its JSON Schema, for editors.")?;
    writeln!(text, "version: 1\ntemplate: {}\n", quoted(name))?;
    match deployed {
        None => parameters(text, &template.parameters)?,
        Some((_, values)) => values_of(text, &template.parameters, values)?,
    }
    writeln!(text, "data:")?;
    writeln!(text, "  profile: usual          # a small generated web site; `hard` has all that file systems allow")?;
    writeln!(text, "  # folder: ./htdocs      # or a copy of your own data, instead of `profile`")?;
    writeln!(text, "  path: /var/www/html     # where the data lives on instances\n")?;
    let named = |kinds: &[&str]| -> Vec<&str> {
        let may = |resource: &&Resource| {
            // A rule may go by events alone, which start no nightly backup.
            kinds.contains(&resource.kind.as_str()) && (resource.kind != RULE || resource.declares("ScheduleExpression"))
        };
        template.resources.iter().filter(may).map(|one| one.id.as_str()).collect()
    };
    choice(text, "what starts the backup", &named(TRIGGERS), |id| format!("trigger: {{rule: {id}}}"))?;
    choice(text, "where archives go", &named(&["AWS::S3::Bucket"]), |id| format!("bucket: {id}"))?;
    if let Some((stack, _)) = deployed {
        writeln!(
            text,
            "archives: {{stack: {}}}    # for `nightproof restore`, and their age in `nightproof smoke`\n",
            quoted(stack)
        )?;
    }
    let is_archives = |line: &&str| deployed.is_some() && line.starts_with("# archives:");
    for line in REST.lines().filter(|line| !is_archives(line)) {
        writeln!(text, "{line}")?;
    }
    Ok(())
}

fn parameters(text: &mut String, parameters: &[Parameter]) -> fmt::Result {
    if parameters.is_empty() {
        return Ok(());
    }
    // A mapping whose members are all comments would be null.
    writeln!(
        text,
        "# Parameters of the template. Those with a default need no value; the others do: take the # away and give one."
    )?;
    writeln!(text, "# parameters:")?;
    for parameter in parameters {
        let Parameter { name, kind, default, description, .. } = parameter;
        if let Some(description) = description {
            writeln!(text, "#   # {}", one_line(description))?;
        }
        let allowed = match parameter.allowed_values() {
            [] => String::new(),
            values => format!(", one of {}", one_line(&values.join(", "))),
        };
        match default.as_ref().filter(|_| !parameter.no_echo) {
            Some(default) => writeln!(text, "#   {name}: {}    # {kind}{allowed}; this is its default", quoted(default))?,
            None if default.is_some() => writeln!(text, "#   {name}: \"\"    # {kind}{allowed}; its default is not shown")?,
            None => writeln!(text, "#   {name}: \"\"    # {kind}{allowed}; it has no default")?,
        }
    }
    text.push('\n');
    Ok(())
}

/// The values that the parameters of a stack have; whoever reads them gets `****` for one that is not shown.
fn values_of(text: &mut String, parameters: &[Parameter], values: &[(String, String)]) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    let is_hidden = |name: &str| parameters.iter().any(|parameter| parameter.name == name && parameter.no_echo);
    let (hidden, shown): (Vec<_>, Vec<_>) = values.iter().partition(|(name, _)| is_hidden(name));
    writeln!(text, "# The values that the stack has.")?;
    // A mapping whose members are all comments would be null.
    writeln!(text, "{}parameters:", if shown.is_empty() { "# " } else { "" })?;
    for (name, value) in shown {
        writeln!(text, "  {name}: {}", quoted(value))?;
    }
    for (name, _) in hidden {
        writeln!(text, "#   {name}: \"\"    # its value is not shown: take the # away and give one")?;
    }
    text.push('\n');
    Ok(())
}

/// Which of several is meant is for the person to say; of one there is nothing to say.
fn choice(text: &mut String, what: &str, ids: &[&str], line: impl Fn(&str) -> String) -> fmt::Result {
    match ids {
        [] | [_] => Ok(()),
        several => {
            writeln!(text, "# {what}, if it is not found out: one of these")?;
            several.iter().try_for_each(|id| writeln!(text, "# {}", line(id)))?;
            text.push('\n');
            Ok(())
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As a YAML scalar in double quotes, which JSON's are.
/// <https://yaml.org/spec/1.2.2/#731-double-quoted-style>
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

const REST: &str = r"# machine: {kind: sandbox}          # or container; platform: what is on images of your own; rootfs: their files
nights: 1                           # two or more measure the time between restorable archives
strict: false                       # true: findings fail the drill
due: 1                              # machines that have to leave an archive each night, at least

# budgets:                          # over budget is a finding
#   rto: 15m                        # how long a restore takes
#   rpo: 26h                        # the longest time without a restorable archive
#   size_change: 50%                # how much larger or smaller an archive is than the one before

# archives: {bucket: my-archives}    # of the real account: for `nightproof restore`, and their age in `nightproof smoke`; or stack, prefix

# restore:                          # for archives that only you can open
#   script: restore.sh
#   secrets: {passphrase: backup.pass}

# database: postgresql              # or mariadb, sqlite, redis: its server is filled, written to during the backup, and compared

# seed: seed.sh                     # runs on each instance before the first night: fills a database
# fingerprint: psql -Atc 'table t'  # says the same before the night and on the restored machine; wants `restore`

# ignore:                           # what the comparison leaves out
#   - path: cache
#     reason: is made anew at the first request
";
