//! One explanation.

/// What a name in a report stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// A finding's id (`open-port`), or the point of a failure (`script`).
    pub name: &'static str,
    /// What it means on AWS.
    pub meaning: &'static str,
    /// How to mend it.
    pub remedy: &'static str,
    /// AWS's page, or a page of ours where AWS has none.
    pub page: &'static str,
}

impl Explanation {
    /// For a terminal.
    pub fn text(&self) -> String {
        format!("{}\n\n{}\n\nHow to mend it: {}\n\nMore: {}\n", self.name, self.meaning, self.remedy, self.page)
    }
}
