//! The conversion tools of the system, asked for many codes or characters at once.
//!
//! To see what belongs to which question, the digits 0 0 1 end each of them. What a tool cannot convert it leaves
//! out (`iconv`), or it answers with the bytes as text (`uconv`) or U+FFFD (Java). A first byte that begins nothing
//! may take the first digit along when it is left out:
//!
//! ```text
//! asked    41 0 0 1   81 0 0 1   8140 0 0 1
//! answer   A  0 0 1        0 1   、    0 0 1       81 alone means nothing
//! ```

use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};

/// A tool, and what it calls the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// glibc.
    Iconv(&'static str),
    /// ICU.
    Uconv(&'static str),
    /// The Java runtime.
    Java(&'static str),
}

use Tool::{Iconv, Java, Uconv};

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Iconv(name) => write!(f, "iconv:{name}"),
            Uconv(name) => write!(f, "uconv:{name}"),
            Java(name) => write!(f, "java:{name}"),
        }
    }
}

/// Reads all of its input, converts it and writes it.
const JAVA: &str = r#"
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.*;

public class Convert {
    public static void main(String[] words) throws Exception {
        byte[] in = System.in.readAllBytes();
        Charset set = Charset.forName(words[1]), unicode = StandardCharsets.UTF_16BE;
        CodingErrorAction show = CodingErrorAction.REPLACE, skip = CodingErrorAction.IGNORE;
        ByteBuffer out;
        if (words[0].equals("to-unicode")) {
            out = unicode.encode(set.newDecoder().onMalformedInput(show).onUnmappableCharacter(show)
                .decode(ByteBuffer.wrap(in)));
        } else {
            out = set.newEncoder().onMalformedInput(skip).onUnmappableCharacter(skip)
                .encode(CharBuffer.wrap(new String(in, unicode)));
        }
        System.out.write(out.array(), 0, out.limit());
        System.out.flush();
    }
}
"#;

#[derive(Clone, Copy)]
enum Direction {
    ToUnicode,
    FromUnicode,
    /// The same, with the set's mark of a loss for what it lacks.
    ToSubstitute,
}

impl Tool {
    /// What each of `questions` means, in characters.
    pub(super) fn meanings(self, questions: &[Vec<u8>]) -> Result<Vec<Vec<u32>>> {
        let marks = self.marks()?;
        let input: Vec<u8> =
            questions.iter().flat_map(|question| question.iter().chain(&marks)).copied().collect();
        let answer = self.run(Direction::ToUnicode, &input)?;
        let items = split(&answer, &utf16("001"), 2)?;
        ensure!(
            items.len() == questions.len(),
            "{self}: asked for {} codes, {} answered",
            questions.len(),
            items.len()
        );
        Ok(items.into_iter().map(characters).collect())
    }

    /// The bytes of each of `characters`.
    pub(super) fn codes(self, characters: &[u32]) -> Result<Vec<Vec<u8>>> {
        let mut input = Vec::new();
        for &character in characters {
            let character = char::from_u32(character).context("no surrogates are asked for")?;
            input.extend(utf16(&format!("{character}001")));
        }
        let answer = self.run(Direction::FromUnicode, &input)?;
        let items = split(&answer, &self.marks()?, 1)?;
        ensure!(
            items.len() == characters.len(),
            "{self}: asked for {} characters, {} answered",
            characters.len(),
            items.len()
        );
        Ok(items.into_iter().map(<[u8]>::to_vec).collect())
    }

    /// What the set has for a character that it lacks, where the tool says it.
    pub(super) fn substitute(self) -> Result<Vec<u8>> {
        match self {
            Uconv(_) => self.run(Direction::ToSubstitute, &utf16("\u{10FFFD}")),
            Iconv(_) | Java(_) => Ok(Vec::new()),
        }
    }

    /// The codes of the marks in a set: F0 F0 F1 in EBCDIC, 30 30 31 elsewhere.
    fn marks(self) -> Result<[u8; 3]> {
        let marks = self.run(Direction::FromUnicode, &utf16("001"))?;
        marks.try_into().ok().context("digits take one byte each")
    }

    /// Runs the tool over `input`, UTF-16 with the high byte first on the Unicode side.
    fn run(self, direction: Direction, input: &[u8]) -> Result<Vec<u8>> {
        let between = |name| match direction {
            Direction::ToUnicode => ["-f", name, "-t", "UTF-16BE"],
            Direction::FromUnicode | Direction::ToSubstitute => ["-f", "UTF-16BE", "-t", name],
        };
        match self {
            Iconv(name) => pipe(Command::new("iconv").args(between(name)).arg("-c"), input),
            Uconv(name) => {
                let mut command = Command::new("uconv");
                command.args(between(name)).args(["--fallback", "--from-callback", "escape-c"]);
                command.args(match direction {
                    Direction::ToUnicode | Direction::ToSubstitute => ["--to-callback", "substitute"],
                    Direction::FromUnicode => ["--to-callback", "skip"],
                });
                pipe(&mut command, input)
            }
            Java(name) => {
                let directory = std::env::temp_dir().join(format!("ccsid-tables-{}", std::process::id()));
                std::fs::create_dir_all(&directory)?;
                let program = directory.join("Convert.java");
                std::fs::write(&program, JAVA)?;
                let direction = match direction {
                    Direction::ToUnicode => "to-unicode",
                    Direction::FromUnicode | Direction::ToSubstitute => "from-unicode",
                };
                let answer = pipe(Command::new("java").arg(&program).args([direction, name]), input);
                std::fs::remove_dir_all(&directory)?;
                answer
            }
        }
        .with_context(|| self.to_string())
    }
}

fn pipe(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run it")?;
    let mut stdin = child.stdin.take().context("it was piped")?;
    let input = input.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&input));
    // The tools report with their exit code that something was left out, which is expected.
    let output = child.wait_with_output()?;
    let written = writer.join().map_err(|_| anyhow::anyhow!("the writing thread ended early"))?;
    written.context("it did not read all")?;
    ensure!(!output.stdout.is_empty(), "it does not know the set");
    Ok(output.stdout)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// The characters of UTF-16 with the high byte first; U+FFFD for half a pair.
fn characters(utf16: &[u8]) -> Vec<u32> {
    let units = utf16.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
    char::decode_utf16(units)
        .map(|character| u32::from(character.unwrap_or(char::REPLACEMENT_CHARACTER)))
        .collect()
}

/// The items before the marks, of characters of `width` bytes. The first mark may be missing.
fn split<'a>(answer: &'a [u8], marks: &[u8], width: usize) -> Result<Vec<&'a [u8]>> {
    let (first, others) = marks.split_at(width);
    let mut items = Vec::new();
    let mut rest = answer;
    while !rest.is_empty() {
        let mut places = (0..rest.len()).step_by(width);
        let end = places.find(|&at| rest[at..].starts_with(others)).context("a mark is missing")?;
        items.push(rest[..end].strip_suffix(first).unwrap_or_default());
        rest = &rest[end + others.len()..];
    }
    Ok(items)
}
