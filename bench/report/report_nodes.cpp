#include "report_nodes.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "bench/claims/claims_kernels.hpp"
#include "bench/claims/compare_pools.hpp"
#include "bench/documents/machine_section.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "in_groups.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t nodes_named_max = 10;
// A normal distribution's standard deviation is this many times its median absolute deviation.
constexpr double mad_to_deviation = 1.4826;

/// The pools in the order of their first node.
std::vector<std::vector<const node_rows*>> by_pool(const node_tables& of) {
    std::vector<const node_rows*> nodes;
    for (const auto& one : of.nodes) {
        if (!one.rows.empty()) nodes.push_back(&one);
    }
    return in_groups(std::move(nodes), [](const node_rows* one, const node_rows* other) {
        return one->pool == other->pool;
    });
}

/// A node that its document does not name is known by the file.
const std::string& known_as(const node_rows* one) {
    return one->node.empty() ? one->file : one->node;
}

std::size_t nodes_in(const std::vector<const node_rows*>& pool) {
    std::set<std::string> names;
    for (const auto* one : pool) names.insert(known_as(one));
    return names.size();
}

std::vector<std::string> texts_of(const node_row& row) {
    std::vector<std::string> texts;
    for (const auto& cell : row) texts.push_back(cell.text);
    return texts;
}

/// Rows of all nodes that share their first cells, in the order of their coming.
using alike_rows = std::vector<std::vector<std::pair<const node_rows*, const node_row*>>>;

alike_rows rows_of(const std::vector<const node_rows*>& pool, std::size_t keys) {
    alike_rows found;
    std::map<std::vector<std::string>, std::size_t> places;
    for (const auto* one : pool) {
        for (const auto& row : one->rows) {
            auto key = texts_of(row);
            key.resize(std::min(keys, key.size()));
            const auto [place, is_new] = places.try_emplace(std::move(key), found.size());
            if (is_new) found.emplace_back();
            found[place->second].emplace_back(one, &row);
        }
    }
    return found;
}

/// "avx512 (48 of 50)": the text that most of them show.
std::string most_frequent(const std::vector<const node_figure*>& cells) {
    const auto texts = in_groups(cells, [](const node_figure* one, const node_figure* other) {
        return one->text == other->text;
    });
    const auto& most = *std::ranges::max_element(texts, {}, &std::vector<const node_figure*>::size);
    const auto& text = most.front()->text;
    if (texts.size() == 1) return text;
    if (most.size() == 1) return "each its own";
    return text + " (" + std::to_string(most.size()) + " of " + std::to_string(cells.size()) + ")";
}

/// "24.2 G/s (24.1 G/s to 24.4 G/s)": the median, with the quartiles, or of a handful the ends.
std::string gathered(const std::vector<const node_figure*>& cells, bool many) {
    std::vector<double> values;
    const node_figure* shows = nullptr;
    for (const auto* cell : cells) {
        if (!cell->value) continue;
        values.push_back(*cell->value);
        shows = cell;
    }
    if (2 * values.size() < cells.size() || !shows) return most_frequent(cells);
    const double outside = many ? 0.25 : 0;
    const auto middle = shows->show(median(values));
    const auto low = shows->show(quantile(values, outside)),
               high = shows->show(quantile(values, 1 - outside));
    auto text = middle;
    if (low != middle || high != middle) text += " (" + low + " to " + high + ")";
    if (values.size() < cells.size())
        text += ", " + std::to_string(values.size()) + " of " + std::to_string(cells.size());
    return text;
}

/// One row of a pool: the keys, then what its nodes show in each column.
std::vector<std::string> gathered_row(const alike_rows::value_type& rows, std::size_t keys,
                                      bool many) {
    auto cells = texts_of(*rows.front().second);
    for (std::size_t column = keys; column < cells.size(); ++column) {
        std::vector<const node_figure*> found;
        for (const auto& [node, row] : rows) {
            if (column < row->size()) found.push_back(&(*row)[column]);
        }
        cells[column] = gathered(found, many);
    }
    return cells;
}

std::string how_gathered(std::size_t nodes) {
    return nodes > handful ? "Of " + std::to_string(nodes) +
                                 " nodes the median, in brackets the quartiles; a report of one "
                                 "document shows its node. "
                           : "Of " + std::to_string(nodes) +
                                 " nodes the median, in brackets the lowest and the highest. ";
}

