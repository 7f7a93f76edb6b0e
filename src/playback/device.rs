//! The thread that opens, watches and reopens the output device.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cpal::SupportedStreamConfig;

use super::link::Link;
use super::renderer::Order;
use super::stream::{self, Stream, Wanted};
use super::{Around, DeviceState, Event, Monitor};

/// How often an open stream is looked at.
const WATCH: Duration = Duration::from_millis(50);

/// How long a stream may call for nothing before it is taken to be dead.
const STALL: Duration = Duration::from_secs(2);

/// When a device that could not be opened is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What the thread is asked to do.
pub(super) enum Request {
    /// Have a device open that suits a recording of this rate, or none.
    Want(Option<u32>),
    /// Use this device from now on.
    Choose(Option<String>),
    /// List the devices.
    List,
    /// End.
    Quit,
}

/// What others see of the device.
#[derive(Default)]
pub(super) struct View {
    pub state: DeviceState,
    pub link: Option<Arc<Link>>,
    pub names: Vec<String>,
}

/// Where the thread tells what it finds.
#[derive(Clone)]
pub(super) struct Reports {
    pub view: Arc<Mutex<View>>,
    pub events: Sender<Event>,
    pub renderer: Sender<Order>,
    pub notify: Arc<dyn Fn() + Send + Sync>,
    pub monitor: Arc<Monitor>,
}

/// The device, as the thread knows it. Opening can take long, which is why it has a thread.
pub(super) struct Keeper {
    wanted: Wanted,
    /// Whether the rate is given, whatever the recording.
    fixed_rate: bool,
    around: Around,
    needed: bool,
    /// What was wanted last, and the configuration that was found for it.
    known: (Wanted, Option<SupportedStreamConfig>),
    open: Option<Open>,
    next_try: Instant,
    reports: Reports,
}

struct Open {
    stream: Stream,
    /// What it was opened for.
    wanted: Wanted,
    /// Callbacks when last seen, and when that was.
    callbacks: u64,
    seen: Instant,
}

impl Keeper {
    pub fn new(wanted: Wanted, fixed_rate: bool, around: Around, reports: Reports) -> Self {
        Self {
            known: (wanted.clone(), None),
            wanted,
            fixed_rate,
            around,
            needed: false,
            open: None,
            next_try: Instant::now(),
            reports,
        }
    }

    /// Carries out requests until it is asked to end.
    pub fn run(mut self, requests: &Receiver<Request>) {
        // What ALSA has to say on each try goes there instead of to the terminal; what counts
        // comes back as an error.
        #[cfg(target_os = "linux")]
        let _said = alsa::Output::local_error_handler();
        loop {
            let timeout = match (&self.open, self.needed) {
                (Some(_), _) => WATCH,
                (None, true) => self.next_try.saturating_duration_since(Instant::now()),
                (None, false) => Duration::MAX,
            };
            match requests.recv_timeout(timeout) {
                Ok(Request::Want(rate)) => {
                    self.needed = rate.is_some();
                    let rate = rate.filter(|_| !self.fixed_rate);
                    self.wanted.rate = rate.unwrap_or(self.wanted.rate);
                }
                Ok(Request::Choose(name)) => {
                    self.wanted.name = name;
                    self.next_try = Instant::now();
                }
                Ok(Request::List) => self.list(),
                Ok(Request::Quit) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.watch();
            self.settle();
        }
    }

    /// Lets go of a stream that is dead.
    fn watch(&mut self) {
        let Some(open) = &mut self.open else {
            return;
        };
        let callbacks = self.reports.monitor.callbacks.count();
        if callbacks != open.callbacks {
            (open.callbacks, open.seen) = (callbacks, Instant::now());
        }
        let why = if open.stream.is_broken() {
            "its plug or its sound server is gone"
        } else if open.seen.elapsed() > STALL {
            "it takes no more sound"
        } else {
            return;
        };
        self.reports.monitor.losses.fetch_add(1, Ordering::Relaxed);
        self.close(DeviceState::Lost { why: why.into() });
        self.tell(Event::DeviceLost { why: why.into() });
        self.next_try = Instant::now();
    }

    /// Opens or closes, as it is needed.
    fn settle(&mut self) {
        let unfit = |open: &Open| !self.needed || open.wanted != self.wanted;
        if self.open.as_ref().is_some_and(unfit) {
            self.close(DeviceState::Closed);
        }
        if !self.needed {
            // What went wrong is of no interest any more.
            self.show(DeviceState::Closed);
        } else if self.open.is_none() && Instant::now() >= self.next_try {
            self.try_to_open();
        }
    }

    fn try_to_open(&mut self) {
        match self.start() {
            Ok(open) => {
                let device = open.stream.device.clone();
                let name = device.name.clone();
                self.view(|view| view.link = Some(Arc::clone(&open.stream.link)));
                self.open = Some(open);
                self.show(DeviceState::Open(device));
                self.tell(Event::DeviceOpened { name });
            }
            Err(error) => {
                self.next_try = Instant::now() + RETRY;
                self.reports.monitor.wait_no_more();
                let why = format!("No sound can be played: {}", reason(&error));
                let is_known = self.view(|view| match &view.state {
                    DeviceState::Lost { .. } => true,
                    state => *state == DeviceState::None { why: why.clone() },
                });
                if !is_known {
                    self.show(DeviceState::None { why: why.clone() });
                    self.tell(Event::NoDevice { why });
                }
            }
        }
    }

    fn start(&mut self) -> Result<Open, cpal::Error> {
        if self.known.0 != self.wanted {
            self.known = (self.wanted.clone(), None);
        }
        let (known, monitor) = (&mut self.known.1, &self.reports.monitor);
        let (stream, inlet) = Stream::open(&self.wanted, known, monitor, self.around)?;
        stream.start()?;
        // A renderer that is gone needs no sound.
        let _ = self.reports.renderer.send(Order::Attach(inlet));
        Ok(Open {
            stream,
            wanted: self.wanted.clone(),
            callbacks: self.reports.monitor.callbacks.count(),
            seen: Instant::now(),
        })
    }

    fn close(&mut self, state: DeviceState) {
        let _ = self.reports.renderer.send(Order::Detach);
        self.view(|view| view.link = None);
        self.open = None;
        self.show(state);
    }

    fn list(&mut self) {
        let names = stream::names().unwrap_or_default();
        self.view(|view| view.names = names);
        self.tell(Event::DevicesListed);
    }

    fn show(&self, state: DeviceState) {
        self.view(|view| view.state = state);
    }

    fn view<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        let view = self.reports.view.lock();
        change(&mut view.unwrap_or_else(PoisonError::into_inner))
    }

    fn tell(&self, event: Event) {
        let _ = self.reports.events.send(event);
        (self.reports.notify)();
    }
}

/// Why a device could not be opened, for the end of a sentence.
fn reason(error: &cpal::Error) -> String {
    match error.kind() {
        cpal::ErrorKind::DeviceNotAvailable | cpal::ErrorKind::HostUnavailable => {
            "there is no output device".into()
        }
        cpal::ErrorKind::DeviceBusy => "another program holds the output device".into(),
        _ => error.to_string(),
    }
}
