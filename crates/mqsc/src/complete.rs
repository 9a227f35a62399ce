//! What may come next in a command that is being typed: keywords from the tables, or names of objects, which only
//! the queue manager knows.
//!
//! ```text
//! dis ql(sys      names of local queues that begin with SYS
//! DEF CHL(X) CHL  CHLTYPE(
//! alter ql(Q) get(    ENABLED) DISABLED)
//! ```
//!
//! Words come in lower case after what was typed in lower case.

use mqi::command::table::{commands, find};
use mqi::command::{CommandRow, NameRule, Takes, Verb};
use mqi::object::{Access, Attribute, Kind, ObjectClass, ObjectType, Operator};

/// What may stand at the end of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The byte at which that which is completed begins.
    pub start: usize,
    /// What would stand from there on.
    pub wanted: Wanted,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One of these, or nothing that is known.
    Words(Vec<String>),
    /// The name of an object.
    Names {
        /// The noun of the DISPLAY that shows them.
        noun: &'static str,
        /// How they begin.
        prefix: String,
        /// After an apostrophe, case counts.
        is_quoted: bool,
    },
}

impl Wanted {
    /// How the name of an object is written there, if it can be: a bracket follows, and quotation marks are added
    /// where they are needed.
    pub fn name(&self, name: &str) -> Option<String> {
        let Self::Names { prefix, is_quoted, .. } = self else { return None };
        let is_upper = !name.bytes().any(|byte| byte.is_ascii_lowercase());
        match is_quoted {
            _ if !name.starts_with(prefix.as_str()) => None,
            true => Some(format!("{name}')")),
            false if is_upper => Some(format!("{name})")),
            false => Some(format!("'{name}')")),
        }
    }
}

/// What may stand at the end of `text`, which is a command up to where it is being typed.
pub fn complete(text: &str) -> Completion {
    let typed = Typed::of(text);
    let words = match &typed.open {
        None => typed.keywords(),
        Some(open) => match typed.names(open) {
            Some(wanted) => return Completion { start: typed.start, wanted },
            None if open.is_quoted => Vec::new(),
            None => typed.values(open),
        },
    };
    let prefix = &text[typed.start..];
    let is_lower = prefix.bytes().any(|byte| byte.is_ascii_lowercase())
        || prefix.is_empty() && text.bytes().all(|byte| !byte.is_ascii_uppercase());
    let upper = prefix.to_ascii_uppercase();
    let mut words: Vec<String> = words.into_iter().filter(|word| word.starts_with(&upper)).collect();
    words.sort();
    words.dedup();
    if is_lower {
        words.iter_mut().for_each(|word| word.make_ascii_lowercase());
    }
    Completion { start: typed.start, wanted: Wanted::Words(words) }
}

/// A bracket that has not been closed.
#[derive(Debug, Default)]
struct Open {
    /// What has been said in it and ended.
    items: Vec<String>,
    is_quoted: bool,
}

/// A command so far.
#[derive(Debug)]
struct Typed<'a> {
    text: &'a str,
    /// Keywords that have ended, in upper case; the last one is that of the open bracket.
    keywords: Vec<String>,
    open: Option<Open>,
    /// Where the word at the end begins.
    start: usize,
}

impl<'a> Typed<'a> {
    fn of(text: &'a str) -> Self {
        let mut typed = Self { text, keywords: Vec::new(), open: None, start: 0 };
        for (at, character) in text.char_indices() {
            let after = at + character.len_utf8();
            let word = &text[typed.start..at];
            match (&mut typed.open, character) {
                (Some(open), '\'') => {
                    open.is_quoted = !open.is_quoted;
                    typed.start = after;
                }
                (Some(open), _) if open.is_quoted => {}
                (Some(_), ')') => {
                    typed.open = None;
                    typed.start = after;
                }
                (Some(open), ' ' | ',' | '\t') => {
                    open.items.extend((!word.is_empty()).then(|| word.to_ascii_uppercase()));
                    typed.start = after;
                }
                (Some(_), _) => {}
                (None, ' ' | ',' | '\t' | ';' | '(') => {
                    typed.keywords.extend((!word.is_empty()).then(|| word.to_ascii_uppercase()));
                    typed.open = (character == '(').then(Open::default);
                    typed.start = after;
                }
                (None, _) => {}
            }
        }
        typed
    }

    fn verb(&self) -> Option<Verb> {
        Verb::from_keyword(self.keywords.first()?)
    }

