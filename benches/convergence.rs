//! Scratch.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
use std::ops::ControlFlow;
use partita::nmf::*;
use partita::spectral::*;

fn cpu() -> f64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}

fn curve(v: &Matrix, settings: &Settings) -> (Vec<(f64, f64)>, Factorization) {
    let start = cpu();
    let mut last = start;
    let mut points = Vec::new();
    let f = factorize(v, settings, &mut |step| {
        let now = cpu();
        if let Some(d) = step.divergence() {
            points.push((last - start, d));
        }
        last = now;
        ControlFlow::Continue(())
    })
    .unwrap();
    points.push((last - start, *f.divergence_curve.last().unwrap()));
    (points, f)
}

fn spectrogram(paths: &[std::path::PathBuf]) -> Matrix {
    let mut mono: Vec<f32> = Vec::new();
    for p in paths {
        let r = partita::audio::read(p).unwrap();
        let c = r.buffer.channels();
        mono.extend((0..r.buffer.frames()).map(|t| c.iter().map(|c| c[t]).sum::<f32>() / c.len() as f32));
    }
    let stft = Stft::new(StftSettings::default()).unwrap();
    let s = stft.magnitude(&[mono], 44100, Scale::ONE, &|_| ControlFlow::Continue(())).unwrap();
    Matrix::from_columns(stft.bins(), s.into_values()).unwrap()
}

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().unwrap();
    let audio = std::path::PathBuf::from("/work/shared/audio");
    let mut paths: Vec<_> = std::fs::read_dir(&audio).unwrap().map(|e| e.unwrap().path().join("mix.wav")).filter(|p| p.exists()).collect();
    paths.sort();
    let demo = std::path::PathBuf::from("assets/demo.wav");
    let args: Vec<String> = std::env::args().collect();
    let arg = |name: &str, d: &str| args.iter().position(|a| a == name).map_or(d.to_owned(), |i| args[i + 1].clone());
    let seeds: u64 = arg("--seeds", "2").parse().unwrap();
    let iterations: usize = arg("--fast-iterations", "80").parse().unwrap();
    let init = if arg("--init", "random") == "random" { Init::Random } else { Init::NndsvdA };
    let ks: Vec<usize> = arg("--k", "8,16,32").split(',').map(|x| x.parse().unwrap()).collect();
    let algo = match arg("--algorithm", "fast").as_str() { "mu" => Algorithm::Mu, "relaxed" => Algorithm::Relaxed, _ => Algorithm::Fast };
    let mut problems: Vec<(String, Matrix)> = paths.iter().map(|p| (p.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(), spectrogram(std::slice::from_ref(p)))).collect();
    problems.push(("demo".into(), spectrogram(&[demo.clone()])));
    if arg("--long", "0") != "0" {
        problems.push(("all60".into(), spectrogram(&paths)));
    }
    let only = arg("--only", "");
    problems.retain(|p| p.0.contains(&only));
    // cache of mu results
    std::fs::create_dir_all("/tmp/mu").unwrap();
    let mut ratios = Vec::new();
    let mut table: Vec<String> = Vec::new();
    let mut worst_equal: Vec<f64> = Vec::new();
    let verbose = arg("--verbose", "0") != "0";
    for (name, v) in &problems {
        for &k in &ks {
            let mut row = Vec::new();
            for seed in 1..=seeds {
                let base = Settings { components: k, iterations: 200, tolerance: 0.0, init, seed, algorithm: Algorithm::Mu, ..Settings::default() };
                let file = format!("/tmp/mu/{name}-{k}-{seed}-{init:?}");
                let mu: Vec<(f64, f64)> = match std::fs::read_to_string(&file) {
                    Ok(text) => serde_json::from_str(&text).unwrap(),
                    Err(_) => {
                        let (p, _) = curve(v, &base);
                        std::fs::write(&file, serde_json::to_string(&p).unwrap()).unwrap();
                        p
                    }
                };
                // re-time a few plain iterations now
                let (p, _) = curve(v, &Settings { iterations: 12, ..base.clone() });
                let per = (p[12].0 - p[2].0) / 10.0;
                let mu_kl: Vec<f64> = mu.iter().map(|p| p.1).collect();
                let target = mu_kl[200];
                let (fast, f) = curve(v, &Settings { iterations, algorithm: algo, ..base.clone() });
                let reach = fast.iter().find(|p| p.1 <= target).map_or(f64::INFINITY, |p| p.0 / (200.0 * per));
                // kl at equal time from the time at which the fast one has anything
                let mut worst: f64 = 0.0;
                for p in &fast {
                    let i = p.0 / per;
                    if i <= 200.0 {
                        let a = mu_kl[i.floor() as usize];
                        worst = worst.max(p.1 / a - 1.0);
                    }
                }
                if verbose {
                    println!("{name} {k} {seed}: reach {:.1}% first at {:.1}% kl {:.4} end {:.4} (x mu200) passes {} its {}, worst {:.3}", 100.0*reach, 100.0*fast[0].0/(200.0*per), fast[0].1/target, fast.last().unwrap().1/target, fast.len(), f.iterations, worst);
                }
                row.push(100.0 * reach);
                ratios.push(100.0 * reach);
                worst_equal.push(worst);
            }
            table.push(format!("{name} {k} {row:.1?}"));
        }
    }
    for t in table { println!("{t}"); }
    ratios.sort_by(f64::total_cmp);
    worst_equal.sort_by(f64::total_cmp);
    let q = |v: &[f64], p: f64| v[((v.len() - 1) as f64 * p) as usize];
    println!("median {:.1}% p80 {:.1}% p90 {:.1}% max {:.1}%; equal-time worst: p50 {:.3} p90 {:.3} p98 {:.3} max {:.3} above0: {}/{}", q(&ratios, 0.5), q(&ratios, 0.8), q(&ratios, 0.9), q(&ratios, 1.0), q(&worst_equal, 0.5), q(&worst_equal, 0.9), q(&worst_equal, 0.98), q(&worst_equal, 1.0), worst_equal.iter().filter(|&&x| x > 0.0).count(), worst_equal.len());
}
