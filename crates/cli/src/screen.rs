//! What is printed for people to read and to copy: in which characters, and quoted for a shell.

use std::io::IsTerminal;

/// True if `stream` is a terminal that shows more than ASCII, as far as its user has said.
pub(crate) fn is_graphic(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && is_utf8(&|name| std::env::var(name).ok())
}

/// True if the locale for characters is one in UTF-8: the first of its variables that says something counts.
fn is_utf8(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|text| !text.is_empty());
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.ends_with("utf-8")
        || locale.ends_with("utf8")
        || locale.contains("utf-8@")
        || locale.contains("utf8@")
}

/// A word that a shell takes as it is: quoted only where it must be.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:=@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The line that lets a shell find the commands in this directory.
pub(crate) fn path_line(directory: &std::path::Path) -> String {
    format!("export PATH={}:\"$PATH\"", shell_word(&directory.display().to_string()))
}

/// True if the shell looks for commands in this directory.
pub(crate) fn is_searched(directory: &std::path::Path) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|entry| std::fs::canonicalize(entry).is_ok_and(|e| e == directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        for (text, want) in [
            ("/opt/packhorse", "/opt/packhorse"),
            ("my dir", "'my dir'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), want);
        }
    }

    #[test]
    fn the_first_variable_that_says_something_is_the_locale() {
        for (set, want) in [
            (&[("LANG", "en_US.UTF-8")][..], true),
            (&[("LANG", "de_DE.utf8@euro")], true),
            (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "C.UTF-8"), ("LC_ALL", "")], true),
            (&[("LANG", "de_DE.ISO-8859-15")], false),
            (&[], false),
        ] {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(is_utf8(&variable), want, "{set:?}");
        }
    }
}