    fn row(&self) -> Option<&'static CommandRow> {
        find(self.verb()?, self.keywords.get(1)?)
    }

    /// The type of object, as far as the noun tells it or a parameter like CHLTYPE(SDR) has.
    fn object(&self, row: &CommandRow) -> Option<ObjectType> {
        row.object.or_else(|| {
            let upper = self.text.to_ascii_uppercase();
            let is_said = |object: &ObjectType| {
                let type_id = object.row().type_id;
                row.class.attribute_by_id(type_id).is_some_and(|attribute| {
                    let keywords = std::iter::once(&attribute.keyword).chain(attribute.synonyms);
                    keywords
                        .into_iter()
                        .any(|keyword| upper.contains(&format!("{keyword}({})", object.keyword())))
                })
            };
            ObjectType::of(row.class).find(is_said)
        })
    }

    fn keywords(&self) -> Vec<String> {
        match self.keywords.len() {
            0 => {
                let verbs = commands().iter().filter(|row| row.is_built).map(|row| row.verb.keyword());
                verbs.map(|verb| format!("{verb} ")).chain(["END".to_owned()]).collect()
            }
            1 => {
                let rows = commands().iter().filter(|row| row.is_built && Some(row.verb) == self.verb());
                rows.map(|row| match row.name {
                    NameRule::None => format!("{} ", row.noun),
                    NameRule::Optional | NameRule::OptionalGeneric => row.noun.to_owned(),
                    _ => format!("{}(", row.noun),
                })
                .collect()
            }
            _ => self.row().map(|row| self.parameters(row)).unwrap_or_default(),
        }
    }

    fn parameters(&self, row: &'static CommandRow) -> Vec<String> {
        let said = &self.keywords[2..];
        let mut words = Vec::new();
        for option in row.options.iter().filter(|option| !said.iter().any(|word| option.is_named(word))) {
            words.extend(with_value(option));
        }
        for attribute in self.attributes(row).filter(|a| !said.iter().any(|word| a.is_named(word))) {
            match row.takes {
                Takes::Attributes => words.extend(with_value(attribute)),
                Takes::Names => words.push(format!("{} ", attribute.keyword)),
                Takes::Options => {}
            }
        }
        if row.takes == Takes::Names {
            words.extend(["ALL".to_owned(), "WHERE(".to_owned()]);
        }
        words
    }

    /// Attributes that the command may give or name.
    fn attributes(&self, row: &'static CommandRow) -> impl Iterator<Item = &'static Attribute> {
        let object = self.object(row);
        // Which of several types of object is meant the command itself says, where the noun does not.
        let type_id =
            ObjectType::of(row.class).next().filter(|_| row.object.is_none()).map(|o| o.row().type_id);
        let is_meant = move |attribute: &&'static Attribute| {
            let may = match (row.takes, row.verb, attribute.access) {
                (Takes::Names, _, access) => access != Access::Key,
                _ if Some(attribute.id.0) == type_id => true,
                (_, _, Access::Key | Access::Shown) => false,
                (_, Verb::Alter, Access::Fixed) => object.is_none(),
                _ => true,
            };
            may && object.is_none_or(|object| attribute.is_on(object))
        };
        row.class.attributes().iter().filter(is_meant)
    }

    /// Names of objects, if that is what stands in the bracket.
    fn names(&self, open: &Open) -> Option<Wanted> {
        let row = self.row()?;
        let is_name = match self.keywords.len() {
            2 => row.name != NameRule::None,
            _ => self.keywords.last().is_some_and(|keyword| keyword == "LIKE"),
        };
        if !is_name || !open.items.is_empty() {
            return None;
        }
        let noun = match row.class {
            ObjectClass::QueueStatus => "QLOCAL",
            ObjectClass::ChannelStatus | ObjectClass::ChannelAuth => "CHANNEL",
            ObjectClass::ListenerStatus => "LISTENER",
            ObjectClass::Queue
            | ObjectClass::Channel
            | ObjectClass::Listener
            | ObjectClass::AuthInfo
            | ObjectClass::Topic
            | ObjectClass::Process
            | ObjectClass::Namelist
            | ObjectClass::Service
            | ObjectClass::CommInfo
            | ObjectClass::Subscription => row.noun,
            _ => return None,
        };
        let typed = &self.text[self.start..];
        let prefix = if open.is_quoted { typed.to_owned() } else { typed.to_ascii_uppercase() };
        Some(Wanted::Names { noun, prefix, is_quoted: open.is_quoted })
    }

    /// What stands in the bracket of a parameter.
    fn values(&self, open: &Open) -> Vec<String> {
        let (Some(row), Some(keyword)) = (self.row(), self.keywords.last()) else { return Vec::new() };
        if keyword == "WHERE" && row.takes == Takes::Names {
            return match open.items.len() {
                0 => self.attributes(row).map(|attribute| format!("{} ", attribute.keyword)).collect(),
                1 => Operator::all().map(|operator| format!("{} ", operator.keyword())).collect(),
                _ => Vec::new(),
            };
        }
        let attribute = row.option(keyword).or_else(|| row.class.attribute(keyword));
        let words = match attribute.map(|attribute| attribute.kind) {
            Some(Kind::Choice(words) | Kind::Number { words, .. }) if open.items.is_empty() => words,
            Some(Kind::Choices { words, .. } | Kind::Numbers { words, .. }) => words,
            _ => return Vec::new(),
        };
        words.iter().map(|(word, _)| format!("{word})")).collect()
    }
}

