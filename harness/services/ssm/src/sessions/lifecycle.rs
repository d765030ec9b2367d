//! How sessions begin and end.

use std::sync::Arc;
use std::time::Duration;

use nightproof_core::Region;
use nightproof_session_channel::{
    AgentMessage, AgentTask, ChannelClosed, MessageType, SessionTask, TaskComplete, epoch_milliseconds,
};
use tokio::time::Instant;

use crate::records::Ssm;
use crate::sessions::document::Limits;
use crate::sessions::session::{Session, Status};

/// What the topic of a message that starts a session begins with.
const TOPIC: &str = "aws.ssm.StartSession";

impl Ssm {
    /// A session that waits for its client from now on, and ends by itself.
    pub(crate) fn begin_session(self: &Arc<Self>, region: &Region, account: &str, session: Session, limits: Limits) {
        let id = session.id.clone();
        self.channels.add(&id);
        self.with(account, |records| records.sessions.push(session));
        let (ssm, region, account) = (Arc::clone(self), region.clone(), account.to_owned());
        region.clone().tasks().spawn(async move {
            let ends = limits.longest.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
            while let Some(active) = ssm.channels.last_activity(&id) {
                let idle = active + limits.idle;
                let due = ends.map_or(idle, |ends| ends.min(idle));
                if due <= Instant::now() {
                    return ssm.end_session(&region, &account, &id, Status::Terminated, "");
                }
                tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = region.stopping().cancelled() => return,
                }
            }
        });
    }

    /// The client is there: the agent is told of the session, if it was not before.
    pub(crate) fn client_came(&self, account: &str, id: &str) {
        if !self.channels.is_to_be_told(id) {
            if self.channels.has_agent(id) {
                self.set_session_status(account, id, Status::Connected);
            }
            return;
        }
        let found = self.with(account, |records| records.session(id).map(|session| (session.target.clone(), task(session))));
        if let Some((target, task)) = found {
            self.channels.tell(&target, AgentMessage::document(MessageType::InteractiveShell, &task));
        }
    }

    /// The client has gone, and may come again.
    pub(crate) fn client_went(&self, account: &str, id: &str) {
        self.set_session_status(account, id, Status::Disconnected);
    }

    pub(crate) fn set_session_status(&self, account: &str, id: &str, status: Status) {
        self.with(account, |records| {
            if let Some(session) = records.session_mut(id).filter(|session| !session.status.is_over()) {
                session.status = status;
            }
        });
    }

    /// The agent says what came of a session: one that it could not run has failed.
    pub(crate) fn complete_session(&self, region: &Region, account: &str, instance: &str, complete: &TaskComplete) {
        let is_its_own =
            self.with(account, |records| records.session(&complete.task_id).is_some_and(|session| session.target == instance));
        if !is_its_own {
            return;
        }
        let status = if complete.final_task_status == "Failed" { Status::Failed } else { Status::Terminated };
        self.end_session(region, account, &complete.task_id, status, &complete.output);
    }

    /// Ends a session: both ends are told, and the agent by its control channel too, where its own end may be gone.
    pub(crate) fn end_session(&self, region: &Region, account: &str, id: &str, status: Status, output: &str) {
        let now = region.clock().now();
        let target = self.with(account, |records| {
            let session = records.session_mut(id).filter(|session| !session.status.is_over())?;
            (session.status, session.ended, session.details) = (status, Some(now), output.to_owned());
            Some(session.target.clone())
        });
        let Some(target) = target else { return };
        let closed = ChannelClosed {
            message_id: uuid::Uuid::new_v4().to_string(),
            created_date: epoch_milliseconds().to_string(),
            destination_id: target.clone(),
            session_id: id.to_owned(),
            message_type: MessageType::ChannelClosed.name().to_owned(),
            schema_version: 1,
            output: output.to_owned(),
        };
        let closed = AgentMessage::document(MessageType::ChannelClosed, &closed);
        self.channels.end(id, &closed);
        self.channels.tell(&target, closed);
    }
}

/// What the agent is told of a session.
fn task(session: &Session) -> AgentTask {
    let content = SessionTask {
        document_name: session.document.clone(),
        document_content: session.content.clone(),
        session_id: session.id.clone(),
        parameters: session.parameters.clone(),
        run_as_user: String::new(),
        session_owner: session.owner.clone(),
    };
    let content = serde_json::to_string(&content).unwrap_or_default();
    AgentTask { schema_version: 1, task_id: session.id.clone(), topic: TOPIC.to_owned(), content }
}
