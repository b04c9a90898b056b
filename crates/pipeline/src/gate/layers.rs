//! What is costly in an examination, and kept: the scan, the simulation, the second opinion.

use skillgate_model::{Content, ExitReason, Finding, PhaseTrace, Skill, SkillFile, Trace};
use skillgate_sandbox::Job;
use skillgate_scanner::Scan;

use super::{Gate, Simulation};
use crate::advisor::Advisor;
use crate::cache::Cache;
use crate::chosen::Chosen;
use crate::permit;
use crate::simulated::Simulated;

impl Gate<'_> {
    /// The findings depend on the bytes and on the name, and on nothing else of the candidate.
    pub(super) fn scan(&self, skill: &Skill) -> Scan {
        let key = [skill.digest.as_str(), &skill.name];
        let cache = self.cache_for(skill);
        let Some(cache) = cache.filter(|_| !matches!(self.simulation, Simulation::Off)) else {
            return self.scanner.scan(skill);
        };
        cache.get("scan", &key).unwrap_or_else(|| {
            let scan = self.scanner.scan(skill);
            cache.put("scan", &key, &scan);
            scan
        })
    }

    /// What a language model doubts, where the operator asks for it, and else nothing; or why it did not answer.
    pub(super) fn second_opinion(&self, skill: &Skill) -> (Vec<Finding>, Option<String>) {
        if !self.config.scan.second_opinion {
            return (Vec::new(), None);
        }
        let advisor = match Advisor::from_environment() {
            Ok(Some(advisor)) => advisor,
            Ok(None) => {
                return (
                    Vec::new(),
                    Some("`SKILLGATE_MODEL_URL` is not set".to_owned()),
                );
            }
            Err(error) => return (Vec::new(), Some(error.to_string())),
        };
        let key = [&skill.digest, &skill.name, &advisor.url, &advisor.model].map(String::as_str);
        let cache = self.cache_for(skill);
        if let Some(doubts) = cache.and_then(|cache| cache.get("opinion", &key)) {
            return (doubts, None);
        }
        match advisor.doubt(skill) {
            Ok(doubts) => {
                if let Some(cache) = cache {
                    cache.put("opinion", &key, &doubts);
                }
                (doubts, None)
            }
            Err(error) => (Vec::new(), Some(error.to_string())),
        }
    }

    pub(super) fn simulate(&self, skill: &Skill) -> Result<(Trace, Option<String>), Simulated> {
        match self.simulation {
            Simulation::In(chosen) => self.simulate_in(chosen, skill),
            Simulation::Off => Err(Simulated::declined("switched off by `--static-only`")),
        }
    }

    /// What could not be read today may be read tomorrow, under the same digest.
    pub(super) fn cache_for(&self, skill: &Skill) -> Option<&Cache> {
        let was_read = |file: &SkillFile| match &file.content {
            Content::Bytes(_) | Content::Link { .. } | Content::Special(_) => true,
            Content::TooLarge | Content::Unreadable(_) => false,
        };
        let cache = self.cache.as_ref();
        cache.filter(|_| skill.files.iter().all(was_read))
    }

    fn simulate_in(
        &self,
        chosen: &Chosen,
        skill: &Skill,
    ) -> Result<(Trace, Option<String>), Simulated> {
        let granted = permit::runnable(skill, &self.policy);
        let granted_text: String = granted.iter().map(|effect| format!("{effect}\n")).collect();
        let (advisor, mut unadvised) = match Advisor::from_environment() {
            Ok(advisor) => (advisor, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let asked = advisor.as_ref();
        let asked = asked.map_or_else(String::new, |one| format!("{} {}", one.url, one.model));
        let choice = chosen.key();
        let key = [
            choice.as_str(),
            skill.digest.as_str(),
            &skill.name,
            &granted_text,
            &asked,
        ];
        let cache = self.cache_for(skill);
        let kept = cache.and_then(|cache| cache.get("trace", &key));
        if let Some(trace) = kept.filter(|trace| chosen.stands(trace)) {
            return Ok((trace, unadvised));
        }
        let backend = chosen.backend();
        let backend = backend.map_err(|error| Simulated::failed(&error.to_string()))?;
        let proposals = match advisor.map(|advisor| advisor.propose(skill)) {
            None => Vec::new(),
            Some(Ok(proposals)) => proposals,
            Some(Err(error)) => {
                unadvised = Some(error.to_string());
                Vec::new()
            }
        };
        let job = Job {
            skill,
            granted: &granted,
            proposals: &proposals,
        };
        let trace = backend.run(&self.config.limits, &job);
        let trace = trace.map_err(|error| Simulated::failed(&error.to_string()))?;
        let conclusive = is_conclusive(&trace) && unadvised.is_none();
        if let Some(cache) = cache.filter(|_| conclusive) {
            cache.put("trace", &key, &trace);
        }
        Ok((trace, unadvised))
    }
}

/// A run that the machine cut short, or that lacked a dependency, may end differently the next time.
fn is_conclusive(trace: &Trace) -> bool {
    let has_ended = |phase: &PhaseTrace| match phase.exit.reason {
        ExitReason::Exit | ExitReason::Signal | ExitReason::OutputLimit | ExitReason::Denied => {
            true
        }
        ExitReason::Timeout | ExitReason::CpuLimit | ExitReason::Oom | ExitReason::NotRun => false,
    };
    trace
        .phases
        .iter()
        .all(|phase| has_ended(phase) && phase.missing_modules.is_empty())
}
