//! What a language model says, where one is configured; the skill it reads and the answer it gives are hostile.

mod calls;
mod opinion;
mod protocol;
mod question;

use std::time::{Duration, Instant};

use skillgate_model::{Finding, Skill};
use skillgate_sandbox::Proposal;

pub(crate) use self::protocol::Protocol;
use self::question::Question;

/// Of a skill's text, as much as this is shown.
const SHOWN_BYTES: usize = 48 << 10;
/// A longer answer is none.
const ANSWER_BYTES: u64 = 1 << 20;
/// The first pause before another try; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// An endpoint that answers questions on skills.
#[derive(Debug, Clone)]
pub(crate) struct Advisor {
    /// Where requests go, for instance `https://api.example.com/v1/chat/completions`.
    pub(crate) url: String,
    /// How they are written.
    pub(crate) protocol: Protocol,
    /// Which model is asked.
    pub(crate) model: String,
    /// What proves who asks; local endpoints need none.
    pub(crate) key: Option<String>,
    /// All tries together.
    pub(crate) time: Duration,
    /// The most that an answer may cost.
    pub(crate) tokens: u32,
    /// Tries after the first.
    pub(crate) retries: u32,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdvisorError {
    /// The environment names an endpoint, and something else of it is missing or wrong.
    #[error("the variable `{name}` {problem}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// Nobody answered in time.
    #[error("the language model cannot be reached: {0}")]
    Unreachable(String),
    /// The endpoint answered with an error.
    #[error("the language model's endpoint answered with status {0}")]
    Status(u16),
    /// The answer is not what was asked for.
    #[error("the language model's answer is not usable: {0}")]
    Answer(&'static str),
}

impl Advisor {
    /// What `SKILLGATE_MODEL_URL` and its siblings say; `None` where no endpoint is configured, which is the default.
    ///
    /// # Errors
    /// When an endpoint is named and another variable is missing or wrong.
    pub(crate) fn from_environment() -> Result<Option<Self>, AdvisorError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, AdvisorError> {
        let filled = |name: &str| get(name).filter(|text| !text.trim().is_empty());
        let Some(url) = filled("SKILLGATE_MODEL_URL") else {
            return Ok(None);
        };
        let wrong = |name, problem| AdvisorError::Setting { name, problem };
        let protocol = match filled("SKILLGATE_MODEL_PROTOCOL").as_deref() {
            Some("anthropic") => Protocol::Anthropic,
            Some("openai") => Protocol::OpenAi,
            Some(_) => {
                let name = "SKILLGATE_MODEL_PROTOCOL";
                return Err(wrong(name, "is neither `openai` nor `anthropic`"));
            }
            None if url.ends_with("/messages") => Protocol::Anthropic,
            None => Protocol::OpenAi,
        };
        let number = |name, default: u32| match filled(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| wrong(name, "is no number above zero")),
        };
        Ok(Some(Self {
            url,
            protocol,
            model: filled("SKILLGATE_MODEL_NAME")
                .ok_or_else(|| wrong("SKILLGATE_MODEL_NAME", "is not set"))?,
            key: filled("SKILLGATE_MODEL_KEY"),
            time: Duration::from_secs(u64::from(number("SKILLGATE_MODEL_SECONDS", 30)?)),
            tokens: number("SKILLGATE_MODEL_TOKENS", 2000)?,
            retries: 2,
        }))
    }

    /// Asks for calls of a skill's functions.
    ///
    /// # Errors
    /// When no usable answer came within the budget.
    pub(crate) fn propose(&self, skill: &Skill) -> Result<Vec<Proposal>, AdvisorError> {
        let shown = shown(skill, |path| path.ends_with(".py"));
        calls::read(&self.answer(&calls::question(), &shown)?)
    }

    /// Asks what is to be doubted in a skill's words; every doubt becomes a finding that names the model.
    ///
    /// # Errors
    /// When no usable answer came within the budget.
    pub(crate) fn doubt(&self, skill: &Skill) -> Result<Vec<Finding>, AdvisorError> {
        let shown = shown(skill, opinion::is_read);
        let text = self.answer(&opinion::question(), &shown)?;
        opinion::read(&text, skill, &self.model)
    }

    fn answer(&self, question: &Question, shown: &str) -> Result<String, AdvisorError> {
        let end = Instant::now() + self.time;
        let body = self
            .protocol
            .request(&self.model, self.tokens, question, shown);
        let mut pause = PAUSE;
        let mut tries = 0;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (error, wait) = match self.ask(&body, left) {
                Ok(text) => return Ok(text),
                Err(failed) => failed,
            };
            let wait = wait.unwrap_or(pause);
            let enough = Instant::now() + wait < end;
            if !is_passing(&error) || tries >= self.retries || !enough {
                return Err(error);
            }
            std::thread::sleep(wait);
            tries += 1;
            pause *= 2;
        }
    }

    /// One try; an error comes with how long the endpoint asks to wait.
    fn ask(&self, body: &[u8], left: Duration) -> Result<String, (AdvisorError, Option<Duration>)> {
        let unreachable = |error: ureq::Error| (AdvisorError::Unreachable(error.to_string()), None);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(left))
            // A redirection would carry the key elsewhere.
            .max_redirects(0)
            .http_status_as_error(false)
            .build()
            .into();
        let mut request = agent
            .post(&self.url)
            .header("content-type", "application/json");
        for (name, value) in self.protocol.headers(self.key.as_deref()) {
            request = request.header(name, value);
        }
        let mut response = request.send(body).map_err(unreachable)?;
        let status = response.status().as_u16();
        if status != 200 {
            let header = response.headers().get("retry-after");
            let seconds = header.and_then(|text| text.to_str().ok()?.trim().parse().ok());
            return Err((
                AdvisorError::Status(status),
                seconds.map(Duration::from_secs),
            ));
        }
        let body = response.body_mut().with_config().limit(ANSWER_BYTES);
        let bytes = body.read_to_vec().map_err(unreachable)?;
        self.protocol.text(&bytes).map_err(|error| (error, None))
    }
}

/// What the same question may not meet a second time.
fn is_passing(error: &AdvisorError) -> bool {
    match error {
        AdvisorError::Unreachable(_) => true,
        AdvisorError::Status(status) => matches!(status, 408 | 429 | 500..=599),
        AdvisorError::Setting { .. } | AdvisorError::Answer(_) => false,
    }
}

/// Files of a skill as data: JSON strings, in which nothing ends the quotation.
fn shown(skill: &Skill, wanted: impl Fn(&str) -> bool) -> String {
    let mut left = SHOWN_BYTES;
    let mut files = Vec::new();
    for file in &skill.files {
        let Some(bytes) = file.bytes().filter(|_| wanted(&file.path)) else {
            continue;
        };
        let text = String::from_utf8_lossy(bytes);
        let cut: String = text.chars().take(left).collect();
        left = left.saturating_sub(cut.len());
        files.push(serde_json::json!({ "path": file.path, "source": cut }));
    }
    serde_json::Value::Array(files).to_string()
}

#[cfg(test)]
mod tests;
