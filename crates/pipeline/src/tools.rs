//! The tools a skill offers, by the names the run time may know them by.

use std::collections::BTreeSet;

use skillgate_model::{Skill, SkillFile};

/// Decorators that make a function a tool of its own name, by their last word.
const TOOL_DECORATORS: &[&str] = &["tool", "skill_command", "function_tool", "mcp_tool"];

/// Every name, sorted: the skill's own, what its manifest lists under `tools:`, `SKILL.FUNCTION` for
/// each public function of its Python files, and a function's bare name where a decorator makes it a tool.
///
/// Too many names only withdraw a promotion too often, so a `def` in a text counts as well.
pub fn tools_of(skill: &Skill) -> Vec<String> {
    let mut tools = BTreeSet::from([skill.name.clone()]);
    for (_, list) in skill
        .manifest
        .other
        .iter()
        .filter(|(key, _)| key == "tools")
    {
        let names = list.split([',', ' ', '\n']).filter(|name| !name.is_empty());
        tools.extend(names.map(str::to_owned));
    }
    for file in skill.files.iter().filter(|file| file.path.ends_with(".py")) {
        add_functions(file, &skill.name, &mut tools);
    }
    tools.into_iter().collect()
}

fn add_functions(file: &SkillFile, skill: &str, tools: &mut BTreeSet<String>) {
    let text = String::from_utf8_lossy(file.bytes().unwrap_or_default());
    let mut decorated = Vec::new();
    for line in text.lines() {
        let rest = line.strip_prefix("async ").unwrap_or(line).trim_start();
        if let Some(decorator) = line.strip_prefix('@') {
            decorated.extend(tool_decorator(decorator));
        } else if let Some(name) = rest.strip_prefix("def ").filter(|_| !line.starts_with(' ')) {
            let name: String = name
                .trim_start()
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            if !name.is_empty() && !name.starts_with('_') {
                tools.insert(format!("{skill}.{name}"));
                for given in decorated.drain(..) {
                    tools.insert(given.unwrap_or_else(|| name.clone()));
                }
            }
            decorated.clear();
        }
    }
}

/// `Some` for a decorator that makes a tool, with the name it gives where it gives one.
fn tool_decorator(decorator: &str) -> Option<Option<String>> {
    let (name, arguments) = decorator.split_once('(').unwrap_or((decorator, ""));
    let last = name.trim().rsplit('.').next()?;
    if !TOOL_DECORATORS.contains(&last) {
        return None;
    }
    let arguments = arguments.trim_start();
    let named = arguments
        .split_once("name=")
        .map_or(arguments, |(_, value)| value);
    let quote = named
        .chars()
        .next()
        .filter(|first| ['"', '\''].contains(first));
    let given = quote.and_then(|quote| named.get(1..)?.split_once(quote));
    Some(given.map(|(given, _)| given.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_source;

    #[test]
    fn functions_decorators_and_the_manifest_name_tools() {
        let source = concat!(
            "\"\"\"Tools.\n\nskillgate:\n  name: web\n  tools: [fetch_page, web-search]\n\"\"\"\n",
            "def get(url):\n    def inner(): pass\n\n",
            "def _hidden(): pass\n",
            "async  def post(url): pass\n",
            "@mcp.tool()\ndef search(q): pass\n",
            "@tool(\"look-up\")\n@cached\ndef lookup(q): pass\n",
            "@skill_command(category='x', name='fetch')\ndef fetch_it(q): pass\n",
            "@cached\ndef plain(q): pass\n",
        );
        let skill = load_source("web.py", source.as_bytes(), crate::LoadLimits::default());
        let expected = [
            "fetch",
            "fetch_page",
            "look-up",
            "search",
            "web",
            "web-search",
            "web.fetch_it",
            "web.get",
            "web.lookup",
            "web.plain",
            "web.post",
            "web.search",
        ];
        assert_eq!(tools_of(&skill), expected);
    }
}
