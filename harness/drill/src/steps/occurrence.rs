//! Events that start a backup and which a drill causes for real: what happens, and who hands the event on.

use std::fmt;

/// Something that happens in the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Occurrence {
    /// An object is put into a bucket.
    ObjectCreated {
        /// The bucket.
        bucket: String,
        /// A key that the trigger wants.
        key: String,
    },
    /// An auto scaling group launches an instance.
    InstanceLaunched {
        /// The group.
        group: String,
    },
    /// An auto scaling group takes an instance out of service.
    InstanceTerminated {
        /// The group.
        group: String,
    },
    /// An alarm goes to ALARM.
    AlarmRaised {
        /// The alarm.
        alarm: String,
    },
}

/// Who hands the event to what it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Messenger {
    /// A rule of EventBridge, by its name.
    Rule(String),
    /// A topic of SNS, by its ARN.
    Topic(String),
    /// The service in which it happens.
    Service,
}

/// The event that starts a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) occurrence: Occurrence,
    pub(crate) messenger: Messenger,
}

impl Occurrence {
    /// The service in which it happens, as reports name it.
    fn service(&self) -> &'static str {
        match self {
            Self::ObjectCreated { .. } => "S3",
            Self::InstanceLaunched { .. } | Self::InstanceTerminated { .. } => "Auto Scaling",
            Self::AlarmRaised { .. } => "CloudWatch alarm",
        }
    }
}

impl Cause {
    /// What does the work of the trigger, as reports name it.
    pub(crate) fn part(&self) -> String {
        let service = self.occurrence.service();
        match &self.messenger {
            Messenger::Rule(_) => format!("{service} by EventBridge"),
            Messenger::Topic(_) => format!("{service} by SNS"),
            Messenger::Service => service.to_owned(),
        }
    }

    /// As whom the function is invoked, which its policy has to let in.
    pub(crate) fn principal(&self) -> &'static str {
        match (&self.messenger, &self.occurrence) {
            (Messenger::Rule(_), _) => "events.amazonaws.com",
            (Messenger::Topic(_), _) => "sns.amazonaws.com",
            (Messenger::Service, Occurrence::AlarmRaised { .. }) => "lambda.alarms.cloudwatch.amazonaws.com",
            (Messenger::Service, _) => "s3.amazonaws.com",
        }
    }

    /// That it has happened, as the beginning of a sentence on what came of it.
    pub(crate) fn happened(&self) -> String {
        let what = match &self.occurrence {
            Occurrence::ObjectCreated { bucket, key } => format!("s3://{bucket}/{key} was put"),
            Occurrence::InstanceLaunched { group } => format!("the group {group} launched an instance"),
            Occurrence::InstanceTerminated { group } => format!("the group {group} took an instance out of service"),
            Occurrence::AlarmRaised { alarm } => format!("the alarm {alarm} went to ALARM"),
        };
        match &self.messenger {
            Messenger::Rule(name) => format!("{what}, which {name} waits for,"),
            Messenger::Topic(arn) => format!("{what}, which the topic {} is told,", arn.rsplit(':').next().unwrap_or(arn)),
            Messenger::Service => what,
        }
    }
}

impl fmt::Display for Occurrence {
    /// What has to happen, in the place of a schedule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectCreated { bucket, key } => write!(f, "an object such as s3://{bucket}/{key}"),
            Self::InstanceLaunched { group } => write!(f, "a launch of the group {group}"),
            Self::InstanceTerminated { group } => write!(f, "a termination by the group {group}"),
            Self::AlarmRaised { alarm } => write!(f, "the alarm {alarm}"),
        }
    }
}
