// A report: what the documents allow to be said, made once and shown by three faces (terminal,
// Markdown, HTML).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/claims/prices.hpp"
#include "bench/documents/document.hpp"

namespace lanewise::bench {

/// Every cell is text already; from `numbers_from` on, columns are numbers and stand to the right.
struct report_table {
    std::string title;
    std::string note;  ///< how to read it; may be empty
    std::vector<std::string> head;
    std::size_t numbers_from;
    std::vector<std::vector<std::string>> rows;
    std::string pool = {};  ///< that it is about; empty: about all of them
    bool of_node = false;   ///< about one of the pool's nodes: HTML folds it
};

/// A line or bar chart. Points of one series lie at its own x; bars share labels.
struct report_chart {
    struct series {
        std::string name;
        std::vector<double> x, y;
        std::vector<double> low, high;  ///< 95 % interval of each y; empty: none
        bool bound = false;             ///< what the others can't pass: drawn without points
    };
    std::string title, note, x_axis, y_axis;
    bool logarithmic = false;         ///< both axes
    std::vector<std::string> labels;  ///< of bars; empty: lines
    std::vector<series> lines;
    std::string pool = {};  ///< as a table's
    bool of_node = false;
};

/// One document that the report was made from.
struct report_source {
    std::string file;
    std::string sha256;
    std::string made;  ///< when, and by which commit
    std::string command;
};

struct report {
    std::string verdict;     ///< one sentence
    bool synthetic = false;  ///< some document was not measured: every face says so, everywhere
    std::vector<std::string> warnings;  ///< whole sentences
    std::vector<report_table> tables;
    std::vector<report_chart> charts;
    std::vector<report_source> sources;
    bool many_nodes = false;  ///< in some pool more than a handful: sources are shown in short
    std::string command;      ///< that makes this report again
};

/// `today` (RFC 3339) is what prices' ages count from.
[[nodiscard]] report make_report(const loaded_documents& from,
                                 const price_table& prices = price_table::built_in(),
                                 std::string_view today = utc_now());

/// For a terminal of any width; colour only where the caller knows that it is one.
[[nodiscard]] std::string to_terminal(const report& shown, bool colour);

/// For the summary of a CI job: below 1 MiB.
[[nodiscard]] std::string to_markdown(const report& shown);

/// One file that needs nothing else: charts by Chart.js, which is part of the program, each with
/// its table.
[[nodiscard]] std::string to_html(const report& shown);

}  // namespace lanewise::bench
