// The composed documents of bench/examples, in the order of their names.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/documents/document.hpp"

namespace lanewise::bench {

inline std::vector<document> example_documents() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{LANEWISE_EXAMPLES}) {
        if (entry.path().filename().string().starts_with("synthetic-"))
            files.push_back(entry.path().string());
    }
    std::ranges::sort(files);
    auto read = load_documents(files);
    for (const auto& bad : read.bad) FAIL(bad.sentence());
    return std::move(read.documents);
}

}  // namespace lanewise::bench
