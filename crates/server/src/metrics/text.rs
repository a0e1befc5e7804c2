//! The older text format of Prometheus.

/// Converts the `OpenMetrics` text format: the older one names a counter with its suffix everywhere, and has no units.
pub(crate) fn to_plain_text(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        if line.starts_with("# HELP ") {
            help = line;
        } else if let Some(described) = line.strip_prefix("# TYPE ") {
            let suffix = if described.ends_with(" counter") { "_total" } else { "" };
            for described in [help, line] {
                push_with_suffix(&mut text, described, suffix);
            }
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Appends a comment about a metric, with a suffix of its name.
fn push_with_suffix(text: &mut String, comment: &str, suffix: &str) {
    let name_ends = comment.match_indices(' ').nth(2).map_or(comment.len(), |(end, _)| end);
    let (name, rest) = comment.split_at(name_ends);
    text.extend([name, suffix, rest, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_described_with_their_suffix() {
        let open_metrics = "# HELP a_logins The logins.\n# TYPE a_logins counter\na_logins_total{x=\"#\"} 1\n\
                            # HELP a_lag_seconds The lag.\n# TYPE a_lag_seconds gauge\n# UNIT a_lag_seconds seconds\n\
                            a_lag_seconds 2.0\n# EOF\n";
        let plain = "# HELP a_logins_total The logins.\n# TYPE a_logins_total counter\na_logins_total{x=\"#\"} 1\n\
                     # HELP a_lag_seconds The lag.\n# TYPE a_lag_seconds gauge\na_lag_seconds 2.0\n";
        assert_eq!(to_plain_text(open_metrics), plain);
    }
}
