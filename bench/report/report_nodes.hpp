// Nodes of a pool in a report: gathered into figures of their pool, shown one by one where they are
// a handful, and named where they stand out from it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/claims/claims_load.hpp"
#include "report.hpp"

namespace lanewise::bench {

/// Up to so many nodes of a pool are shown one by one. Five numbers sum a pool up (lowest,
/// quartile, median, quartile, highest): of five nodes or fewer, such a summary is no shorter than
/// the nodes.
inline constexpr std::size_t handful = 5;

/// A cell of a node's row: what is shown, and the number behind it, where there is one.
struct node_figure {
    std::string text;
    std::optional<double> value{};
    std::function<std::string(double)> show{};
    bool judged = false;  ///< a node stands out by it

    node_figure(std::string shown) : text{std::move(shown)} {}
    node_figure(const char* shown) : text{shown} {}
    node_figure(double number, std::function<std::string(double)> as, bool stands_out_by = false)
        : text{as(number)}, value{number}, show{std::move(as)}, judged{stands_out_by} {}
};

using node_row = std::vector<node_figure>;

/// "0 rounds"
[[nodiscard]] node_figure rounds_figure(int rounds);

/// "1.2 G/s", by which nodes are judged; where there is none, `otherwise`.
[[nodiscard]] node_figure rate_figure(const std::optional<double>& rate, const std::string& unit,
                                      const std::string& otherwise);
/// "25 %"
[[nodiscard]] node_figure percent_figure(const std::optional<double>& share,
                                         const std::string& otherwise = "not measured");
/// "0.0123"
[[nodiscard]] node_figure number_figure(const std::optional<double>& number,
                                        const std::string& otherwise = "unknown");

/// What one document says of one node.
struct node_rows {
    std::string pool, node, file;
    std::string note{};  ///< of this node alone, before the kind's
    std::vector<node_row> rows{};

    [[nodiscard]] std::string name() const;  ///< "m7g.2xlarge arm64-1"
};

/// The machine of a document, without rows.
[[nodiscard]] node_rows rows_of(const document& from);

/// One kind of table: its first `keys` columns say which of a node's rows belong together.
struct node_tables {
    std::string kind;  ///< "Threads", as in "Threads on m7g.2xlarge"
    std::string note;
    std::vector<std::string> head;
    std::size_t keys = 1;
    std::vector<node_rows> nodes{};
    std::string note_of_pool{};  ///< where it differs from the node's

    [[nodiscard]] const std::string& about_pool() const {
        return note_of_pool.empty() ? note : note_of_pool;
    }
};

/// For each pool of several nodes a table of its medians; for each node of a handful or fewer one
/// of its own.
[[nodiscard]] std::vector<report_table> tables_by_pool(const node_tables& of);

/// One table, whose first column says who: each pool of several nodes as one row first, then a
/// handful of nodes, or none.
[[nodiscard]] report_table rows_by_pool(const node_tables& of, std::string who = "server");

/// The nodes of pools above a handful that lie far from their pool, each with its furthest figure.
[[nodiscard]] std::vector<report_table> nodes_that_stand_out(std::span<const node_tables> of);

/// Which of the values lie further from their median than 5 + 40 ÷ n times the spread (the median
/// absolute deviation, scaled to the standard deviation of a normal distribution), and than the 3 %
/// within which costs count as a tie. The spread of few nodes is known badly, hence the 40 ÷ n.
[[nodiscard]] std::vector<bool> stand_out(std::span<const double> values);

/// Charts of one kind, one a node: for each pool of several nodes one of medians first, then those
/// of a handful of nodes.
struct node_chart {
    std::string pool, node;
    report_chart chart;  ///< its title is the kind: "SMT"
};
[[nodiscard]] std::vector<report_chart> charts_by_pool(const std::vector<node_chart>& of,
                                                       const std::string& between);

/// What was measured of servers; of a pool above a handful the nodes at the quartiles and the
/// median of the rate that held, which say so.
[[nodiscard]] std::vector<load_claims> loads_to_show(std::vector<load_claims> loads);

/// Nodes of each pool, by the documents' machines and the servers that they asked.
[[nodiscard]] bool has_many_nodes(std::span<const document> documents);

/// "a, b and 40 more" of a list above a handful; else all of them.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

}  // namespace lanewise::bench
