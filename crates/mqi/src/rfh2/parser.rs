//! Reading the folders of an MQRFH2: what [`super::element`] prints, and what other programs write.
//!
//! A reader either refuses a header with anything wrong in it, or takes what can be read: then a property that
//! cannot is left out and hides no other. An end tag that fits an element further out ends what is inside, and what
//! that contains belongs to the element further out; one that fits none is passed over, and so are comments,
//! declarations and CDATA.

use super::element::{Content, DEPTH_MAX, Element, Place};
use crate::property::PropertyValue;
use crate::reason::Reason;

/// What becomes of markup that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// MQRC_RFH_FORMAT_ERROR.
    Refused,
    /// The property that it is part of is left out.
    LeftOut,
}

/// Reads the text of one NameValueData field: a folder, with padding. Older programs put several into one field, and
/// that is accepted. `budget` is the number of elements that may still come.
///
/// MQRC_RFH_FORMAT_ERROR for anything else, if that is to be refused.
pub(super) fn folders(
    text: &str,
    wrong: Wrong,
    budget: &mut usize,
    into: &mut Vec<Element>,
) -> Result<(), Reason> {
    let mut p = Parser { text, at: 0, wrong, budget, open: Vec::new() };
    loop {
        p.skip_padding();
        if p.rest().is_empty() {
            return Ok(());
        }
        if !p.rest().starts_with('<') {
            p.wrong()?;
            p.pass_before('<');
            continue;
        }
        p.element(Place::Folder, DEPTH_MAX, into)?;
    }
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

struct Parser<'a, 'b> {
    text: &'a str,
    at: usize,
    wrong: Wrong,
    budget: &'b mut usize,
    /// Names of the elements that have begun and not ended.
    open: Vec<&'a str>,
}

/// The beginning of an element.
struct StartTag<'a> {
    name: &'a str,
    attributes: Vec<(String, String)>,
    dt: Option<String>,
    is_null: bool,
    is_empty: bool,
    is_readable: bool,
}

/// What is between the tags of an element.
#[derive(Default)]
struct Inside<'a> {
    members: Vec<Element>,
    /// The text around them.
    text: String,
    /// All of it as it came.
    markup: &'a str,
    /// Something in it could not be read.
    is_spoilt: bool,
    /// It has no end of its own.
    is_endless: bool,
}

