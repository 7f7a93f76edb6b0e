//! Partita's side of the comparison with its peers: one factorization in a process of its own.
//!
//! `peer_driver F N K ITERATIONS DIR` reads the spectrogram and the start from `DIR`, runs the
//! factorization alone on `RAYON_NUM_THREADS` threads (all cores if unset), and writes what
//! comes out. Files are little-endian `f32`, row-major:
//!
//! | file | rows × columns | meaning |
//! |---|---|---|
//! | `V.bin` | N × F | one frame a row |
//! | `W.bin`, `Wo.bin` | K × F | one template a row, before and after |
//! | `H.bin`, `Ho.bin` | N × K | the activations of one frame a row, before and after |
//!
//! It prints `cpu_s` with the processor time of the factorization where the system tells it
//! (Linux), and as its last line the seconds that the factorization took by the clock.
//!
//! With `measured` as a sixth argument the divergence is measured in every iteration, as the
//! command does; without it only at the end, as scikit-learn does with `tol=0`.
//!
//! `peer_driver --limit` prints what one core of this machine can do at most, as JSON.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use partita::nmf::{self, Matrix, Measure, Settings};

mod limit;

const USAGE: &str = "usage: peer_driver F N K ITERATIONS DIR [measured] | peer_driver --limit";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag] if flag == "--limit" => writeln!(io::stdout(), "{}", limit::measure())?,
        [bins, frames, components, iterations, folder, rest @ ..]
            if rest.is_empty() || rest == ["measured"] =>
        {
            let settings = Settings {
                components: components.parse()?,
                iterations: iterations.parse()?,
                tolerance: 0.0,
                measure: if rest.is_empty() {
                    Measure::AtEnd
                } else {
                    Measure::EveryIteration
                },
                ..Settings::default()
            };
            run(bins.parse()?, frames.parse()?, &settings, Path::new(folder))?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

fn run(bins: usize, frames: usize, settings: &Settings, folder: &Path) -> Outcome<()> {
    let components = settings.components;
    let v = read(&folder.join("V.bin"), bins, frames)?;
    let templates = read(&folder.join("W.bin"), bins, components)?;
    let activations = read(&folder.join("H.bin"), components, frames)?;
    // The pool is made before the clock starts, as the peers' thread pools are.
    let pool = rayon::ThreadPoolBuilder::new().build()?;

    let processor_before = processor_seconds();
    let start = Instant::now();
    let result = pool.install(|| {
        nmf::factorize_from(&v, &templates, activations, settings, &mut |_| {
            ControlFlow::Continue(())
        })
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let processor_after = processor_seconds();

    write(&folder.join("Wo.bin"), &result.templates)?;
    write(&folder.join("Ho.bin"), &result.activations)?;
    let mut out = io::stdout().lock();
    if let (Some(before), Some(after)) = (processor_before, processor_after) {
        writeln!(out, "cpu_s {}", after - before)?;
    }
    writeln!(out, "{seconds}")?;
    Ok(())
}

/// Reads a matrix whose columns follow each other in the file, without a second copy in memory:
/// the peak memory of this process is part of what is measured.
fn read(path: &Path, rows: usize, cols: usize) -> Outcome<Matrix> {
    let mut file = BufReader::new(File::open(path)?);
    let mut matrix = Matrix::zeros(rows, cols);
    let mut bytes = [0; 4];
    for value in matrix.as_mut_slice() {
        file.read_exact(&mut bytes)?;
        *value = f32::from_le_bytes(bytes);
    }
    if file.read(&mut bytes)? != 0 {
        return Err(format!("more than {rows} × {cols} values in {}", path.display()).into());
    }
    Ok(matrix)
}

fn write(path: &Path, matrix: &Matrix) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for value in matrix.as_slice() {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}

/// Processor time of all threads of this process so far, in seconds. The scheduler's own
/// counters are in nanoseconds, where the usual ones have steps of 10 ms.
fn processor_seconds() -> Option<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let counters = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += counters.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 / 1e9)
}