/// How a parameter begins: its keyword and a bracket, or one of the words of a flag.
fn with_value(attribute: &Attribute) -> Vec<String> {
    match attribute.kind {
        Kind::Flag(words) => words.iter().map(|(word, _)| format!("{word} ")).collect(),
        _ => vec![format!("{}(", attribute.keyword)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn words(text: &str) -> Vec<String> {
        match complete(text).wanted {
            Wanted::Words(words) => words,
            names => panic!("{names:?}"),
        }
    }

    /// What the text becomes with each of the words that may come.
    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let start = complete(text).start;
        let completed: Vec<String> =
            words(text).iter().map(|word| format!("{}{word}", &text[..start])).collect();
        assert_eq!(completed, want, "{text}");
    }

    #[track_caller]
    fn check_names(text: &str, noun: &str, prefix: &str, start: usize) {
        let completion = complete(text);
        let Wanted::Names { noun: found, prefix: begun, .. } = &completion.wanted else {
            panic!("{completion:?}")
        };
        assert_eq!((*found, begun.as_str(), completion.start), (noun, prefix, start), "{text}");
    }

    #[test]
    fn verbs_and_nouns() {
        check("D", &["DEFINE ", "DELETE ", "DISPLAY "]);
        check("  di", &["  display "]);
        check("en", &["end"]);
        check("x", &[]);
        check("dis qs", &["dis qstatus("]);
        check("DIS QM", &["DIS QMGR ", "DIS QMODEL(", "DIS QMSTATUS "]);
        check("start ", &["start channel(", "start listener"]);
        assert!(words("").contains(&"alter ".to_owned()));
    }

    #[test]
    fn parameters() {
        check("DEF QL(A) MAXD", &["DEF QL(A) MAXDEPTH("]);
        check("def ql(a) trigg", &["def ql(a) trigger "]);
        check("def ql(a) repl", &["def ql(a) replace "]);
        check("dis ql(*) where(maxd", &["dis ql(*) where(maxdepth "]);
        check(
            "dis ql(*) where(maxdepth g",
            &["dis ql(*) where(maxdepth ge ", "dis ql(*) where(maxdepth gt "],
        );
        check("dis ql(*) where(maxdepth gt ", &[]);
        check("dis ql(*) curd", &["dis ql(*) curdepth "]);
        // What has been said is not offered again, nor what the type of object lacks.
        check("alter ql(A) maxdepth(5) maxd", &[]);
        check("alter qa(A) maxd", &[]);
        check("def chl(A) chlt", &["def chl(A) chltype("]);
        check(
            "def chl(A) chltype(svrconn) maxinst",
            &["def chl(A) chltype(svrconn) maxinst(", "def chl(A) chltype(svrconn) maxinstc("],
        );
        check("def chl(A) chltype(sdr) maxinst", &[]);
        check("alter ql(A) crd", &[]);
    }

    #[test]
    fn values() {
        check("alter ql(Q) get(", &["alter ql(Q) get(DISABLED)", "alter ql(Q) get(ENABLED)"]);
        check("ALTER QL(Q) GET(e", &["ALTER QL(Q) GET(enabled)"]);
        check("alter ql(q) descr('get(", &[]);
        check("alter ql(q) descr(", &[]);
        check("nonsense(x) y(", &[]);
    }

    #[test]
    fn names() {
        check_names("dis ql(sys", "QLOCAL", "SYS", 7);
        check_names("dis ql('sys", "QLOCAL", "sys", 8);
        check_names("dis q( A", "QUEUE", "A", 7);
        check_names("dis chs(", "CHANNEL", "", 8);
        check_names("def ql(NEW) like(Q", "QLOCAL", "Q", 17);
        let names = |is_quoted| Wanted::Names { noun: "QLOCAL", prefix: "A".into(), is_quoted };
        assert_eq!(names(false).name("AB").as_deref(), Some("AB)"));
        assert_eq!(names(false).name("Ab").as_deref(), Some("'Ab')"));
        assert_eq!(names(true).name("Ab").as_deref(), Some("Ab')"));
        assert_eq!(names(false).name("B"), None);
    }
}
