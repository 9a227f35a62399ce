//! What is printed for people to read and to copy: how wide, in which characters, and quoted for a shell.

/// A word that a shell takes as it is: quoted only where it must be.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:=@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
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
}
