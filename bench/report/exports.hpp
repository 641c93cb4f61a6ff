// A document's figures in the formats of other tools.
#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <string>

#include "bench/documents/document.hpp"
#include "bench/documents/http_section.hpp"

namespace lanewise::bench {

/// Google Benchmark's JSON for its compare.py: names without how often a case was repeated, which
/// differs from run to run.
[[nodiscard]] boost::json::value to_google_benchmark(const document& from);

/// github-action-benchmark's customBiggerIsBetter: one entry a kernel, variant and level, and one a
/// URL.
[[nodiscard]] boost::json::value to_action_benchmark(std::span<const document> documents);

/// One line a figure: file,machine,kind,name,variant,level,threads,value,unit,low,high.
[[nodiscard]] std::string to_csv(std::span<const document> documents);

/// What wrk.lua printed (one JSON line, maybe among others) as the one entry of a document's
/// "http", labelled closed-loop. Throws std::invalid_argument that says what is missing.
[[nodiscard]] http_entry from_wrk(const std::string& text);

}  // namespace lanewise::bench
