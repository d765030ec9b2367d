//! The values of a template's parameters: given, of what exists already, or made up.

use std::path::{Path, PathBuf};

use nightproof_drill::{ExistingStack, FromOutput, Guessed};
use nightproof_parameters::{Missing, ParameterFile};
use nightproof_template::{Template, to_json};
use serde_json::Value;

use crate::arguments::{ExistingOptions, StackOptions};
use crate::error::Error;
use crate::template;

/// What a stack is deployed with beside its template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// Parameters whose values are known.
    pub(crate) parameters: Vec<(String, String)>,
    /// Tags of the stack.
    pub(crate) tags: Vec<(String, String)>,
    /// The stack's policy.
    pub(crate) policy: Option<Value>,
    /// What was made up.
    pub(crate) guessed: Vec<Guessed>,
    /// Stacks that exist already.
    pub(crate) existing: Vec<ExistingStack>,
    /// Parameters that are their outputs.
    pub(crate) outputs: Vec<FromOutput>,
}

impl Values {
    /// Values for the template `text`.
    pub(crate) fn new(stack: &StackOptions, existing: Option<&ExistingOptions>, text: &str) -> Result<Self, Error> {
        let template = template::parse(stack.template.as_deref(), text)?;
        let mut values = Self::default();
        for (name, value) in &stack.file_parameters {
            values.set(name, value);
        }
        for file in &stack.parameter_files {
            values.take(read(file)?);
        }
        for (name, value) in &stack.parameters {
            values.set(name, value);
        }
        for file in existing.iter().flat_map(|options| &options.existing) {
            values.existing.push(existing_stack(file)?);
        }
        let Some(missing) = Missing::new(&template, &values.parameters) else { return Ok(values) };
        let Some(missing) = values.take_outputs(missing, existing)? else { return Ok(values) };
        if !existing.is_some_and(|options| options.guess_parameters) {
            return Err(Error::MissingParameters { missing, can_be_guessed: existing.is_some() });
        }
        values.guess(&template, text, &missing)?;
        Ok(values)
    }

    fn take(&mut self, file: ParameterFile) {
        for (name, value) in &file.parameters {
            self.set(name, value);
        }
        for (key, value) in file.tags {
            self.tags.retain(|(other, _)| *other != key);
            self.tags.push((key, value));
        }
        self.policy = file.policy.or(self.policy.take());
    }

