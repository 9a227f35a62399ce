//! Folders of an MQRFH2 and what is in them, and how that is printed.
//!
//! The syntax looks like XML and is less: elements, attributes, text, the five named entities and character numbers.
//! No declarations, comments, processing instructions or CDATA. White space between elements means nothing, inside
//! a value it does. A value has a type: that of its `dt` attribute, or a string.
//!
//! ```text
//! <usr><colour>red</colour><size dt='i4'>7</size><group><a xsi:nil='true'/></group></usr>
//! ```

use std::fmt::Write as _;

use crate::property::PropertyValue;

/// How deep elements may nest, the folder counted.
pub(super) const DEPTH_MAX: usize = 64;

/// Most elements that one header may have: what a header costs in memory stays in proportion.
pub(super) const ELEMENTS_MAX: usize = 65_536;

/// A folder, a group in a folder, or a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its name. Case matters.
    pub name: String,
    /// Attributes other than the type and `xsi:nil`, with their values.
    pub attributes: Vec<(String, String)>,
    /// What it contains.
    pub content: Content,
}

/// What is inside an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A value.
    Value(PropertyValue),
    /// Elements, in order.
    Group(Vec<Element>),
    /// Elements with text between them: the markup as it came. Not accessible as properties.
    Mixed(String),
}

impl Element {
    /// A folder, or a group, without members.
    pub fn group(name: &str) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), content: Content::Group(Vec::new()) }
    }

    /// A property.
    pub fn value(name: &str, value: impl Into<PropertyValue>) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), content: Content::Value(value.into()) }
    }

    /// The folder with one more property at the end.
    pub fn with(mut self, name: &str, value: impl Into<PropertyValue>) -> Self {
        self.push(Self::value(name, value));
        self
    }

    /// Adds a member at the end. An element that had a value becomes a group.
    pub fn push(&mut self, member: Self) {
        match &mut self.content {
            Content::Group(members) => members.push(member),
            other => *other = Content::Group(vec![member]),
        }
    }

    /// The members, none if this is a value.
    pub fn members(&self) -> &[Self] {
        match &self.content {
            Content::Group(members) => members,
            Content::Value(_) | Content::Mixed(_) => &[],
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The value under this path, groups and names separated by dots. Of several, the first.
    pub fn find(&self, path: &str) -> Option<&PropertyValue> {
        self.members().iter().find_map(|member| match path.strip_prefix(member.name.as_str()) {
            Some("") => match &member.content {
                Content::Value(value) => Some(value),
                Content::Group(_) | Content::Mixed(_) => None,
            },
            Some(rest) => member.find(rest.strip_prefix('.')?),
            None => None,
        })
    }

    /// Whether the members of this folder are message properties. Those of a folder that the product does not
    /// know are when it says so: `content='properties'`.
    pub fn has_properties(&self) -> bool {
        const PROPERTY_FOLDERS: [&str; 14] = [
            "jms",
            "mcd",
            "mq_usr",
            "sib",
            "sib_context",
            "sib_usr",
            "usr",
            "ibm",
            "mq",
            "mqema",
            "mqext",
            "mqps",
            "mq_svc",
            "mqtt",
        ];
        PROPERTY_FOLDERS.contains(&self.name.as_str()) || self.attribute("content") == Some("properties")
    }

    /// Calls `visit` with the path below this element and the value of every property in it.
    pub fn for_each_value<'a>(&'a self, visit: &mut impl FnMut(&str, &'a PropertyValue)) {
        fn walk<'a>(it: &'a Element, path: &mut String, visit: &mut impl FnMut(&str, &'a PropertyValue)) {
            for member in it.members() {
                let len = path.len();
                if len > 0 {
                    path.push('.');
                }
                path.push_str(&member.name);
                match &member.content {
                    Content::Value(value) => visit(path, value),
                    Content::Group(_) => walk(member, path, visit),
                    Content::Mixed(_) => (),
                }
                path.truncate(len);
            }
        }
        walk(self, &mut String::new(), visit);
    }

    /// Appends the element as text.
    pub fn print(&self, out: &mut String) {
        self.print_in(Place::Folder, out);
    }

    fn print_in(&self, place: Place, out: &mut String) {
        let Self { name, attributes, content } = self;
        out.push('<');
        out.push_str(name);
        for (attribute, value) in attributes {
            out.push(' ');
            out.push_str(attribute);
            out.push_str("='");
            escape(value, out);
            out.push('\'');
        }
        match content {
            Content::Value(PropertyValue::Null) => {
                out.push_str(" xsi:nil='true'></");
            }
            Content::Value(value) => {
                match value.dt() {
                    Some(dt) if place.inherent_type(name) != Some(dt) => {
                        // Writing to a string cannot fail.
                        let _ = write!(out, " dt='{dt}'>");
                    }
                    _ => out.push('>'),
                }
                match value {
                    PropertyValue::String(text) => escape(text, out),
                    other => {
                        let _ = write!(out, "{other}");
                    }
                }
                out.push_str("</");
            }
            Content::Group(members) => {
                out.push('>');
                for member in members {
                    member.print_in(place.below(name), out);
                }
                out.push_str("</");
            }
            Content::Mixed(markup) => {
                out.push('>');
                out.push_str(markup);
                out.push_str("</");
            }
        }
        out.push_str(name);
        out.push('>');
    }
}

/// Where an element stands, as far as types depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Folder,
    Jms,
    Elsewhere,
}

impl Place {
    pub(super) fn below(self, name: &str) -> Self {
        if self == Self::Folder && name == "jms" { Self::Jms } else { Self::Elsewhere }
    }

