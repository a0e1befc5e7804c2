//! The series of a scrape.

/// A series with its labels and its value.
pub(crate) struct Series<'a> {
    /// The name of the sample: that of a histogram has a suffix.
    pub(crate) name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    pub(crate) value: f64,
}

impl<'a> Series<'a> {
    pub(crate) fn read_all(text: &'a str) -> Vec<Self> {
        text.lines().filter(|line| !line.starts_with('#')).map(Self::read).collect()
    }

    /// Reads a line. No value of a label contains a quotation mark or `",`.
    fn read(line: &'a str) -> Self {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = labels.trim_end_matches('}').split("\",").filter_map(|label| label.split_once("=\""));
        let labels = labels.map(|(name, value)| (name, value.trim_end_matches('"'))).collect();
        Self { name, labels, value: value.parse().expect("a number") }
    }

    pub(crate) fn label(&self, name: &str) -> Option<&'a str> {
        self.labels.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Returns the names of the labels.
    pub(crate) fn label_names(&self) -> impl Iterator<Item = &'a str> {
        self.labels.iter().map(|(name, _)| *name)
    }
}
