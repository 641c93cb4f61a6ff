#include <algorithm>
#include <string>
#include <vector>

#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

/// Columns that a terminal needs for UTF-8 text of letters one column wide.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

void print(const report_table& table, std::string& text) {
    std::vector<std::size_t> widths(table.head.size());
    const auto widen = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    };
    widen(table.head);
    for (const auto& row : table.rows) widen(row);
    const auto line = [&](const std::vector<std::string>& row) {
        std::string whole;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string gap(widths[i] - width(row[i]), ' ');
            // The last column is often a sentence: it reads better from the left.
            const bool right = i >= table.numbers_from && i + 1 < row.size();
            whole += (i == 0 ? "" : "  ") + (right ? gap + row[i] : row[i] + gap);
        }
        text += whole.substr(0, whole.find_last_not_of(' ') + 1) + "\n";
    };
    line(table.head);
    for (const auto& row : table.rows) line(row);
}

}  // namespace

std::string to_terminal(const report& given, bool colour) {
    const auto shown = printable(given);
    const std::string bold = colour ? "\x1b[1m" : "", plain = colour ? "\x1b[0m" : "";
    const std::string mark = shown.synthetic ? "SYNTHETIC: not all of this was measured. " : "";
    std::string text = bold + mark + shown.verdict + plain + "\n";
    for (const auto& warning : shown.warnings) text += "! " + warning + "\n";
    for (const auto& table : shown.tables) {
        text += "\n" + bold + mark + table.title + plain + "\n";
        if (!table.note.empty()) text += table.note + "\n";
        print(table, text);
    }
    if (!shown.sources.empty()) text += "\n" + bold + "Made from" + plain + "\n";
    for (const auto& source : shown.sources) {
        text +=
            source.file + "  sha256 " + source.sha256 +
            (shown.many_nodes ? "  " + source.made : "\n  " + source.made + ": " + source.command) +
            "\n";
    }
    if (shown.many_nodes) {
        for (const auto& line : commands_of(shown.sources)) text += line + "\n";
    }
    if (!shown.command.empty()) text += "Made again by: " + shown.command + "\n";
    return text;
}

}  // namespace lanewise::bench
