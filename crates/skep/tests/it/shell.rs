//! Completions and man pages, with the real bash and the real man.

use std::process::Command;

use crate::support::run::run;

fn skep(arguments: &[&str]) -> String {
    let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
    run(skep.args(arguments)).succeeded().stdout
}

/// What bash offers for what was typed, whose last word is not finished.
fn offered_by_bash(typed: &[&str]) -> Vec<String> {
    let script = r#"
        source <("$0" completions bash)
        complete -p skep | grep -q -- '-F _skep' || exit 3
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _skep skep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, env!("CARGO_BIN_EXE_skep")]);
    let ran = run(bash.args(typed)).succeeded();
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    assert_eq!(offered_by_bash(&["skep", "lic"]), ["license"]);
    assert_eq!(offered_by_bash(&["skep", "license", "iss"]), ["issue"]);
    let options = offered_by_bash(&["skep", "license", "issue", "--up"]);
    assert_eq!(options, ["--updates-until"]);
}

#[test]
fn every_shell_gets_a_script_of_its_own() {
    for (shell, beginning) in [
        ("zsh", "#compdef skep"),
        ("fish", "# Print an optspec"),
        ("elvish", "\nuse builtin"),
        ("powershell", "\nusing namespace"),
    ] {
        let script = skep(&["completions", shell]);
        assert!(script.starts_with(beginning), "{shell}: {script:.80}");
        for word in ["license", "updates-until"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    let mut unknown = Command::new(env!("CARGO_BIN_EXE_skep"));
    assert_eq!(run(unknown.args(["completions", "dos"])).code, 2);
}

#[test]
fn man_shows_a_page_for_each_command() {
    let dir = tempfile::tempdir().expect("a directory");
    let pages = dir.path().join("man1");
    skep(&["man", pages.to_str().expect("UTF-8")]);
    let names: Vec<_> = fs_err::read_dir(&pages)
        .expect("the pages")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    for name in [
        "skep.1",
        "skep-serve.1",
        "skep-license-issue.1",
        "skep-repo-add.1",
    ] {
        assert!(
            names.iter().any(|found| found == name),
            "no {name} in {names:?}"
        );
    }
    for name in &names {
        let mut groff = Command::new("groff");
        groff
            .args(["-Kutf8", "-man", "-ww", "-z", "-Tutf8"])
            .arg(pages.join(name));
        let ran = run(&mut groff).succeeded();
        assert_eq!(ran.said(), "", "{name}");
    }
    let mut man = Command::new("man");
    man.env("MANWIDTH", "60")
        .args(["-P", "cat", "-l"])
        .arg(pages.join("skep.1"));
    // Examples stay on one line, however narrow the terminal is.
    run(&mut man)
        .succeeded()
        .says("skep license issue --customer rosa@example.com --product pro --plan lifetime");
}
