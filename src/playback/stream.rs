//! Opening a stream on an output device.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Error, ErrorKind, FromSample, I24, SampleFormat, SizedSample, StreamConfig,
};
use cpal::{SupportedStreamConfig, U24};

use super::callback::Callback;
use super::link::Link;
use super::{Around, Device, Inlet, Monitor, ring};

/// How long the system may wait for a device before it looks whether it is still there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Names of converters that ALSA lists among its devices, and of the default, which has its own
/// entry.
const NO_DEVICES: [&str; 10] = [
    "default",
    "lavrate",
    "null",
    "oss",
    "samplerate",
    "speex",
    "speexrate",
    "upmix",
    "usbstream",
    "vdownmix",
];

/// What a stream is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Name of the device, `None` for the default.
    pub name: Option<String>,
    /// Samples a second, if the device has it.
    pub rate: u32,
    /// Frames of a buffer, if the device has it.
    pub buffer: u32,
}

/// An open stream.
pub(super) struct Stream {
    stream: cpal::Stream,
    broken: Arc<AtomicBool>,
    pub device: Device,
    pub link: Arc<Link>,
}

impl Stream {
    /// Opens a stream that takes its sound from the ring whose other end is returned. What the
    /// device can do is asked for, which takes a while, unless it is `known`.
    pub fn open(
        wanted: &Wanted,
        known: &mut Option<SupportedStreamConfig>,
        monitor: &Arc<Monitor>,
        around: Around,
    ) -> Result<(Self, Inlet), Error> {
        let device = find(wanted.name.as_deref())?;
        // Taken, so that it is asked for again after an error.
        let config = known
            .take()
            .map_or_else(|| choose(&device, wanted.rate), Ok)?;
        let fixed = Self::build(
            &device,
            &config,
            BufferSize::Fixed(wanted.buffer),
            monitor,
            around,
        );
        let open = fixed.or_else(|error| match error.kind() {
            ErrorKind::UnsupportedConfig | ErrorKind::InvalidInput => {
                Self::build(&device, &config, BufferSize::Default, monitor, around)
            }
            _ => Err(error),
        })?;
        *known = Some(config);
        Ok(open)
    }

    fn build(
        device: &cpal::Device,
        chosen: &SupportedStreamConfig,
        buffer_size: BufferSize,
        monitor: &Arc<Monitor>,
        around: Around,
    ) -> Result<(Self, Inlet), Error> {
        let config = StreamConfig {
            buffer_size,
            ..chosen.config()
        };
        let (inlet, outlet) = ring(
            config.sample_rate,
            config.channels.into(),
            Arc::clone(monitor),
        );
        let link = Arc::clone(&outlet.link);
        let callback = Callback::new(outlet, around);
        let broken = Arc::new(AtomicBool::new(false));
        let report = Report {
            broken: Arc::clone(&broken),
            monitor: Arc::clone(monitor),
        };
        let parts = (device, config, callback, report);
        let stream = match chosen.sample_format() {
            SampleFormat::F32 => typed::<f32>(parts),
            SampleFormat::F64 => typed::<f64>(parts),
            SampleFormat::I8 => typed::<i8>(parts),
            SampleFormat::I16 => typed::<i16>(parts),
            SampleFormat::I24 => typed::<I24>(parts),
            SampleFormat::I32 => typed::<i32>(parts),
            SampleFormat::I64 => typed::<i64>(parts),
            SampleFormat::U8 => typed::<u8>(parts),
            SampleFormat::U16 => typed::<u16>(parts),
            SampleFormat::U24 => typed::<U24>(parts),
            SampleFormat::U32 => typed::<u32>(parts),
            SampleFormat::U64 => typed::<u64>(parts),
            other => Err(Error::with_message(
                ErrorKind::UnsupportedConfig,
                format!("the device takes only samples of the format {other}"),
            )),
        }?;
        let described = Device {
            name: device.to_string(),
            rate: config.sample_rate,
            channels: config.channels,
            format: chosen.sample_format().to_string(),
            buffer: stream.buffer_size().unwrap_or(0),
        };
        let open = Self {
            stream,
            broken,
            device: described,
            link,
        };
        Ok((open, inlet))
    }