struct far_figure {
    const node_rows* node;
    std::string what;
    double value, pool, times;
    std::string text, pool_text;
};

/// Every judged figure that lies far from its pool's.
std::vector<far_figure> far_figures(const node_tables& of,
                                    const std::vector<const node_rows*>& pool) {
    std::vector<far_figure> found;
    for (const auto& rows : rows_of(pool, of.keys)) {
        for (std::size_t column = of.keys; column < rows.front().second->size(); ++column) {
            std::vector<double> values;
            std::vector<std::pair<const node_rows*, const node_figure*>> cells;
            for (const auto& [node, row] : rows) {
                if (column >= row->size()) continue;
                const auto& cell = (*row)[column];
                if (!cell.value || !cell.judged) continue;
                values.push_back(*cell.value);
                cells.emplace_back(node, &cell);
            }
            if (values.size() <= handful) continue;
            const auto far = stand_out(values);
            const double middle = median(values);
            std::string what = of.kind;
            for (std::size_t key = 0; key < of.keys; ++key)
                what += (key == 0 ? ": " : " ") + (*rows.front().second)[key].text;
            what += ", " + of.head[column];
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (!far[i]) continue;
                found.push_back({cells[i].first, what, values[i], middle,
                                 std::abs(values[i] / middle - 1), cells[i].second->text,
                                 cells[i].second->show(middle)});
            }
        }
    }
    return found;
}

struct pool_of_far {
    std::string pool;
    std::size_t nodes = 0;
    std::vector<far_figure> figures;
};

report_table table_of(pool_of_far& pool) {
    report_table table{
        "Nodes of " + pool.pool + " that stand out",
        "Of " + std::to_string(pool.nodes) +
            " nodes. A node stands out by a rate that lies further from its pool's median than "
            "5 + 40 ÷ n times the spread (median absolute deviation × 1.48, of n nodes), and than "
            "3 %. All of them count in the verdict.",
        {"node", "figures", "the furthest", "here", "median of the pool", "off by", "document"},
        3,
        {}};
    table.pool = pool.pool;
    std::vector<const node_rows*> nodes;
    std::ranges::sort(pool.figures, std::greater{}, &far_figure::times);
    std::map<std::string, std::size_t> counts;
    for (const auto& one : pool.figures) ++counts[known_as(one.node)];
    for (const auto& one : pool.figures) {
        const auto& name = known_as(one.node);
        const auto same = [&](const node_rows* other) { return known_as(other) == name; };
        if (std::ranges::any_of(nodes, same)) continue;
        nodes.push_back(one.node);
        if (nodes.size() > nodes_named_max) continue;
        table.rows.push_back({name, std::to_string(counts[name]), one.what, one.text, one.pool_text,
                              (one.value < one.pool ? "-" : "+") + percent(one.times),
                              one.node->file});
    }
    if (nodes.size() > nodes_named_max)
        table.rows.push_back({"and " + std::to_string(nodes.size() - nodes_named_max) + " more", "",
                              "each by less than these", "", "", "", ""});
    if (nodes.empty()) table.rows.push_back({"none", "0", "", "", "", "", ""});
    return table;
}

/// The value at each place of the series that most nodes have alike.
report_chart::series gathered_series(const std::vector<const report_chart::series*>& of,
                                     double outside, bool bars) {
    report_chart::series made;
    const auto& first = *of.front();
    made.name = first.name;
    made.bound = first.bound;
    const auto at = [&](auto member, std::size_t place) {
        std::vector<double> values;
        for (const auto* one : of) {
            if ((one->*member).size() > place) values.push_back((one->*member)[place]);
        }
        return values;
    };
    for (std::size_t i = 0; i < first.y.size(); ++i) {
        const auto values = at(&report_chart::series::y, i);
        made.y.push_back(median(values));
        if (bars) {
            made.low.push_back(quantile(values, outside));
            made.high.push_back(quantile(values, 1 - outside));
        } else {
            made.x.push_back(median(at(&report_chart::series::x, i)));
        }
    }
    return made;
}

