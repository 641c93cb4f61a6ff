#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <string>

#include "bench/documents/sha256.hpp"
#include "bench/figures/format.hpp"
#include "chart_script.hpp"
#include "program/html_text.hpp"
#include "report_parts.hpp"
#include "report_script.hpp"
#include "report_style.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

using program::html_text;

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group =
                group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (unsigned k = 0; k < 4; ++k)
            text += i + k > bytes.size() ? '=' : letters[group >> (18 - 6 * k) & 63U];
    }
    return text;
}

std::string source_of(std::string_view script) {
    return " 'sha256-" + base64(sha256(script)) + "'";
}

json::array to_json(const std::vector<report_chart>& charts) {
    json::array list;
    for (const auto& chart : charts) {
        json::array lines;
        for (const auto& one : chart.lines) {
            lines.push_back({{"name", one.name},
                             {"x", json::value_from(one.x)},
                             {"y", json::value_from(one.y)},
                             {"low", json::value_from(one.low)},
                             {"high", json::value_from(one.high)},
                             {"bound", one.bound}});
        }
        list.push_back({{"x", chart.x_axis},
                        {"y", chart.y_axis},
                        {"logarithmic", chart.logarithmic},
                        {"labels", json::value_from(chart.labels)},
                        {"series", std::move(lines)}});
    }
    return list;
}

/// JSON inside of a script element: nothing in it may look like the element's end.
std::string embedded(const json::array& value) {
    std::string safe;
    for (const char letter : json::serialize(value))
        safe += letter == '<' ? "\\u003c" : std::string{letter};
    return safe;
}

std::string to_html(const report_table& table, const std::string& id, const std::string& mark) {
    std::string text =
        "<section>\n<h2 id=\"" + id + "\">" + mark + html_text(table.title) +
        "</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"" + id +
        "\">\n<table>\n<caption>" + html_text(table.note) + "</caption>\n<thead><tr>";
    for (std::size_t i = 0; i < table.head.size(); ++i) {
        const bool number = i >= table.numbers_from && i + 1 < table.head.size();
        text += std::string{"<th scope=\"col\""} + (number ? " class=\"number\"" : "") + ">" +
                html_text(table.head[i]) + "</th>";
    }
    text += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
        text += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool number = i >= table.numbers_from && i + 1 < row.size();
            text += i == 0   ? "<th scope=\"row\">" + html_text(row[i]) + "</th>"
                    : number ? "<td class=\"number\">" + html_text(row[i]) + "</td>"
                             : "<td>" + html_text(row[i]) + "</td>";
        }
        text += "</tr>\n";
    }
    return text + "</tbody>\n</table>\n</div>\n</section>\n";
}

/// The same points as the canvas, for who can't see it or prints.
std::string points_of(const report_chart& chart, const std::string& id) {
    const auto with_intervals = [](const report_chart::series& one) { return !one.low.empty(); };
    const bool intervals = std::ranges::any_of(chart.lines, with_intervals);
    std::vector<std::string> head{"series", chart.labels.empty() ? chart.x_axis : "case",
                                  chart.y_axis};
    if (intervals) head.emplace_back("95 % interval");
    std::string text =
        "<details><summary>The points as a table</summary><div class=\"scroll\" tabindex=\"0\" "
        "role=\"region\" aria-label=\"" +
        html_text("Points of " + chart.title) + "\"><table id=\"" + id + "-points\"><thead><tr>";
    for (const auto& name : head) text += "<th scope=\"col\">" + html_text(name) + "</th>";
    text += "</tr></thead><tbody>";
    for (const auto& one : chart.lines) {
        for (std::size_t i = 0; i < one.y.size(); ++i) {
            text += "<tr><th scope=\"row\">" + html_text(one.name) + "</th><td>" +
                    (chart.labels.empty() ? digits(one.x[i]) : html_text(chart.labels[i])) +
                    "</td><td>" + digits(one.y[i]) + "</td>";
            if (with_intervals(one))
                text += "<td>" + digits(one.low[i]) + " to " + digits(one.high[i]) + "</td>";
            else if (intervals)
                text += "<td>none</td>";
            text += "</tr>";
        }
    }
    return text + "</tbody></table></div></details>\n";
}

std::string to_html(const report_chart& chart, std::size_t place, const std::string& mark) {
    const auto id = "chart-" + std::to_string(place);
    return "<figure aria-labelledby=\"" + id + "-title\">\n<figcaption><h2 id=\"" + id +
           "-title\">" + mark + html_text(chart.title) + "</h2></figcaption>\n<p class=\"note\">" +
           html_text(chart.note) + "</p>\n<div class=\"canvas\"><canvas id=\"" + id +
           "\" role=\"img\" aria-label=\"" +
           html_text(chart.title + ". " + chart.note + " The points stand in the table below.") +
           "\"></canvas></div>\n" + points_of(chart, id) + "</figure>\n";
}

constexpr std::string_view chart_licence =
    R"(<!-- The charts are drawn by Chart.js, (c) Chart.js Contributors, under the MIT License:
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions: The above copyright notice and this permission notice
shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY
OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR
PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
THE USE OR OTHER DEALINGS IN THE SOFTWARE. -->
)";

/// The parts of one pool, or of all pools (without a name), by their places in the report.
struct pool_parts {
    std::string pool;
    std::vector<std::size_t> charts, tables, node_charts, node_tables;

