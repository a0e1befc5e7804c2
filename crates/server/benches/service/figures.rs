//! Figures of repeated measurements: medians, harmonic sums, and whether an aim is met.

/// A miss below this share of the aim is noise.
const NOISE: f64 = 0.05;

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    /// The figure must not be lower.
    AtLeast(f64),
    /// The figure must not be higher.
    AtMost(f64),
}

/// The result of a comparison with an aim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Met,
    /// Missed by less than the noise of a measurement.
    Noise,
    Missed,
}

impl Aim {
    pub(crate) fn outcome(self, figure: f64) -> Outcome {
        // A positive shortfall is a miss, as a share of the aim.
        let shortfall = match self {
            Self::AtLeast(aim) => (aim - figure) / aim,
            Self::AtMost(aim) => (figure - aim) / aim,
        };
        if shortfall <= 0.0 {
            Outcome::Met
        } else if shortfall < NOISE {
            Outcome::Noise
        } else {
            Outcome::Missed
        }
    }
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Noise => "noise",
            Self::Missed => "MISSED",
        }
    }
}

/// The median; of an even number of samples, the upper one of the two in the middle. 0 if there are none.
pub(crate) fn median(samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut samples: Vec<_> = samples.into_iter().collect();
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

/// The rate of a path whose steps run one after the other on the same processors: 1 / Σ (1 / rate).
pub(crate) fn harmonic(rates: &[f64]) -> f64 {
    1.0 / rates.iter().map(|rate| 1.0 / rate).sum::<f64>()
}
