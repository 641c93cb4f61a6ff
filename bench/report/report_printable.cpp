#include "program/printable.hpp"

#include "report_parts.hpp"

namespace lanewise::bench {
namespace {

void clean(std::string& text) {
    text = program::printable(text);
}

void clean(std::vector<std::string>& texts) {
    for (auto& text : texts) clean(text);
}

}  // namespace

report printable(report shown) {
    clean(shown.verdict);
    clean(shown.warnings);
    for (auto& table : shown.tables) {
        clean(table.title);
        clean(table.pool);
        clean(table.note);
        clean(table.head);
        for (auto& row : table.rows) clean(row);
    }
    for (auto& chart : shown.charts) {
        for (auto* text : {&chart.title, &chart.note, &chart.x_axis, &chart.y_axis, &chart.pool})
            clean(*text);
        clean(chart.labels);
        for (auto& line : chart.lines) clean(line.name);
    }
    for (auto& source : shown.sources) {
        for (auto* text : {&source.file, &source.sha256, &source.made, &source.command})
            clean(*text);
    }
    clean(shown.command);
    return shown;
}

}  // namespace lanewise::bench
