//! A sound server of the test's own, whose only sink records what it is given.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Only one server at a time: its socket is found through the environment of the process.
static ALONE: Mutex<()> = Mutex::new(());

/// A PulseAudio server with a null sink of two `f32` channels, and a recorder of that sink.
pub struct Server {
    folder: TempDir,
    rate: u32,
    server: Option<Child>,
    others: Vec<Child>,
    _alone: MutexGuard<'static, ()>,
}

impl Server {
    /// A server that is not started yet; `None` where PulseAudio is not installed.
    pub fn new(rate: u32) -> Option<Self> {
        for program in ["pulseaudio", "pactl", "pacat", "parec"] {
            let tried = command(program)
                .arg("--version")
                .stdout(Stdio::null())
                .status();
            if !tried.is_ok_and(|status| status.success()) {
                eprintln!(
                    "skipped: {program} is not installed (packages pulseaudio and pulseaudio-utils)"
                );
                return None;
            }
        }
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        // The socket, the sound card's name, and nothing of the user's own settings.
        fs::write(folder.path().join("asound.conf"), ASOUND).unwrap();
        let path = folder.path().to_str().unwrap();
        set("XDG_RUNTIME_DIR", path);
        set("HOME", path);
        set("PULSE_SERVER", &format!("unix:{path}/socket"));
        set("ALSA_CONFIG_PATH", &format!("{path}/asound.conf"));
        Some(Self {
            folder,
            rate,
            server: None,
            others: Vec::new(),
            _alone: alone,
        })
    }

    /// Starts the server, and a recorder into the file `name`.
    pub fn start(&mut self, name: &str) {
        let path = self.folder.path().to_str().unwrap();
        let script = format!(
            "load-module module-native-protocol-unix socket={path}/socket auth-anonymous=1\n\
             load-module module-null-sink sink_name=test rate={} channels=2 format=float32le\n\
             set-default-sink test\n",
            self.rate
        );
        let file = self.folder.path().join("null.pa");
        fs::write(&file, script).unwrap();
        let mut server = command("pulseaudio");
        server.args([
            "-n",
            "--exit-idle-time=-1",
            "--daemonize=no",
            "--use-pid-file=no",
        ]);
        self.server = Some(server.arg("-F").arg(&file).spawn().unwrap());
        wait("the server answers", || {
            let asked = command("pactl").arg("info").stdout(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        });
        let rate = format!("--rate={}", self.rate);
        let format = [
            "--raw",
            "--format=float32le",
            "--channels=2",
            "--latency-msec=10",
            &rate,
        ];
        // A sink that nobody plays into is suspended.
        let silence = File::open("/dev/zero").unwrap();
        let keep = command("pacat")
            .args(["-p", "-d", "test"])
            .args(format)
            .stdin(silence)
            .spawn();
        let output = File::create(self.capture(name)).unwrap();
        let recorder = command("parec")
            .args(["-d", "test.monitor"])
            .args(format)
            .stdout(output)
            .spawn();
        self.others = vec![keep.unwrap(), recorder.unwrap()];
        wait("the recorder records", || self.recorded(name).len() > 4_000);
    }

    fn capture(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    /// What the file `name` holds by now, interleaved.
    pub fn recorded(&self, name: &str) -> Vec<f32> {
        let mut bytes = Vec::new();
        let read = File::open(self.capture(name)).and_then(|mut file| file.read_to_end(&mut bytes));
        read.unwrap();
        let words = bytes.chunks_exact(4);
        words
            .map(|word| f32::from_le_bytes(word.try_into().unwrap()))
            .collect()
    }

    /// Frames that have been recorded by now.
    pub fn frames(&self, name: &str) -> usize {
        fs::metadata(self.capture(name)).map_or(0, |meta| meta.len() as usize / 8)
    }

    /// Kills the server, as a crash would.
    pub fn kill(&mut self) {
        for mut child in self.server.take().into_iter().chain(self.others.drain(..)) {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_file(self.folder.path().join("socket"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// ALSA's default device is the server.
const ASOUND: &str = "\
pcm_type.pulse { lib libasound_module_pcm_pulse.so }
ctl_type.pulse { lib libasound_module_ctl_pulse.so }
pcm.!default { type pulse }
ctl.!default { type pulse }
";

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stderr(Stdio::null());
    command
}

#[allow(unsafe_code)]
fn set(name: &str, value: &str) {
    // Sound: only one test at a time is past the lock, and the others read no environment.
    unsafe { std::env::set_var(name, value) };
}

/// Waits until something is so, and fails when it is not within ten seconds.
pub fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "waited in vain until {what}"
        );
        sleep(Duration::from_millis(5));
    }
}