    /// Lets the callbacks begin.
    pub fn start(&self) -> Result<(), Error> {
        self.stream.play()
    }

    /// Whether the device has said that it is gone.
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }
}

/// Takes the errors of a stream, from its own thread and possibly without end: it only notes
/// them.
struct Report {
    broken: Arc<AtomicBool>,
    monitor: Arc<Monitor>,
}

impl Report {
    fn take(&self, error: &Error) {
        match error.kind() {
            ErrorKind::Xrun => {
                self.monitor.xruns.fetch_add(1, Ordering::Relaxed);
            }
            ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {}
            _ => self.broken.store(true, Ordering::Release),
        }
    }
}

fn typed<T: SizedSample + FromSample<f32>>(
    (device, config, mut callback, report): (&cpal::Device, StreamConfig, Callback, Report),
) -> Result<cpal::Stream, Error> {
    device.build_output_stream(
        config,
        move |buffer: &mut [T], info: &_| callback.run(buffer, info),
        move |error| report.take(&error),
        Some(PATIENCE),
    )
}

/// The device of this name.
fn find(name: Option<&str>) -> Result<cpal::Device, Error> {
    let host = cpal::default_host();
    let Some(name) = name else {
        return host
            .default_output_device()
            .ok_or_else(|| ErrorKind::DeviceNotAvailable.into());
    };
    let listed = named(&host)?;
    let found = listed.into_iter().find(|(listed, _)| listed == name);
    found.map(|(_, device)| device).ok_or_else(|| {
        Error::with_message(
            ErrorKind::DeviceNotAvailable,
            format!("there is no output device named {name}"),
        )
    })
}

/// The names of all output devices but the default that can be opened.
pub(super) fn names() -> Result<Vec<String>, Error> {
    let listed = named(&cpal::default_host())?;
    let found = listed.into_iter().filter(|(_, device)| is_there(device));
    Ok(found.map(|(name, _)| name).collect())
}

/// Whether a device can be opened. ALSA lists all that it knows how to reach, sound servers that are
/// not running among them; what another program holds can be opened later.
fn is_there(device: &cpal::Device) -> bool {
    match device.supported_output_configs() {
        Ok(mut configurations) => configurations.next().is_some(),
        Err(error) => error.kind() == ErrorKind::DeviceBusy,
    }
}

/// The output devices, each with a name that no other has.
fn named(host: &cpal::Host) -> Result<Vec<(String, cpal::Device)>, Error> {
    let mut found: Vec<(String, cpal::Device)> = Vec::new();
    for device in host.devices()?.filter(DeviceTrait::supports_output) {
        let Ok(description) = device.description() else {
            continue;
        };
        let driver = description.driver().unwrap_or_default();
        let kind = driver.split(':').next().unwrap_or_default();
        if NO_DEVICES.contains(&kind) {
            continue;
        }
        let name = description.name();
        let is_taken = found.iter().any(|(other, _)| other == name);
        let name = if is_taken && !driver.is_empty() {
            format!("{name} ({driver})")
        } else {
            name.to_owned()
        };
        found.push((name, device));
    }
    Ok(found)
}

/// The configuration that suits a recording best: the most usual channels and format, and the
/// rate of the recording where the device has it, so that nothing is resampled.
fn choose(device: &cpal::Device, rate: u32) -> Result<SupportedStreamConfig, Error> {
    let all: Vec<_> = device.supported_output_configs()?.collect();
    let best = all.iter().max_by(|a, b| a.cmp_default_heuristics(b));
    let best = *best.ok_or(ErrorKind::UnsupportedConfig)?;
    let alike = all.iter().filter(|other| {
        other.channels() == best.channels() && other.sample_format() == best.sample_format()
    });
    let mut own = alike.filter_map(|other| other.try_with_sample_rate(rate));
    Ok(own.next().unwrap_or_else(|| {
        best.try_with_standard_sample_rate()
            .unwrap_or_else(|| best.with_max_sample_rate())
    }))
}
