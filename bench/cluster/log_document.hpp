// The document that lanewise-job printed into a pod's log: whole, or why not.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace lanewise::bench::cluster {

struct log_fault {
    std::string why;  ///< "the document is cut short"
};

/// The document's bytes, where their length and hash are those that the log announces.
[[nodiscard]] std::variant<std::string, log_fault> document_in(std::string_view log);

/// The last line that says anything; what a program that failed complained about.
[[nodiscard]] std::string last_words(std::string_view log);

}  // namespace lanewise::bench::cluster
