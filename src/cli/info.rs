//! `partita info`: what a recording is.

use std::fmt::{self, Display};

use serde::Serialize;

use super::args::InfoArgs;
use super::error::CliError;
use super::output::print;
use crate::audio::{AudioError, RecordingInfo, RecordingReader, Repair};

/// Frames that are read at once.
const BLOCK_FRAMES: usize = 1 << 14;

/// What is told of a recording.
#[derive(Serialize)]
struct Facts<'a> {
    file: String,
    #[serde(flatten)]
    info: &'a RecordingInfo,
    /// In seconds.
    duration: f64,
    repairs: &'a [Repair],
}

/// Reads the whole recording and prints what it is.
///
/// # Errors
/// [`CliError::Recording`] when it cannot be read, [`CliError::Stdout`] when nothing can be
/// printed.
pub(super) fn info(args: &InfoArgs) -> Result<(), CliError> {
    let (info, repairs) = examine(args).map_err(CliError::recording(&args.recording))?;
    let facts = Facts {
        file: args.recording.to_string_lossy().into_owned(),
        duration: info.duration().unwrap_or(0.0),
        info: &info,
        repairs: &repairs,
    };
    let text = if args.json {
        let mut json = serde_json::to_string_pretty(&facts)
            .map_err(|e| CliError::Stdout { source: e.into() })?;
        json.push('\n');
        json
    } else {
        facts.to_string()
    };
    print(&text)
}

/// Reads to the end, so that the length is certain and every damage is found.
fn examine(args: &InfoArgs) -> Result<(RecordingInfo, Vec<Repair>), AudioError> {
    let mut reader = RecordingReader::open(&args.recording)?;
    let mut info = reader.info().clone();
    let mut block = vec![Vec::new(); usize::from(info.channels)];
    let mut frames = 0;
    loop {
        match reader.read_block(BLOCK_FRAMES, &mut block)? {
            0 => break,
            read => frames += read as u64,
        }
        block.iter_mut().for_each(Vec::clear);
    }
    if frames == 0 {
        return Err(AudioError::Empty);
    }
    info.frames = Some(frames);
    Ok((info, reader.repairs()))
}

impl Display for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.info;
        let mut line = |name: &str, value: &dyn Display| writeln!(f, "{name:<10} {value}");
        line("file", &self.file)?;
        line("format", &format(info))?;
        line("rate", &format!("{} Hz", info.rate))?;
        line("channels", &info.channels)?;
        line("frames", &info.frames.unwrap_or(0))?;
        line("duration", &format!("{:.3} s", self.duration))?;
        if let Some(mask) = info.channel_mask {
            line("speakers", &format!("mask {mask:#x}"))?;
        }
        for repair in self.repairs {
            line("repair", repair)?;
        }
        for (name, value) in &info.metadata {
            line("metadata", &on_one_line(&format!("{name}: {value}")))?;
        }
        Ok(())
    }
}

/// The format in words. A codec that names the file already is not named twice, and one that
/// throws details away has no sample format of its own.
fn format(info: &RecordingInfo) -> String {
    let mut words = vec![info.container.to_string()];
    if info.codec != words[0] {
        words.push(info.codec.clone());
    }
    if !matches!(info.codec.as_str(), "MP3" | "AAC" | "Vorbis") {
        words.push(info.format.to_string());
    }
    words.join(", ")
}

/// Text from a file as it may stand on a terminal: one line, no control characters.
fn on_one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