report_chart gathered_chart(const std::vector<const node_chart*>& of) {
    const double outside = of.size() > handful ? 0.25 : 0;
    auto made = of.front()->chart;
    made.lines.clear();
    for (const auto& line : of.front()->chart.lines) {
        std::vector<const report_chart::series*> alike;
        for (const auto* one : of) {
            const auto found =
                std::ranges::find(one->chart.lines, line.name, &report_chart::series::name);
            if (found != one->chart.lines.end() && found->y.size() == line.y.size() &&
                one->chart.labels == made.labels)
                alike.push_back(&*found);
        }
        made.lines.push_back(gathered_series(alike, outside, !made.labels.empty()));
    }
    const auto count = std::to_string(of.size());
    made.note += " Medians of " + count + " nodes";
    if (!made.labels.empty())
        made.note += of.size() > handful ? ", with their quartiles"
                                         : ", with the lowest and the highest of them";
    made.note += ".";
    made.pool = of.front()->pool;
    return made;
}

}  // namespace

node_figure rate_figure(const std::optional<double>& rate, const std::string& unit,
                        const std::string& otherwise) {
    if (!rate) return otherwise;
    return {*rate, [unit](double value) { return with_prefix(value, unit); }, true};
}

node_figure percent_figure(const std::optional<double>& share, const std::string& otherwise) {
    if (!share) return otherwise;
    return {*share, [](double value) { return percent(value); }};
}

node_figure number_figure(const std::optional<double>& number, const std::string& otherwise) {
    if (!number) return otherwise;
    return {*number, [](double value) { return digits(value); }};
}

node_figure rounds_figure(int rounds) {
    return {static_cast<double>(rounds), [](double value) {
                return counted(static_cast<std::size_t>(std::lround(value)), "round");
            }};
}

node_rows rows_of(const document& from) {
    const auto machine = machine_of(from);
    return {machine_name(from), machine ? machine->node.value_or("") : std::string{}, from.file};
}

std::string node_rows::name() const {
    return pool + (node.empty() || node == pool ? "" : " " + node);
}

std::vector<report_table> tables_by_pool(const node_tables& of) {
    std::vector<report_table> tables;
    for (const auto& pool : by_pool(of)) {
        const auto nodes = nodes_in(pool);
        const auto& name = pool.front()->pool;
        if (nodes > 1) {
            report_table table{of.kind + " on " + name,
                               how_gathered(nodes) + of.about_pool(),
                               of.head,
                               of.keys,
                               {}};
            for (const auto& rows : rows_of(pool, of.keys))
                table.rows.push_back(gathered_row(rows, of.keys, nodes > handful));
            table.pool = name;
            tables.push_back(std::move(table));
        }
        if (nodes > handful) continue;
        for (const auto* one : pool) {
            report_table table{
                of.kind + " on " + one->name(), one->note + of.note, of.head, of.keys, {}};
            for (const auto& row : one->rows) table.rows.push_back(texts_of(row));
            table.pool = name;
            table.of_node = nodes > 1;
            tables.push_back(std::move(table));
        }
    }
    return tables;
}

report_table rows_by_pool(const node_tables& of, std::string who) {
    auto head = of.head;
    head.insert(head.begin(), std::move(who));
    report_table table{of.kind, of.note, std::move(head), of.keys + 1, {}};
    bool few = false, many = false;
    const auto add = [&](std::string name, std::vector<std::string> cells) {
        cells.insert(cells.begin(), std::move(name));
        table.rows.push_back(std::move(cells));
    };
    for (const auto& pool : by_pool(of)) {
        const auto nodes = nodes_in(pool);
        if (nodes > 1) {
            (nodes > handful ? many : few) = true;
            for (const auto& rows : rows_of(pool, of.keys))
                add(pool.front()->pool + " (" + std::to_string(nodes) + " nodes)",
                    gathered_row(rows, of.keys, nodes > handful));
        }
        if (nodes > handful) continue;
        for (const auto* one : pool) {
            for (const auto& row : one->rows) add(one->name(), texts_of(row));
        }
    }
    if (few)
        table.note += " A pool of nodes: their median, in brackets the lowest and the highest.";
    if (many)
        table.note += " A pool of more than " + std::to_string(handful) +
                      " nodes: their median, in brackets the quartiles.";
    return table;
}

