// A report: what the documents allow to be said, made once and shown by three faces (terminal,
// Markdown, HTML).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "document.hpp"

namespace lanewise::bench {

/// Every cell is text already; from `numbers_from` on, columns are numbers and stand to the right.
struct report_table {
    std::string title;
    std::string note;  ///< how to read it; may be empty
    std::vector<std::string> head;
    std::size_t numbers_from;
    std::vector<std::vector<std::string>> rows;
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
    std::vector<report_source> sources;
};

[[nodiscard]] report make_report(const loaded_documents& from);

/// For a terminal of any width; colour only where the caller knows that it is one.
[[nodiscard]] std::string to_terminal(const report& shown, bool colour);

}  // namespace lanewise::bench
