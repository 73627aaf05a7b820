//! What a call and a test run share: checking what came back, and telling an author how to get what was refused.

use mcpbox_core::{
    capability::Capability,
    execute::{HostOutcome, Observed, Outcome},
    failure::{Failure, FailureKind, NextCall},
    server::CodePolicy,
};
use serde_json::{Value, json};

use crate::{
    compile::Compiled,
    needs::{module_capability, needed_host, request_call},
    offers::Offer,
    validate,
};

/// Checks the result against what the output schema promises of `main`, and completes a failure with the call that helps.
/// `name` is `server__tool`.
pub(crate) fn complete(
    outcome: &mut Outcome,
    (compiled, offer): (&Compiled, Option<&Offer>),
    name: &str,
    policy: CodePolicy,
) {
    let checked = if offer.is_none() { check_result(outcome, compiled, name) } else { Ok(()) };
    if let Err(failure) = checked {
        outcome.result = Err(failure);
    }
    if let Err(failure) = &mut outcome.result {
        help(failure, &outcome.observed, name, policy);
    }
}

fn check_result(outcome: &Outcome, compiled: &Compiled, name: &str) -> Result<(), Failure> {
    let (Ok(output), Some(validator)) = (&outcome.result, &compiled.result) else { return Ok(()) };
    let structured = compiled.structured(&output.value).map_or_else(|| output.value.clone(), Value::Object);
    validate::check_result(validator, name, &structured).map_err(|failure| match &compiled.pinned {
        Some(pinned) => failure.hint(format!("the source {} does not keep its own promise", pinned.source)),
        None => at_main(failure, &compiled.version.content.code),
    })
}

/// The failure with the line where `main` is defined: there stands what it promises to return.
fn at_main(failure: Failure, code: &str) -> Failure {
    let line = mcpbox_analysis::analyze(code, CodePolicy::Standard).main.map(|main| main.line);
    let text = line.and_then(|line| code.lines().nth((line as usize).saturating_sub(1)));
    Failure { line, snippet: text.map(|text| text.trim().to_owned()), ..failure }
}

/// Completes a failure with the call that helps.
fn help(failure: &mut Failure, observed: &Observed, name: &str, policy: CodePolicy) {
    match failure.kind {
        FailureKind::ImportDenied | FailureKind::HostDenied => {
            let wanted = last_refused(failure.kind, observed, policy);
            if let Some(capability) = wanted {
                failure.next = Some(request_call(&capability, name));
                let hint =
                    || format!("ask for {capability} with the call under next, giving your reason as justification");
                failure.hint.get_or_insert_with(hint);
            }
        }
        FailureKind::SecretMissing => {
            failure.hint.get_or_insert_with(|| {
                "a human sets values of secrets; the version that uses one must be approved".to_owned()
            });
            failure.next.get_or_insert_with(|| status_call(name));
        }
        FailureKind::Exception
        | FailureKind::Timeout
        | FailureKind::Memory
        | FailureKind::Cpu
        | FailureKind::OutputTooLarge => {
            failure.hint.get_or_insert_with(|| {
                "the tool's own code failed: call it with other arguments, or mend it with mcpbox_update_tool"
                    .to_owned()
            });
            failure.next.get_or_insert_with(|| {
                crate::next::next_call("mcpbox_get_tool_logs", json!({"tool_id": name, "limit": 1}))
            });
        }
        _ => {}
    }
}

/// What was refused last: that is what ended the run.
fn last_refused(kind: FailureKind, observed: &Observed, policy: CodePolicy) -> Option<Capability> {
    if kind == FailureKind::ImportDenied {
        return observed.denied_modules.iter().next_back().and_then(|module| module_capability(module, policy));
    }
    let denied = observed.hosts.iter().rev().find(|attempt| attempt.outcome == HostOutcome::Denied)?;
    needed_host(denied).map(Capability::Host)
}

fn status_call(name: &str) -> NextCall {
    crate::next::next_call("mcpbox_get_tool_status", json!({"tool_id": name}))
}
