//! Every file under `tests/golden` is one exchange. Those named after a client have the bytes that this
//! client sent.

use crate::script::Script;

fn is_output(line: &str) -> bool {
    ["> ", "< ", "! ", "    "].iter().any(|start| line.starts_with(start))
}

/// Runs a script and returns it with the outputs that it has now.
fn run(text: &str) -> String {
    let mut script = Script::new();
    let mut out = String::new();
    let mut lines = text.lines().filter(|line| !is_output(line)).peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Hex goes on in lines that start with two blanks.
        let mut input = line.to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with("  ")) {
            out.push_str(more);
            out.push('\n');
            input.push_str(more);
        }
        out.push_str(&script.input(&input));
    }
    out
}

#[test]
fn exchanges_are_as_recorded() {
    let path = format!("{}/tests/golden", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(path)
        .expect("part of the crate")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(files.len() > 5, "{} exchanges", files.len());
    let is_update = std::env::var_os("GOLDEN_UPDATE").is_some();
    let mut differences = String::new();
    for file in files {
        let want = std::fs::read_to_string(&file).expect("readable");
        let got = run(&want);
        if got == want {
            continue;
        }
        if is_update {
            std::fs::write(&file, &got).expect("writable");
            continue;
        }
        let (line, pair) = (1..)
            .zip(
                want.lines()
                    .map(Some)
                    .chain(std::iter::repeat(None))
                    .zip(got.lines().map(Some).chain([None])),
            )
            .find(|(_, (want, got))| want != got)
            .expect("they differ");
        differences += &format!("{}:{line}\n  want {:?}\n  got  {:?}\n", file.display(), pair.0, pair.1);
    }
    assert!(differences.is_empty(), "\n{differences}GOLDEN_UPDATE=1 rewrites them");
}
