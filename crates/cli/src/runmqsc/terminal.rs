//! Lines typed at a terminal: with editing, history, and completion of keywords and names.
//!
//! The history is kept in `$XDG_STATE_HOME/packhorse/runmqsc_history` (`~/.local/state` by default); where it
//! cannot be, there is none beyond this run. What names a password is not kept at all.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;

use mqi::command::table::commands;
use mqi::object::Kind;
use mqsc::complete::{Wanted, complete};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::ahead::Ahead;
use super::prompt;

/// Lines kept.
const HISTORY_MAX: usize = 1000;
/// Names that are offered at once.
const NAMES_MAX: usize = 500;

/// See the module's text.
pub(super) struct Terminal {
    editor: Editor<Words, FileHistory>,
    history: Option<PathBuf>,
    prompt: String,
    /// Lines that were pasted with the one before.
    pasted: VecDeque<String>,
    /// What was typed last was interrupted.
    is_interrupted: bool,
}

impl Terminal {
    /// The terminal that standard input and output are; none: it cannot be edited on.
    pub(super) fn open(qmgr: &str, ahead: Rc<RefCell<Ahead>>) -> Option<Self> {
        if std::env::var("TERM").is_ok_and(|term| term.is_empty() || term == "dumb") {
            return None;
        }
        let config = Config::builder()
            .max_history_size(HISTORY_MAX)
            .ok()?
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_config(config).ok()?;
        editor.set_helper(Some(Words { ahead, before: String::new() }));
        let history = history_file();
        if let Some(file) = &history {
            // There is none yet, or it cannot be read: then it begins with this run.
            let _ = editor.load_history(file);
        }
        let prompt = prompt::of_environment(qmgr);
        Some(Self { editor, history, prompt, pasted: VecDeque::new(), is_interrupted: false })
    }

    /// The next line; none: the user has had enough. `before` is the command that the line goes on with.
    pub(super) fn line(&mut self, before: &str) -> Option<String> {
        if let Some(words) = self.editor.helper_mut() {
            words.before = before.to_owned();
        }
        loop {
            if let Some(line) = self.pasted.pop_front() {
                self.keep(before, &line);
                return Some(line);
            }
            match self.editor.readline(&self.prompt) {
                Ok(lines) => {
                    self.is_interrupted = false;
                    self.pasted.extend(lines.split(['\n', '\r']).map(str::to_owned));
                }
                // Once drops the line, twice leaves.
                Err(ReadlineError::Interrupted) if !self.is_interrupted => self.is_interrupted = true,
                Err(_) => return None,
            }
        }
    }

    fn keep(&mut self, before: &str, line: &str) {
        if line.trim().is_empty() || names_secret(before) || names_secret(line) {
            return;
        }
        let is_new = self.editor.add_history_entry(line).unwrap_or(false);
        if let Some(file) = self.history.as_ref().filter(|_| is_new)
            && self.editor.append_history(file).is_err()
        {
            self.history = None;
        }
    }
}

fn history_file() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    let directory = state.join("packhorse");
    server::files::create_secret_dirs(&directory).ok()?;
    Some(directory.join("runmqsc_history"))
}

/// Whether the text gives a password.
fn names_secret(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let attributes = commands().iter().flat_map(|row| row.class.attributes().iter().chain(row.options));
    let mut secrets = attributes.filter(|attribute| matches!(attribute.kind, Kind::Secret { .. }));
    secrets.any(|attribute| upper.contains(attribute.keyword))
}

/// What the editor is told about words.
struct Words {
    ahead: Rc<RefCell<Ahead>>,
    /// The lines before this one, of the same command.
    before: String,
}

impl Words {
    /// Names of objects, as they would be written.
    fn names(&self, wanted: &Wanted) -> Vec<String> {
        let Wanted::Names { noun, prefix, .. } = wanted else { return Vec::new() };
        let shown = match self.ahead.try_borrow_mut() {
            Ok(mut ahead) => {
                let command = format!("DISPLAY {noun}('{}*')", prefix.replace('\'', "''"));
                // A heading, the names, and at most the types in a line of their own.
                ahead.ask(&command, 3 * NAMES_MAX)
            }
            Err(_) => None,
        };
        let shown = shown.unwrap_or_default();
        // The name stands first, in the line below each heading.
        let names = shown.windows(2).filter(|pair| pair[0].starts_with("AMQ")).filter_map(|pair| {
            let (_, rest) = pair[1].strip_prefix("   ")?.split_once('(')?;
            wanted.name(rest.split_once(')')?.0)
        });
        names.take(NAMES_MAX).collect()
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let text = format!("{}{}", self.before, &line[..position]);
        let completion = complete(&text);
        // What began in a line before this one cannot be changed any more.
        let Some(start) = completion.start.checked_sub(self.before.len()) else {
            return Ok((position, Vec::new()));
        };
        let candidates = match &completion.wanted {
            Wanted::Words(words) => words.clone(),
            names => self.names(names),
        };
        Ok((start, candidates))
    }
}

impl Helper for Words {}
impl Highlighter for Words {}
impl Validator for Words {}

impl Hinter for Words {
    type Hint = String;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_kept() {
        for (text, is_secret) in [
            ("alter authinfo(A) ldappwd('x')", true),
            ("def chl(C) chltype(sdr) Password (x)", true),
            ("dis ql(*)", false),
        ] {
            assert_eq!(names_secret(text), is_secret, "{text}");
        }
    }
}
