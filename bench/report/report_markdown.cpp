#include <algorithm>
#include <string>
#include <string_view>

#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

// GitHub cuts a job summary at 1 MiB: a report of many nodes loses its last tables, and says so,
// before that happens.
constexpr std::size_t bytes_max = 900 << 10;

std::string escaped(const std::string& text) {
    // What begins a link, an element, a heading, a mark of emphasis or a cell anywhere in a line.
    constexpr std::string_view special = "\\`*_{}[]<>|!~&#";
    // What begins a list or underlines a heading where it comes first.
    constexpr std::string_view special_first = "-+=";
    std::string safe;
    for (const char letter : text) {
        if (special.find(letter) != std::string_view::npos ||
            (safe.empty() && special_first.find(letter) != std::string_view::npos))
            safe += '\\';
        safe += letter;
    }
    return safe;
}

/// A code span, whatever is in it: its fence is longer than any run of backticks inside.
std::string code(const std::string& text) {
    std::size_t longest = 0, run = 0;
    for (const char letter : text) longest = std::max(longest, run = letter == '`' ? run + 1 : 0);
    const std::string fence(longest + 1, '`');
    const std::string gap = longest > 0 ? " " : "";
    return fence + gap + text + gap + fence;
}

std::string to_markdown(const report_table& table, const std::string& mark) {
    std::string text = "\n## " + mark + escaped(table.title) + "\n\n";
    if (!table.note.empty()) text += escaped(table.note) + "\n\n";
    text += "|";
    for (const auto& name : table.head) text += " " + escaped(name) + " |";
    text += "\n|";
    for (std::size_t i = 0; i < table.head.size(); ++i)
        text += i < table.numbers_from ? "---|" : "---:|";
    for (const auto& row : table.rows) {
        text += "\n|";
        for (const auto& cell : row) text += " " + escaped(cell) + " |";
    }
    return text + "\n";
}

}  // namespace

std::string to_markdown(const report& given) {
    const auto shown = printable(given);
    const std::string mark = shown.synthetic ? "SYNTHETIC: " : "";
    std::string text = "# Lanewise\n\n";
    if (shown.synthetic) text += "> **SYNTHETIC**: not all of this was measured.\n\n";
    text += "**" + escaped(shown.verdict) + "**\n";
    for (const auto& warning : shown.warnings) text += "\n- " + escaped(warning);
    if (!shown.warnings.empty()) text += "\n";
    std::size_t left = shown.tables.size();
    for (const auto& table : shown.tables) {
        auto next = to_markdown(table, mark);
        if (text.size() + next.size() > bytes_max) break;
        text += next;
        --left;
    }
    if (left > 0)
        text += "\n" + std::to_string(left) +
                " more tables are in the HTML report: this one would grow past 1 MiB.\n";
    text += "\n## Made from\n\n";
    for (const auto& source : shown.sources) {
        text += "- " + code(source.file) + " sha256 " + code(source.sha256) + ", " +
                escaped(source.made) + (shown.many_nodes ? "" : ": " + code(source.command)) + "\n";
    }
    if (shown.many_nodes) {
        for (const auto& line : commands_of(shown.sources)) text += "- " + escaped(line) + "\n";
    }
    if (!shown.command.empty()) text += "\nMade again by " + code(shown.command) + "\n";
    return text;
}

}  // namespace lanewise::bench