    /// The type that an element has by its name, so that it says none: the numbers among the JMS headers.
    pub(super) fn inherent_type(self, name: &str) -> Option<&'static str> {
        match (self, name) {
            (Self::Jms, "Pri" | "Dlv" | "Seq") => Some("i4"),
            (Self::Jms, "Tms" | "Exp") => Some("i8"),
            _ => None,
        }
    }
}

fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&apos;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::super::parser::{Wrong, folders};
    use super::*;
    use crate::reason::Reason;

    fn parse(text: &str) -> Result<Vec<Element>, Reason> {
        let mut read = Vec::new();
        folders(text, Wrong::Refused, &mut 100, &mut read)?;
        Ok(read)
    }

    /// Parses, prints, and parses the print.
    #[track_caller]
    fn check(text: &str, printed: &str) {
        let folders = parse(text).expect("valid");
        let mut out = String::new();
        folders.iter().for_each(|folder| folder.print(&mut out));
        assert_eq!(out, printed);
        assert_eq!(parse(&out).as_ref(), Ok(&folders));
    }

    #[test]
    fn folders_are_parsed_and_printed() {
        check("<mcd><Msd>jms_text</Msd></mcd>  ", "<mcd><Msd>jms_text</Msd></mcd>");
        check("<usr></usr>", "<usr></usr>");
        check("<usr/>\0\0", "<usr></usr>");
        check("   ", "");
        check("<usr>\n <a  dt = \"i4\" > 7 </a >\n</usr>", "<usr><a dt='i4'>7</a></usr>");
        check("<usr><a dt='string'> x </a></usr>", "<usr><a> x </a></usr>");
        check("<usr><a xsi:nil='true'/><b/></usr>", "<usr><a xsi:nil='true'></a><b></b></usr>");
        check("<usr><a>&lt;&amp;&#65;&#x42;&quot;</a></usr>", "<usr><a>&lt;&amp;AB&quot;</a></usr>");
        check(
            "<f content='properties' x='&apos;'><a>1</a></f>",
            "<f content='properties' x='&apos;'><a>1</a></f>",
        );
        check("<usr><g><h><a>1</a></h></g><b>2</b></usr>", "<usr><g><h><a>1</a></h></g><b>2</b></usr>");
        check("<usr><g>x<a>1</a>&lt;y</g></usr>", "<usr><g>x<a>1</a>&lt;y</g></usr>");
        check("<a></a><b></b>", "<a></a><b></b>");
        check("<größe><ä>ß</ä></größe>", "<größe><ä>ß</ä></größe>");
    }

    #[test]
    fn jms_headers_have_types_of_their_own() {
        let text = "<jms><Dst>queue:///Q</Dst><Tms>1700000000000</Tms><Pri>4</Pri><Dlv>x</Dlv></jms>";
        check(text, text);
        let folder = &parse(text).expect("valid")[0];
        assert_eq!(folder.find("Tms"), Some(&PropertyValue::Int64(1_700_000_000_000)));
        assert_eq!(folder.find("Pri"), Some(&PropertyValue::Int32(4)));
        assert_eq!(folder.find("Dlv"), Some(&"x".into()));
        assert_eq!(parse("<usr><Pri>4</Pri></usr>").expect("valid")[0].find("Pri"), Some(&"4".into()));
    }

    #[test]
    fn what_is_not_a_folder_is_refused() {
        for text in [
            "x",
            "<",
            "<usr",
            "<usr>",
            "<usr>x",
            "</usr>",
            "<usr></usrx>",
            "<usr></us>",
            "<1/>",
            "<usr a/>",
            "<usr a=1/>",
            "<usr a='1/>",
            "<usr><a></usr></a>",
            "<!-- --><usr/>",
            "<?xml?><usr/>",
            "<usr><![CDATA[x]]></usr>",
            "<usr>&nbsp;</usr>",
            "<usr>&#xD800;</usr>",
            "<usr>&#;</usr>",
            "<usr>&amp</usr>",
            "<usr/>x",
            "<usr><a dt='i4'>x</a></usr>",
            "< usr/>",
        ] {
            assert_eq!(parse(text), Err(Reason::RFH_FORMAT_ERROR), "{text}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
        assert!(parse(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(parse(&nested(DEPTH_MAX + 1)), Err(Reason::RFH_FORMAT_ERROR));
        assert_eq!(parse(&nested(100_000)), Err(Reason::RFH_FORMAT_ERROR));
        assert!(parse(&"<a/>".repeat(100)).is_ok());
        assert_eq!(parse(&"<a/>".repeat(101)), Err(Reason::RFH_FORMAT_ERROR));
    }

    #[test]
    fn values_are_found_by_path() {
        let text = "<usr><a>1</a><g><a>2</a><h.i>3</h.i></g><a>4</a><ab>5</ab></usr>";
        let folder = &parse(text).expect("valid")[0];
        for (path, want) in [
            ("a", Some("1")),
            ("g.a", Some("2")),
            ("g.h.i", Some("3")),
            ("ab", Some("5")),
            ("g", None),
            ("g.", None),
            ("abc", None),
            ("", None),
            ("x.y", None),
        ] {
            assert_eq!(folder.find(path), want.map(PropertyValue::from).as_ref(), "{path}");
        }
        let mut all = Vec::new();
        folder.for_each_value(&mut |path, value| all.push(format!("{path}={value}")));
        assert_eq!(all, ["a=1", "g.a=2", "g.h.i=3", "a=4", "ab=5"]);
    }

    #[test]
    fn folders_of_properties_are_known() {
        for (text, want) in [
            ("<usr/>", true),
            ("<mqps/>", true),
            ("<psc/>", false),
            ("<mine/>", false),
            ("<mine content='properties'/>", true),
        ] {
            assert_eq!(parse(text).expect("valid")[0].has_properties(), want, "{text}");
        }
    }
}
