//! Child processes that never outlive the run: each leads a process group, which ends with its owner.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a child is looked after.
const LOOK: Duration = Duration::from_millis(50);

/// Whether the user has asked to stop (Ctrl-C, or a polite kill).
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens to SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// # Errors
    /// When the system refuses to install a handler.
    pub fn listen() -> std::io::Result<Self> {
        let flag = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP]
        {
            signal_hook::flag::register(signal, Arc::clone(&flag.0))?;
        }
        Ok(flag)
    }

    /// Whether it was asked.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// It was killed when its time was over.
    TimedOut(Duration),
    /// It was killed because the user asked to stop.
    Interrupted,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "ended with code {code}"),
            Self::Signal(signal) => write!(f, "was ended by signal {signal}"),
            Self::TimedOut(limit) => write!(f, "was stopped after {} s, its time limit", limit.as_secs()),
            Self::Interrupted => f.write_str("was interrupted"),
        }
    }
}

/// A running process with all that it starts; ends when dropped.
#[derive(Debug)]
pub struct Group {
    child: Child,
    reaped: bool,
}

impl Group {
    /// Starts a command in a process group of its own, without input.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        Ok(Self { child: command.stdin(Stdio::null()).process_group(0).spawn()?, reaped: false })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<Ended> {
        let status = self.child.try_wait().ok().flatten()?;
        self.reaped = true;
        Some(status.code().map_or_else(|| Ended::Signal(status.signal().unwrap_or_default()), Ended::Code))
    }

    /// Waits for its end. Past the limit, or when the user asks, the whole group is killed. What a process that
    /// ended leaves behind in its group is killed, too.
    pub fn wait(mut self, limit: Duration, interrupt: &Interrupt) -> Ended {
        let end = Instant::now() + limit;
        loop {
            if let Some(ended) = self.ended() {
                return ended;
            }
            if interrupt.asked() {
                return Ended::Interrupted;
            }
            if Instant::now() >= end {
                return Ended::TimedOut(limit);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Asks it to end, and kills it when it takes longer than `grace`. Returns whether it ended by itself.
    pub fn stop(mut self, grace: Duration) -> bool {
        self.signal(Signal::TERM);
        let end = Instant::now() + grace;
        while Instant::now() < end {
            if self.ended().is_some() {
                return true;
            }
            std::thread::sleep(LOOK);
        }
        false
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // A group that is gone already is what we want.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        if !self.reaped {
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Group {
        Group::start(Command::new("sh").args(["-c", script])).expect("started")
    }

    #[test]
    fn a_process_that_ends_tells_its_code_or_signal() {
        let limit = Duration::from_secs(60);
        assert_eq!(shell("exit 3").wait(limit, &Interrupt::default()), Ended::Code(3));
        assert_eq!(shell("kill -KILL $$").wait(limit, &Interrupt::default()), Ended::Signal(9));
    }

    #[test]
    fn a_process_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("pid");
        let group = shell(&format!("sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait", file.display()));
        while !file.exists() {
            std::thread::sleep(LOOK);
        }
        let child = std::fs::read_to_string(&file).expect("read").trim().to_owned();
        assert!(std::path::Path::new("/proc").join(&child).exists());
        let limit = Duration::from_millis(1);
        assert_eq!(group.wait(limit, &Interrupt::default()), Ended::TimedOut(limit));
        // Killed, but perhaps not yet collected by whoever adopted it.
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        while !gone() {
            std::thread::sleep(LOOK);
        }
    }

    #[test]
    fn an_interrupt_ends_the_wait() {
        let interrupt = Interrupt::default();
        interrupt.0.store(true, Ordering::SeqCst);
        assert_eq!(shell("sleep 1000").wait(Duration::from_secs(600), &interrupt), Ended::Interrupted);
    }

    #[test]
    fn a_process_is_asked_to_end_before_it_is_killed() {
        let folder = tempfile::tempdir().expect("folder");
        let (ready, ended) = (folder.path().join("ready"), folder.path().join("ended"));
        let script = "trap 'touch ENDED; exit 0' TERM; touch READY; while :; do sleep 0.05; done";
        let script =
            script.replace("ENDED", &ended.to_string_lossy()).replace("READY", &ready.to_string_lossy());
        let group = shell(&script);
        while !ready.exists() {
            std::thread::sleep(LOOK);
        }
        assert!(group.stop(Duration::from_secs(60)));
        assert!(ended.exists());
    }
}
