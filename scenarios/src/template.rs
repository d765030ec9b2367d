//! Variations of templates.

/// The bundled template.
pub const BUNDLED: &str = include_str!("../../stack/template.yaml");

/// A template that differs from another, the bundled one or a given one, in a few lines.
#[derive(Debug, Clone)]
pub struct Template(String);

impl Default for Template {
    fn default() -> Self {
        Self(BUNDLED.to_owned())
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Template {
    /// With the first occurrence of `old` replaced.
    ///
    /// # Panics
    /// If `old` is not there: the scenario no longer fits the template.
    #[must_use]
    pub fn replacing(self, old: &str, new: &str) -> Self {
        assert!(self.0.contains(old), "the template has no `{old}`");
        Self(self.0.replacen(old, new, 1))
    }

    /// Without the text from `from` to the next `until`, which stays.
    ///
    /// # Panics
    /// See [`Template::replacing`].
    #[must_use]
    pub fn cutting(self, from: &str, until: &str) -> Self {
        let rest = self.0.split_once(from).and_then(|(before, rest)| Some((before, rest.split_once(until)?.1)));
        let cut = rest.map(|(before, rest)| format!("{before}{until}{rest}"));
        let Some(cut) = cut else { unreachable!("the template has no `{from}` followed by `{until}`") };
        Self(cut)
    }

    /// With lines put before the first occurrence of `mark`.
    ///
    /// # Panics
    /// See [`Template::replacing`].
    #[must_use]
    pub fn inserting(self, mark: &str, lines: &str) -> Self {
        self.replacing(mark, &format!("{lines}{mark}"))
    }

    /// With another instance, a copy of the web server with its own logical id and tag value.
    ///
    /// # Panics
    /// See [`Template::replacing`].
    #[must_use]
    pub fn with_instance(self, id: &str, tag: &str) -> Self {
        let copy = self
            .0
            .split_once("  WebServerInstance:\n")
            .and_then(|(_, rest)| rest.split_once("\n\n"))
            .map(|(body, _)| format!("  {id}:\n{}\n\n", body.replace("Value: Enabled", &format!("Value: {tag}"))));
        let Some(copy) = copy else { unreachable!("the template has a web server followed by its role") };
        self.inserting("  InstanceRole:\n", &copy)
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }
}