std::vector<report_table> nodes_that_stand_out(std::span<const node_tables> of) {
    std::vector<pool_of_far> pools;
    for (const auto& kind : of) {
        for (const auto& pool : by_pool(kind)) {
            const auto nodes = nodes_in(pool);
            if (nodes <= handful) continue;
            const auto& name = pool.front()->pool;
            auto found = std::ranges::find(pools, name, &pool_of_far::pool);
            if (found == pools.end()) found = pools.insert(pools.end(), {name, 0, {}});
            found->nodes = std::max(found->nodes, nodes);
            std::ranges::move(far_figures(kind, pool), std::back_inserter(found->figures));
        }
    }
    std::vector<report_table> tables;
    for (auto& pool : pools) tables.push_back(table_of(pool));
    return tables;
}

std::vector<bool> stand_out(std::span<const double> values) {
    std::vector<bool> far(values.size(), false);
    if (values.size() <= handful) return far;
    const double middle = median(values);
    const double spread = mad_to_deviation * median_absolute_deviation(values);
    const double times = 5 + 40 / static_cast<double>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double distance = std::abs(values[i] - middle);
        far[i] = distance > times * spread && distance > tie_margin * std::abs(middle);
    }
    return far;
}

std::vector<report_chart> charts_by_pool(const std::vector<node_chart>& of,
                                         const std::string& between) {
    std::vector<const node_chart*> drawn;
    for (const auto& one : of) {
        if (!one.chart.lines.empty()) drawn.push_back(&one);
    }
    const auto same_pool = [](const node_chart* one, const node_chart* other) {
        return one->pool == other->pool;
    };
    std::vector<report_chart> charts;
    for (const auto& pool : in_groups(std::move(drawn), same_pool)) {
        if (pool.size() > 1) {
            charts.push_back(gathered_chart(pool));
            charts.back().title += between + pool.front()->pool;
        }
        if (pool.size() > handful) continue;
        for (const auto* one : pool) {
            charts.push_back(one->chart);
            charts.back().title += between + one->pool + (one->node.empty() ? "" : " " + one->node);
            charts.back().pool = one->pool;
            charts.back().of_node = pool.size() > 1;
        }
    }
    return charts;
}

std::vector<load_claims> loads_to_show(std::vector<load_claims> loads) {
    const auto asked_alike = [](const load_claims& one, const load_claims& other) {
        return one.server.pool == other.server.pool && one.name() == other.name() &&
               one.closed_loop == other.closed_loop;
    };
    std::vector<load_claims> shown;
    for (auto& alike : in_groups(std::move(loads), asked_alike)) {
        std::set<std::string> nodes;
        for (const auto& one : alike) nodes.insert(one.server.node);
        if (nodes.size() <= handful) {
            std::ranges::move(alike, std::back_inserter(shown));
            continue;
        }
        std::ranges::stable_sort(
            alike, {}, [](const load_claims& load) { return load.rate_that_held().value_or(0); });
        const auto count = std::to_string(nodes.size());
        for (const auto& [share, name] :
             {std::pair{0.25, "lower quartile of "}, std::pair{0.5, "median of "},
              std::pair{0.75, "upper quartile of "}}) {
            auto one = alike[static_cast<std::size_t>(
                std::lround(share * static_cast<double>(alike.size() - 1)))];
            one.server.node += std::string{" ("} + name + count + ")";
            shown.push_back(std::move(one));
        }
    }
    return shown;
}

bool has_many_nodes(std::span<const document> documents) {
    std::map<std::string, std::set<std::string>> pools;
    for (const auto& one : documents) {
        if (const auto machine = machine_of(one))
            pools[machine_name(one)].insert(machine->node.value_or(one.file));
        for (const auto& load : claims_about_load(one))
            pools[load.server.pool].insert(load.server.node);
    }
    return std::ranges::any_of(pools, [](const auto& one) { return one.second.size() > handful; });
}

std::string listed(const std::vector<std::string>& names) {
    const bool many = names.size() > handful;
    const auto shown = many ? std::size_t{2} : names.size();
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += !many && i + 1 == shown ? " and " : ", ";
        text += names[i];
    }
    return text + (many ? " and " + std::to_string(names.size() - shown) + " more" : "");
}

}  // namespace lanewise::bench
