//! The figures, with what was promised of each.

/// All of a run, printed at its end.
#[derive(Debug, Default)]
pub(super) struct Figures {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    text: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Kept,
    Missed,
    /// Nothing was promised of it, or it could not be measured.
    None,
}

/// A promise about a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Promise {
    AtLeast(f64),
    Under(f64),
}

impl Promise {
    fn kept(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::Under(limit) => value < limit,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(limit) => format!("promised: at least {limit}"),
            Self::Under(limit) => format!("promised: under {limit}"),
        }
    }
}

impl Figures {
    /// A number something was promised of; `details` say what went into it.
    pub(super) fn promised(
        &mut self,
        name: &str,
        value: f64,
        unit: &str,
        promise: Promise,
        details: &str,
    ) {
        let verdict = if promise.kept(value) {
            Verdict::Kept
        } else {
            Verdict::Missed
        };
        let text = format!("{value:.3}{unit} ({}; {details})", promise.words());
        self.add(name, text, verdict);
    }

    /// A number that only explains others.
    pub(super) fn noted(&mut self, name: &str, text: String) {
        self.add(name, text, Verdict::None);
    }

    /// A number that cannot be measured here, and why.
    pub(super) fn not_measured(&mut self, name: &str, why: &str) {
        self.add(name, format!("not measured: {why}"), Verdict::None);
    }

    /// Something that should have been measured and broke on the way, if it did.
    pub(super) fn broken(&mut self, name: &str, outcome: anyhow::Result<()>) {
        if let Err(error) = outcome {
            self.add(name, format!("broke: {error:#}"), Verdict::Missed);
        }
    }

    fn add(&mut self, name: &str, text: String, verdict: Verdict) {
        eprintln!("{name}: {text}");
        self.lines.push(Line {
            name: name.to_owned(),
            text,
            verdict,
        });
    }

    /// Prints them all; true unless a promise was missed.
    pub(super) fn print(&self) -> bool {
        println!();
        for line in &self.lines {
            let mark = match line.verdict {
                Verdict::Kept => "ok    ",
                Verdict::Missed => "MISSED",
                Verdict::None => "      ",
            };
            println!("{mark} {}: {}", line.name, line.text);
        }
        self.lines
            .iter()
            .all(|line| line.verdict != Verdict::Missed)
    }
}