impl<'a> Parser<'a, '_> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Something is wrong here: no reason to go on, or none to stop.
    fn wrong(&self) -> Result<(), Reason> {
        match self.wrong {
            Wrong::Refused => Err(Reason::RFH_FORMAT_ERROR),
            Wrong::LeftOut => Ok(()),
        }
    }

    fn skip_padding(&mut self) {
        let rest = self.rest().trim_start_matches(|c| SPACE.contains(&c) || matches!(c, '\0' | '\u{FEFF}'));
        self.at = self.text.len() - rest.len();
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(SPACE).len();
    }

    fn accept(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), Reason> {
        if self.accept(token) { Ok(()) } else { Err(Reason::RFH_FORMAT_ERROR) }
    }

    /// Everything before `end`, which stays.
    fn until(&mut self, end: char) -> Result<&'a str, Reason> {
        let taken = self.rest().split_once(end).ok_or(Reason::RFH_FORMAT_ERROR)?.0;
        self.at += taken.len();
        Ok(taken)
    }

    /// Passes over everything before `end`, or over the rest.
    fn pass_before(&mut self, end: char) {
        if self.until(end).is_err() {
            self.at = self.text.len();
        }
    }

    /// Passes over everything up to `end`, and over that, or over the rest.
    fn pass(&mut self, end: &str) {
        self.at = self.rest().find(end).map_or(self.text.len(), |at| self.at + at + end.len());
    }

    /// A name: whatever characters it has, markup is none of them. So are those of all programming languages.
    fn name(&mut self) -> Result<&'a str, Reason> {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || c.is_control() || "<>/='\"&".contains(c);
        let name = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let never = |c: char| "!?".contains(c);
        let hardly = |c: char| c.is_ascii_digit() || "-.".contains(c);
        if name.is_empty()
            || name.starts_with(never)
            || (self.wrong == Wrong::Refused && name.starts_with(hardly))
        {
            return Err(Reason::RFH_FORMAT_ERROR);
        }
        self.at += name.len();
        Ok(name)
    }

    /// One attribute: name and value, or nothing if none follows.
    fn attribute(&mut self) -> Result<Option<(&'a str, String)>, Reason> {
        self.skip_space();
        if self.rest().starts_with(['>', '/']) {
            return Ok(None);
        }
        let name = self.name()?;
        self.skip_space();
        self.expect("=")?;
        self.skip_space();
        let quote = match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Err(Reason::RFH_FORMAT_ERROR),
        };
        self.at += 1;
        let mut value = String::new();
        unescape(self.until(quote)?, &mut value)?;
        self.at += 1;
        Ok(Some((name, value)))
    }

    /// The start tag at `<`. None if there is none that has a name.
    fn start_tag(&mut self) -> Result<Option<StartTag<'a>>, Reason> {
        self.expect("<")?;
        let Ok(name) = self.name() else {
            self.wrong()?;
            let end = if self.rest().starts_with("!--") {
                "-->"
            } else if self.rest().starts_with("![CDATA[") {
                "]]>"
            } else {
                ">"
            };
            self.pass(end);
            return Ok(None);
        };
        let mut tag = StartTag {
            name,
            attributes: Vec::new(),
            dt: None,
            is_null: false,
            is_empty: false,
            is_readable: true,
        };
        match self.attributes(&mut tag) {
            Ok(()) => {}
            Err(reason) if self.wrong == Wrong::Refused => return Err(reason),
            Err(_) => {
                tag.is_readable = false;
                self.pass_before('>');
                tag.is_empty = self.text[..self.at].ends_with('/');
                self.at = self.text.len().min(self.at + 1);
            }
        }
        Ok(Some(tag))
    }

    fn attributes(&mut self, tag: &mut StartTag<'a>) -> Result<(), Reason> {
        while let Some((attribute, value)) = self.attribute()? {
            match attribute {
                "dt" => tag.dt = Some(value),
                "xsi:nil" => tag.is_null = value == "true" || value == "1",
                _ => tag.attributes.push((attribute.to_owned(), value)),
            }
        }
        tag.is_empty = self.accept("/");
        self.expect(">")
    }

    /// The element at `<`, if it can be read.
    fn element(&mut self, place: Place, depth: usize, into: &mut Vec<Element>) -> Result<(), Reason> {
        if *self.budget == 0 {
            self.at = self.text.len();
            return self.wrong();
        }
        *self.budget -= 1;
        if depth == 0 {
            self.wrong()?;
            self.pass_element();
            return Ok(());
        }
        let Some(tag) = self.start_tag()? else { return Ok(()) };
        let inside = if tag.is_empty { Inside::default() } else { self.inside(tag.name, place, depth)? };
        let is_readable = tag.is_readable && !inside.is_spoilt;
        let is_space = inside.text.trim_matches(SPACE).is_empty();
        let content = match (inside.members.is_empty(), is_space) {
            _ if inside.is_endless => {
                into.extend(inside.members);
                return Ok(());
            }
            (true, _) if place == Place::Folder && (is_space || !is_readable) => Content::Group(Vec::new()),
            (true, _) if !is_readable => return Ok(()),
            (true, _) if tag.is_null => Content::Value(PropertyValue::Null),
            (true, _) => match typed(place, tag.name, tag.dt.as_deref(), inside.text) {
                Ok(value) => Content::Value(value),
                Err(_) => return self.wrong(),
            },
            (false, false) if is_readable => Content::Mixed(inside.markup.to_owned()),
            (false, _) => Content::Group(inside.members),
        };
        into.push(Element { name: tag.name.to_owned(), attributes: tag.attributes, content });
        Ok(())
    }

    /// What is between the tags of the element `name`, and its end tag.
    fn inside(&mut self, name: &'a str, place: Place, depth: usize) -> Result<Inside<'a>, Reason> {
        let start = self.at;
        let mut inside = Inside::default();
        self.open.push(name);
        loop {
            let Ok(text) = self.until('<') else {
                self.wrong()?;
                self.at = self.text.len();
                inside.is_spoilt = true;
                break;
            };
            if unescape(text, &mut inside.text).is_err() {
                self.wrong()?;
                inside.is_spoilt = true;
            }
            if self.rest().starts_with("</") {
                inside.markup = &self.text[start..self.at];
                if self.end_tag(name, &mut inside)? {
                    break;
                }
            } else {
                let before = inside.members.len();
                self.element(place.below(name), depth - 1, &mut inside.members)?;
                inside.is_spoilt |= inside.members.len() == before;
            }
        }
        self.open.pop();
        Ok(inside)
    }

    /// The end tag at `</`. Returns whether the element `name` has ended.
    fn end_tag(&mut self, name: &str, inside: &mut Inside<'_>) -> Result<bool, Reason> {
        let start = self.at;
        self.at += 2;
        let ended = self.name();
        if ended == Ok(name) {
            self.skip_space();
            if self.expect(">").is_err() {
                self.wrong()?;
                self.pass(">");
            }
            return Ok(true);
        }
        self.wrong()?;
        inside.is_spoilt = true;
        if ended.is_ok_and(|ended| self.open.contains(&ended)) {
            self.at = start;
            inside.is_endless = true;
            return Ok(true);
        }
        self.pass(">");
        Ok(false)
    }

    /// Passes over the element at `<`, however deep it is.
    fn pass_element(&mut self) {
        let mut depth = 0_usize;
        loop {
            self.pass_before('<');
            let Ok(tag) = self.until('>') else {
                self.at = self.text.len();
                return;
            };
            self.at += 1;
            if tag.starts_with("</") {
                depth = depth.saturating_sub(1);
            } else if !tag.ends_with('/') {
                depth += 1;
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// Appends `text` with its entities replaced.
fn unescape(text: &str, out: &mut String) -> Result<(), Reason> {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (entity, after) = rest[at + 1..].split_once(';').ok_or(Reason::RFH_FORMAT_ERROR)?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => numbered(number).ok_or(Reason::RFH_FORMAT_ERROR)?,
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

/// The character that `#65` or `#x41` means.
fn numbered(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

/// The value of an element that has this text.
fn typed(place: Place, name: &str, dt: Option<&str>, text: String) -> Result<PropertyValue, Reason> {
    match dt.or(place.inherent_type(name)) {
        None | Some("string") => Ok(PropertyValue::String(text)),
        // A type that nobody stated does not make a header invalid.
        Some(inherent) if dt.is_none() => {
            PropertyValue::parse(Some(inherent), &text).or(Ok(PropertyValue::String(text)))
        }
        stated => PropertyValue::parse(stated, &text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a text that is wrong somewhere, printed.
    #[track_caller]
    fn check(text: &str, want: &str) {
        let mut none = Vec::new();
        assert_eq!(
            folders(text, Wrong::Refused, &mut 100, &mut none),
            Err(Reason::RFH_FORMAT_ERROR),
            "{text}"
        );
        let mut read = Vec::new();
        folders(text, Wrong::LeftOut, &mut 100, &mut read).expect("nothing is refused");
        let mut out = String::new();
        read.iter().for_each(|folder| folder.print(&mut out));
        assert_eq!(out, want, "{text}");
    }

    #[test]
    fn what_cannot_be_read_hides_nothing_else() {
        let good = "<usr><a>1</a><c>3</c></usr>";
        for bad in [
            "<b dt='i4'>x</b>",
            "<b>&nbsp;</b>",
            "<b>a&b</b>",
            "<b>&#xD800;</b>",
            "<b dt=i4>2</b>",
            "<b dt='i4>2</b>",
            "<b x>2</b>",
            "<b/x>",
            "<b>2</d>",
            "<b>2</d></b>",
            "<b>2",
            "<b>2<!-- two --></b>",
            "<b>2<![CDATA[<c>]]></b>",
            "<b>2<?two?></b>",
            "<b>2< c></b>",
            "<!-- b -->",
            "<!-- <b> -->",
            "</d>",
            "<>",
            "< b>2</b>",
        ] {
            check(&format!("<usr><a>1</a>{bad}<c>3</c></usr>"), good);
            check(&format!("<usr><a>1</a>{bad}<c>3</c></usr><v/>"), &format!("{good}<v></v>"));
        }
        check("<usr><a>1</a><g><b>2</g><c>3</c></usr>", "<usr><a>1</a><c>3</c></usr>");
        check("<usr><a>1</a><g><x>0</x><b>2</g><c>3</c></usr>", "<usr><a>1</a><g><x>0</x></g><c>3</c></usr>");
        check("<usr><a>1</a><c>3</c>", good);
        check("<usr><a>1</a><c>3</c><b>2", good);
        check("<usr><a>1</a><c>3</c><b", good);
        check("x<usr><a>1</a><c>3</c></usr>y", good);
        check("<usr><a>1</a><c>3</c></usrx><v/>", "<usr><a>1</a><c>3</c><v></v></usr>");
    }

    #[test]
    fn too_much_is_left_out_too() {
        let deep = "<d>".repeat(100_000) + &"</d>".repeat(100_000);
        check(&format!("<usr>{deep}<c>3</c></usr>"), "<usr><c>3</c></usr>");
        let deep = "<d>".repeat(100_000);
        check(&format!("<usr><c>3</c>{deep}"), "<usr><c>3</c></usr>");
        let many = "<a>1</a>".repeat(200);
        check(&format!("<usr>{many}</usr>"), &format!("<usr>{}</usr>", "<a>1</a>".repeat(99)));
    }

    #[test]
    fn names_are_those_of_any_language() {
        for name in ["$total", "price_€", "größe", "naïve", "e\u{301}", "价格", "цена", "मूल्य", "_", "a:b"]
        {
            let text = format!("<usr><{name}>1</{name}></usr>");
            let mut read = Vec::new();
            folders(&text, Wrong::Refused, &mut 100, &mut read).expect(name);
            assert_eq!(read[0].find(name), Some(&"1".into()), "{name}");
        }
    }
}
