//! From what stands under `scans` to what it means.

use super::section::{
    CoverageSection, GateSection, ScansSection, SignaturesSection, WaiveSection, WaiverSection,
};
use super::words::{BlockOrShow, FailOn, Percent, Platform, ReportName, Tests};
use super::{Identity, PublicKey, Scans, Trust, Waive};
use crate::policy::problem::ProblemCode;
use crate::policy::read::{At, List, Reader};
use crate::report::{self, Gate, Wait, Waiver};

/// What a gate is told by either of the two places.
struct Said {
    fail_on: Option<At<FailOn>>,
    must_have: Option<At<List<ReportName>>>,
    new_only: Option<At<bool>>,
    known_exploited: Option<At<BlockOrShow>>,
    end_of_life: Option<At<BlockOrShow>>,
    nothing_to_look_at: Option<At<BlockOrShow>>,
    tests: Option<At<Tests>>,
    coverage: Option<At<CoverageSection>>,
    platforms: Option<At<List<Platform>>>,
    signed: Option<At<List<ReportName>>>,
}

/// What the file's own `scans` means.
pub(in crate::policy) fn scans(section: Option<ScansSection>, reader: &mut Reader<'_>) -> Scans {
    let Some(section) = section else { return Scans::default() };
    let signatures = section.signatures.map(|signatures| signatures.value);
    let (trust, signed) = signatures.map_or((None, None), |section| trust(section, reader));
    let said = Said {
        fail_on: section.fail_on,
        must_have: section.must_have,
        new_only: section.new_only,
        known_exploited: section.known_exploited,
        end_of_life: section.end_of_life,
        nothing_to_look_at: section.nothing_to_look_at,
        tests: section.tests,
        coverage: section.coverage,
        platforms: section.platforms,
        signed,
    };
    let forks = section.forks.is_some_and(|forks| forks.value);
    let wait = section.wait.map_or_else(Wait::default, |wait| Wait(wait.value.0));
    let before = Gate { forks, wait, ..Gate::standard() };
    Scans {
        stated: true,
        gate: said.over(before),
        trust,
        github_alerts: section.github_alerts.is_some_and(|alerts| alerts.value),
        ignore_artifacts: section
            .ignore_artifacts
            .map(|list| values(list.value).map(|name| name.0).collect())
            .unwrap_or_default(),
        ignore_workflows: section
            .ignore_workflows
            .map(|list| values(list.value).map(|name| name.0).collect())
            .unwrap_or_default(),
        annotations: section.annotations.map_or(Scans::ANNOTATIONS, |most| most.value.0),
        waive: section.waive.map(|section| waive(section.value, reader)).unwrap_or_default(),
        waivers: section.waivers.map(|list| values(list.value).map(waiver).collect()).unwrap_or_default(),
    }
}

/// What an environment's `require.scans` means, given the file's own `scans`.
pub(in crate::policy) fn gate(section: At<GateSection>, file: &Scans, reader: &mut Reader<'_>) -> Gate {
    let At { value: section, span } = section;
    let signed = section.signatures.map(|signatures| signatures.value.require);
    if let Some(signed) = &signed
        && file.trust.is_none()
    {
        unverifiable(signed, reader);
    }
    let said = Said {
        fail_on: section.fail_on,
        must_have: section.must_have,
        new_only: section.new_only,
        known_exploited: section.known_exploited,
        end_of_life: section.end_of_life,
        nothing_to_look_at: section.nothing_to_look_at,
        tests: section.tests,
        coverage: section.coverage,
        platforms: section.platforms,
        signed,
    };
    let states_nothing = said.states_nothing();
    let before = if file.stated { file.gate.clone() } else { Gate::standard() };
    let gate = said.over(before);
    // A tool that found something terrible would pass: nobody means that by writing `scans: {}`.
    let empty = gate.fail_on.is_none()
        && gate.must_have.is_empty()
        && gate.coverage_minimum.is_none()
        && gate.coverage_max_drop.is_none()
        && gate.platforms.is_empty()
        && gate.signed.is_empty();
    if empty && states_nothing {
        let message = "scans are required, and nothing is asked of them";
        let suggestion = "add `fail_on: high` or `must_have: [TOOL]`, here or under the file's own `scans`";
        reader.wrong(&span, ProblemCode::Unguarded, message, suggestion);
    }
    gate
}

impl Said {
    fn states_nothing(&self) -> bool {
        self.fail_on.is_none() && self.known_exploited.is_none() && self.tests.is_none()
    }

