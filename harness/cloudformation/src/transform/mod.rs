//! Macros: what a template becomes before it is deployed.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html>

mod failure;
mod include;
mod own;
mod serverless;

use nightproof_core::service::{AwsError, Call};
use nightproof_template::{Document, LANGUAGE_EXTENSIONS, TemplateError};

use self::failure::{failed, lacking};
use crate::cloudformation::CloudFormation;
use crate::error::validation;
use crate::records::Submission;

/// How many macros a template may use, those that macros bring included.
const MOST: usize = 200;

/// Applies all macros of a template, in AWS's order. `before` has the values of its parameters.
///
/// # Errors
/// `ValidationError` with the words that AWS gives the stack as its reason.
pub(crate) async fn apply(
    service: &CloudFormation,
    call: &Call,
    mut document: Document,
    before: &Submission,
) -> Result<Document, AwsError> {
    let hidden = before.template.parameters.iter().filter(|parameter| parameter.no_echo);
    let hidden: Vec<&str> = hidden.map(|parameter| parameter.name.as_str()).collect();
    let plain = |error: TemplateError| validation(error.message);
    for _ in 0..MOST {
        let Some(used) = document.next_macro().map_err(plain)? else { return Ok(document) };
        let name = used.name.as_str();
        if name == LANGUAGE_EXTENSIONS {
            document.extend(&before.inputs, &hidden).map_err(|error| failed(name, &error.message))?;
            continue;
        }
        let parameters = document.parameters(&used, &before.inputs).map_err(plain)?;
        let fragment = document.fragment(&used);
        let made = match name {
            "AWS::Include" => include::include(call, fragment, &parameters).await?,
            serverless::NAME => serverless::translate(service, call, fragment, before).await?,
            _ if name.starts_with("AWS::") => return Err(lacking(&format!("transform `{name}`"))),
            _ => own::call(service, call, name, fragment, parameters, before).await?,
        };
        document.put(&used, &made).map_err(plain)?;
    }
    Err(validation(format!("Template error: more than {MOST} macros are used")))
}
