//! Times, medians, and what Linux says of a process.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// Runs a program to its end and takes the time; what it prints is dropped unless it fails.
pub(super) fn timed(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let output = command
        .output()
        .with_context(|| format!("{command:?} cannot be started"))?;
    let time = start.elapsed();
    ensure!(
        output.status.success(),
        "{command:?} failed: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(time)
}

/// The middle of an odd number of values.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The median of some times, in seconds.
pub(super) fn median_seconds(times: &[Duration]) -> f64 {
    let seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    median(&seconds)
}

/// The memory of a process that is in RAM now, and at most so far, in MiB.
pub(super) fn resident_mib(process: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let value = |name: &str| -> Option<f64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let now = value("VmRSS:").context("no VmRSS")?;
    let most = value("VmHWM:").context("no VmHWM")?;
    Ok((now / 1024.0, most / 1024.0))
}

/// The processor time a process and its children running now have used, in hundredths of a second.
pub(super) fn processor_ticks(process: u32) -> Result<u64> {
    let mut ticks = own_ticks(process)?;
    let children = format!("/proc/{process}/task/{process}/children");
    for child in fs::read_to_string(children)
        .unwrap_or_default()
        .split_whitespace()
    {
        ticks += own_ticks(child.parse()?)?;
    }
    Ok(ticks)
}

fn own_ticks(process: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(')').context("no name in stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field =
        |index: usize| -> Result<u64> { Ok(fields.get(index).context("short stat")?.parse()?) };
    Ok(field(11)? + field(12)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn linux_tells_about_us() {
        let us = std::process::id();
        let (now, most) = resident_mib(us).unwrap();
        assert!(now > 0.0 && most >= now);
        processor_ticks(us).unwrap();
    }
}