    /// What is said replaces what was there before, key by key.
    fn over(self, before: Gate) -> Gate {
        let names = |list: At<List<ReportName>>| values(list.value).map(|name| name.0).collect();
        let (minimum, max_drop) = self.coverage.map_or((None, None), |section| coverage(&section.value));
        Gate {
            fail_on: self.fail_on.map_or(before.fail_on, |word| word.value.0),
            must_have: self.must_have.map_or(before.must_have, names),
            new_only: self.new_only.map_or(before.new_only, |word| word.value),
            known_exploited: self.known_exploited.map_or(before.known_exploited, |word| word.value.0),
            end_of_life_passes: self.end_of_life.map_or(before.end_of_life_passes, |word| !word.value.0),
            nothing_to_look_at_passes: self
                .nothing_to_look_at
                .map_or(before.nothing_to_look_at_passes, |word| !word.value.0),
            ignore_tests: self.tests.map_or(before.ignore_tests, |word| word.value.0),
            coverage_minimum: minimum.or(before.coverage_minimum),
            coverage_max_drop: max_drop.or(before.coverage_max_drop),
            platforms: self
                .platforms
                .map_or(before.platforms, |list| values(list.value).map(|platform| platform.0).collect()),
            signed: self.signed.map_or(before.signed, names),
            forks: before.forks,
            wait: before.wait,
        }
    }
}

fn coverage(section: &CoverageSection) -> (Option<f64>, Option<f64>) {
    let number = |percent: &Option<At<Percent>>| percent.as_ref().map(|percent| percent.value.0);
    (number(&section.minimum), number(&section.max_drop))
}

fn trust(
    section: SignaturesSection,
    reader: &mut Reader<'_>,
) -> (Option<Trust>, Option<At<List<ReportName>>>) {
    let SignaturesSection { key, keyless, require } = section;
    if let (Some(_), Some(keyless)) = (&key, &keyless) {
        let message = "signatures verify under a key or under an identity, not under both";
        reader.wrong(&keyless.span, ProblemCode::Shadowed, message, "keep one of `key` and `keyless`");
    }
    if let Some(problem) = key.as_ref().and_then(|key| unusable(&key.value.0))
        && let Some(key) = &key
    {
        reader.wrong(&key.span, ProblemCode::InvalidValue, problem, "write the whole public key, as PEM");
    }
    if let Some(keyless) = &keyless
        && keyless.value.identity.value.0.trim_matches('*').is_empty()
    {
        let message = "this identity is everybody's";
        let suggestion = "name the workflow that signs, or the beginning of its address and `*`";
        reader.wrong(&keyless.value.identity.span, ProblemCode::InvalidValue, message, suggestion);
    }
    let identity = keyless.map(|section| {
        // An issuer is compared letter by letter, and an address without a path gets none.
        let issuer = section.value.issuer.value.0.as_str().trim_end_matches('/').to_owned();
        Trust::Keyless(Identity { issuer, identity: section.value.identity.value.0 })
    });
    let trust = key.map(|key| Trust::Key(key.value.0)).or(identity);
    if let Some(required) = &require
        && trust.is_none()
    {
        unverifiable(required, reader);
    }
    (trust, require)
}

/// Why nothing verifies under a key that stands in the policy itself.
fn unusable(key: &PublicKey) -> Option<String> {
    match key {
        PublicKey::Pem(pem) => report::Trust::Key(pem.clone()).problem(),
        PublicKey::File(_) => None,
    }
}

fn unverifiable(required: &At<List<ReportName>>, reader: &mut Reader<'_>) {
    let message = "signatures are required, and nothing says under what they verify";
    let suggestion = "add `key:` or `keyless:` to `signatures` under the file's own `scans`";
    reader.wrong(&required.span, ProblemCode::Unreachable, message, suggestion);
}

fn waive(section: WaiveSection, reader: &mut Reader<'_>) -> Waive {
    if let Some(authors) = &section.authors {
        reader.note(
            &authors.span,
            "`authors` does nothing any more: a waiver holds in the whole repository, wherever it is written. Take it out.",
        );
    }
    Waive { by: values(section.by.value).collect() }
}

fn waiver(section: WaiverSection) -> Waiver {
    Waiver {
        id: section.id.value.0,
        only: section.only.map(|only| only.value.0),
        until: section.until.value.0,
        reason: section.reason.value.0,
        by: "policy".to_owned(),
    }
}

fn values<T>(list: List<T>) -> impl Iterator<Item = T> {
    list.0.into_iter().map(|entry| entry.value)
}