    /// The last value counts.
    fn set(&mut self, name: &str, value: &str) {
        self.parameters.retain(|(other, _)| other != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
    }

    /// Takes outputs of the parameters' names of what exists. Returns the parameters that are still missing.
    fn take_outputs(&mut self, missing: Missing, options: Option<&ExistingOptions>) -> Result<Option<Missing>, Error> {
        let files = options.map(|options| options.existing.as_slice()).unwrap_or_default();
        for (stack, file) in files.iter().enumerate() {
            let text = self.existing.get(stack).map(|one| one.template.as_str()).unwrap_or_default();
            let outputs = template::parse(Some(file), text)?.outputs;
            for parameter in missing.parameters() {
                let is_known = self.outputs.iter().any(|known| known.parameter == parameter.name);
                if !is_known && outputs.iter().any(|output| output.name == parameter.name) {
                    let (parameter, output) = (parameter.name.clone(), parameter.name.clone());
                    self.outputs.push(FromOutput { parameter, stack, output });
                }
            }
        }
        Ok(missing.without(|name| self.outputs.iter().any(|known| known.parameter == name)))
    }

    fn guess(&mut self, template: &Template, text: &str, missing: &Missing) -> Result<(), Error> {
        let document = to_json(text).unwrap_or_default();
        let guess = nightproof_parameters::guess(template, &document, missing.parameters(), &mut rand::rng());
        let guess = guess.map_err(Error::CannotGuess)?;
        let stack = self.existing.len();
        for one in guess.parameters {
            let shown = one.value.as_ref().map(|value| if one.no_echo { "****".to_owned() } else { value.clone() });
            self.guessed.push(Guessed { parameter: one.name.clone(), value: shown });
            match one.value {
                Some(value) => self.parameters.push((one.name, value)),
                None => self.outputs.push(FromOutput { parameter: one.name.clone(), stack, output: one.name }),
            }
        }
        self.existing.extend(guess.existing.map(|template| ExistingStack {
            label: "what guessed parameters name".to_owned(),
            template,
            parameters: Vec::new(),
        }));
        Ok(())
    }
}

fn read(file: &Path) -> Result<ParameterFile, Error> {
    let path = || PathBuf::from(file);
    let text = std::fs::read_to_string(file).map_err(|source| Error::ReadParameters { path: path(), source })?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ParameterFile::read(&name, &text).map_err(|why| Error::Parameters { path: path(), why })
}

/// A stack that exists already, by its template, whose parameters have defaults.
fn existing_stack(file: &Path) -> Result<ExistingStack, Error> {
    let template = template::load(Some(file))?;
    let declared = template::parse(Some(file), &template)?;
    match Missing::new(&declared, &[]) {
        Some(missing) => Err(Error::ExistingParameters { path: file.to_owned(), missing }),
        None => Ok(ExistingStack { label: format!("`{}`", file.display()), template, parameters: Vec::new() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Parameters: {A: {Type: String}, B: {Type: String}, Secret: {Type: String, NoEcho: true}}\nResources: {T: {Type: 'AWS::SNS::Topic'}}\n";

    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        }
    }

    fn options(files: &Files, parameters: &[(&str, &str)]) -> StackOptions {
        StackOptions {
            template: Some(files.write("t.yaml", TEMPLATE)),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..StackOptions::default()
        }
    }

    fn value<'v>(values: &'v Values, name: &str) -> Option<&'v str> {
        values.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_value_of_the_command_line_counts_more_than_a_files() {
        let files = Files::new();
        let mut options = options(&files, &[("A", "line"), ("Secret", "s")]);
        options.parameter_files =
            vec![files.write("1.json", r#"["A=first", "B=first"]"#), files.write("2.json", r#"["B=second"]"#)];
        let values = Values::new(&options, None, TEMPLATE).unwrap();
        assert_eq!((value(&values, "A"), value(&values, "B")), (Some("line"), Some("second")));
    }

    #[test]
    fn what_has_no_value_is_asked_for_at_once() {
        let files = Files::new();
        let refused = Values::new(&options(&files, &[("A", "a")]), None, TEMPLATE).unwrap_err();
        assert!(refused.to_string().contains("\n  B ") && refused.to_string().contains("\n  Secret"), "{refused}");
        assert_eq!(refused.exit(), crate::Exit::Input);
    }

    #[test]
    fn outputs_of_what_exists_are_values_and_the_rest_is_guessed() {
        let files = Files::new();
        let existing = ExistingOptions {
            existing: vec![files.write("net.yaml", "Resources: {T: {Type: 'AWS::SNS::Topic'}}\nOutputs: {A: {Value: !Ref T}}\n")],
            guess_parameters: true,
        };
        let values = Values::new(&options(&files, &[]), Some(&existing), TEMPLATE).unwrap();
        assert_eq!(values.outputs, [FromOutput { parameter: "A".to_owned(), stack: 0, output: "A".to_owned() }]);
        let shown: Vec<String> = values.guessed.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["B=value", "Secret=****"]);
        assert_ne!(value(&values, "Secret"), Some("****"));
        assert_eq!(values.existing.len(), 1);
    }

    #[test]
    fn what_exists_has_values_of_its_own() {
        let files = Files::new();
        let path = files.write("net.yaml", "Parameters: {Cidr: {Type: String}}\nResources: {T: {Type: 'AWS::SNS::Topic'}}\n");
        let existing = ExistingOptions { existing: vec![path], guess_parameters: true };
        let refused = Values::new(&options(&files, &[]), Some(&existing), TEMPLATE).unwrap_err();
        assert!(matches!(refused, Error::ExistingParameters { .. }), "{refused}");
    }
}