    [[nodiscard]] std::size_t of_nodes() const { return node_charts.size() + node_tables.size(); }
};

std::vector<pool_parts> parts_by_pool(const report& shown) {
    std::vector<pool_parts> pools{{"", {}, {}, {}, {}}};
    const auto add = [&](const auto& parts, auto of_pool, auto of_node) {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            auto found = std::ranges::find(pools, parts[i].pool, &pool_parts::pool);
            if (found == pools.end())
                found = pools.insert(pools.end(), {parts[i].pool, {}, {}, {}, {}});
            ((*found).*(parts[i].of_node ? of_node : of_pool)).push_back(i);
        }
    };
    add(shown.charts, &pool_parts::charts, &pool_parts::node_charts);
    add(shown.tables, &pool_parts::tables, &pool_parts::node_tables);
    return pools;
}

/// All pools together first, then a group for each, in which those of its nodes are folded.
void add_contents(const report& shown, std::string& text) {
    const auto links = [&](const std::vector<std::size_t>& charts,
                           const std::vector<std::size_t>& tables) {
        text += "<ul>\n";
        const auto link = [&](const std::string& id, const std::string& title) {
            text += "<li><a href=\"#" + id + "\">" + html_text(title) + "</a></li>\n";
        };
        for (const auto i : charts)
            link("chart-" + std::to_string(i) + "-title", shown.charts[i].title);
        for (const auto i : tables)
            link("table-" + std::to_string(i), shown.tables[i].title + ", table");
    };
    text += "<nav aria-label=\"Contents\">\n";
    for (const auto& pool : parts_by_pool(shown)) {
        if (!pool.pool.empty()) text += "<p>" + html_text(pool.pool) + "</p>\n";
        links(pool.charts, pool.tables);
        if (pool.pool.empty())
            text += "<li><a href=\"#sources\">What this was made from</a></li>\n";
        text += "</ul>\n";
        if (pool.of_nodes() == 0) continue;
        text += "<details><summary>Nodes of " + html_text(pool.pool) + "</summary>\n";
        links(pool.node_charts, pool.node_tables);
        text += "</ul>\n</details>\n";
    }
    text += "</nav>\n";
}

void add_parts(const report& shown, const std::string& mark, std::string& text) {
    const auto parts = [&](const std::vector<std::size_t>& charts,
                           const std::vector<std::size_t>& tables) {
        for (const auto i : charts) text += to_html(shown.charts[i], i, mark);
        for (const auto i : tables)
            text += to_html(shown.tables[i], "table-" + std::to_string(i), mark);
    };
    for (const auto& pool : parts_by_pool(shown)) {
        parts(pool.charts, pool.tables);
        if (pool.of_nodes() == 0) continue;
        text += "<details class=\"nodes\"><summary>Nodes of " + html_text(pool.pool) +
                ", one by one</summary>\n";
        parts(pool.node_charts, pool.node_tables);
        text += "</details>\n";
    }
}

}  // namespace

std::string to_html(const report& given) {
    const auto shown = printable(given);
    const std::string mark = shown.synthetic ? "<span class=\"synthetic\">synthetic</span> " : "";
    std::string text =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'; script-src" +
        source_of(chart_script_text) + source_of(report_script_text) + "\">\n<title>" +
        (shown.synthetic ? "SYNTHETIC: " : "") + "Lanewise report</title>\n<style>\n" +
        std::string{report_style_text} + "</style>\n</head>\n<body>\n<main>\n<h1>Lanewise</h1>\n";
    if (shown.synthetic)
        text += "<p class=\"synthetic\">Synthetic: not all of this was measured.</p>\n";
    text += "<p class=\"verdict\">" + html_text(shown.verdict) + "</p>\n";
    if (!shown.warnings.empty()) {
        text += "<section aria-label=\"To know\">\n<ul class=\"warnings\">\n";
        for (const auto& warning : shown.warnings) text += "<li>" + html_text(warning) + "</li>\n";
        text += "</ul>\n</section>\n";
    }
    add_contents(shown, text);
    add_parts(shown, mark, text);
    text += "<section>\n<h2 id=\"sources\">Made from</h2>\n";
    if (shown.many_nodes)
        text += "<details><summary>" + counted(shown.sources.size(), "document") + "</summary>";
    text += "<ul>\n";
    for (const auto& source : shown.sources) {
        text += "<li><code>" + html_text(source.file) + "</code>, sha256 <code>" +
                html_text(source.sha256) + "</code>, " + html_text(source.made) +
                (shown.many_nodes ? "" : ": <code>" + html_text(source.command) + "</code>") +
                "</li>\n";
    }
    text += "</ul>\n";
    if (shown.many_nodes) {
        text += "</details>\n<ul>\n";
        for (const auto& line : commands_of(shown.sources))
            text += "<li><code>" + html_text(line) + "</code></li>\n";
        text += "</ul>\n";
    }
    if (!shown.command.empty())
        text += "<p>Made again by <code>" + html_text(shown.command) + "</code></p>\n";
    text += "</section>\n</main>\n<script type=\"application/json\" id=\"charts\">" +
            embedded(to_json(shown.charts)) + "</script>\n";
    if (!chart_script_text.empty())
        text += std::string{chart_licence} + "<script>" + std::string{chart_script_text} +
                "</script>\n";
    return text + "<script>" + std::string{report_script_text} + "</script>\n</body>\n</html>\n";
}

}  // namespace lanewise::bench
