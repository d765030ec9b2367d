//! What is supported of a resource type. What its properties are, and what a change of each takes, CloudFormation's registry knows.

/// What is supported of a resource type. Whatever else a template declares is refused by name: in AWS's words where AWS does not have it
/// either, and as lacking where CloudFormation's registry has it.
#[derive(Debug)]
pub struct ResourceFacts {
    /// `AWS::S3::Bucket`
    pub name: &'static str,
    /// Properties at the top that are acted upon.
    pub properties: &'static [&'static str],
    /// The property that names the resource.
    pub naming: Option<&'static str>,
    /// Properties of which only some members are acted upon, with the paths of those. Of all other properties every member is.
    pub members: &'static [(&'static str, &'static [&'static str])],
    /// Properties that are recorded and not acted upon, since no backup meets what they do: at the top, or members by their paths
    /// (`LaunchTemplateData.KeyName`). A drill names those that a stack gives.
    pub recorded: &'static [&'static str],
    /// The attributes that `Fn::GetAtt` returns, as `create` gives them; `Outputs.*` stands for all that begin so.
    pub attributes: &'static [&'static str],
    /// Whether it may have any property and attribute: what they are is known to somebody else alone, as of a custom resource.
    pub is_open: bool,
}

impl ResourceFacts {
    /// The facts of a type without properties and attributes, for these to be filled in.
    pub const fn new(name: &'static str) -> Self {
        Self { name, properties: &[], naming: None, members: &[], recorded: &[], attributes: &[], is_open: false }
    }

    /// Whether the property at `path` is acted upon or recorded: names from the resource on, without indexes of lists.
    pub fn supports(&self, path: &[&str]) -> bool {
        if self.is_open {
            return true;
        }
        let [top, rest @ ..] = path else { return true };
        let is_recorded = |end: usize| path.get(..end).is_some_and(|path| self.recorded.contains(&path.join(".").as_str()));
        if (1..=path.len()).any(is_recorded) {
            return true;
        }
        let has = self.properties.contains(top);
        if !has || rest.is_empty() {
            return has;
        }
        let Some((_, members)) = self.members.iter().find(|(property, _)| property == top) else { return true };
        let name = rest.join(".");
        let any = rest.split_last().map(|(_, before)| [before, &["*"]].concat().join(".")).unwrap_or_default();
        members.iter().any(|member| *member == name || *member == any)
    }
}

impl ResourceFacts {
    /// Whether `Fn::GetAtt` returns this attribute.
    pub fn has_attribute(&self, name: &str) -> bool {
        let is_it = |one: &&str| match one.strip_suffix('*') {
            Some(prefix) => name.len() > prefix.len() && name.starts_with(prefix),
            None => *one == name,
        };
        self.is_open || self.attributes.iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: ResourceFacts = ResourceFacts {
        properties: &["Code", "Name", "Open", "Targets"],
        members: &[("Targets", &["Id", "Paths", "Paths.*"]), ("Code", &["Key"])],
        recorded: &["Note", "Code.Note"],
        ..ResourceFacts::new("A::B::C")
    };

    #[test]
    fn members_are_supported_where_all_are_or_where_they_are_listed() {
        for path in [
            &["Name"][..],
            &["Open", "Any", "Depth"],
            &["Targets"],
            &["Targets", "Id"],
            &["Code", "Key"],
            &["Note", "Any"],
            &["Code", "Note", "Any"],
        ] {
            assert!(FACTS.supports(path), "{path:?}");
        }
        for path in [&["Other"][..], &["Targets", "Arn"], &["Targets", "Id", "More"], &["Code", "Bucket"]] {
            assert!(!FACTS.supports(path), "{path:?}");
        }
    }

    #[test]
    fn maps_of_any_names_are_supported_below_their_star() {
        assert!(FACTS.supports(&["Targets", "Paths", "instance"]));
        assert!(!FACTS.supports(&["Targets", "Paths", "instance", "more"]));
    }
}
