//! Tables with aligned columns.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::output::print;
use crate::command_error::CommandError;
use crate::printable::printable;
use crate::styles::{HEADING, styled};

/// The largest width that other cells of a column are aligned to: the limit of an email at login.
const WIDEST: usize = 255;
/// The space between columns.
const GAP: &str = "  ";

/// One text of a table.
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell without a style. Its text may be written by somebody else.
    pub(super) fn new(text: &str) -> Self {
        Self::styled(text, Style::new())
    }

    /// A cell with a style.
    pub(super) fn styled(text: &str, style: Style) -> Self {
        Self { text: printable(text), style }
    }
}

/// Rows below a heading.
pub(super) struct Table<const COLUMNS: usize>(Vec<[Cell; COLUMNS]>);

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without rows.
    pub(super) fn new(heading: [&str; COLUMNS]) -> Self {
        Self(vec![heading.map(|name| Cell::styled(name, HEADING))])
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: [Cell; COLUMNS]) {
        self.0.push(row);
    }

    /// Prints the table. The command fails if it cannot be printed.
    pub(super) fn print(&self) -> Result<(), CommandError> {
        self.lines().try_for_each(|line| print(&line))
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let mut widths = [0; COLUMNS];
        for row in &self.0 {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width().min(WIDEST));
            }
        }
        self.0.iter().map(move |row| line(row, widths))
    }
}

fn line<const COLUMNS: usize>(row: &[Cell; COLUMNS], widths: [usize; COLUMNS]) -> String {
    let mut line = String::new();
    let mut padding = 0;
    for (Cell { text, style }, width) in row.iter().zip(widths) {
        line.push_str(&" ".repeat(padding));
        line.push_str(&styled(text, *style));
        padding = width.saturating_sub(text.width()) + GAP.len();
    }
    line
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::styles::GOOD;

    #[test]
    fn columns_are_aligned_with_wide_and_control_characters() {
        let mut table = Table::new(["NAME", "STATE", "ID"]);
        table.add([Cell::new("日本"), Cell::styled("ok", GOOD), Cell::new("1")]);
        table.add([Cell::new("\u{1b}[2J"), Cell::new(""), Cell::new("22")]);
        let lines: Vec<String> = table.lines().map(|line| strip_str(&line).to_string()).collect();
        assert_eq!(lines, ["NAME       STATE  ID", "日本       ok     1", "\\u{1b}[2J         22"]);
    }

    #[test]
    fn only_cells_with_a_style_have_escape_sequences() {
        let mut table = Table::new(["A"]);
        table.add([Cell::new("plain")]);
        table.add([Cell::styled("green", GOOD)]);
        let lines: Vec<String> = table.lines().collect();
        assert_eq!(lines[1], "plain");
        assert_eq!(lines[2], "\u{1b}[32mgreen\u{1b}[0m");
    }
}
