// A document as lanewise-job prints it into a pod's log.
#pragma once

#include <cstddef>
#include <string>

#include "bench/cluster/web_challenges.hpp"
#include "bench/documents/sha256.hpp"

namespace lanewise::bench::cluster {

/// Its length and digest, the document in lines as `base64` makes them, and a last line.
inline std::string printed(const std::string& document) {
    constexpr std::size_t letters_a_line = 76;
    const auto letters = base64_of(document);
    std::string log = "lanewise-document bytes=" + std::to_string(document.size()) +
                      " sha256=" + sha256_hex(document) + "\n";
    for (std::size_t i = 0; i < letters.size(); i += letters_a_line)
        log += letters.substr(i, letters_a_line) + "\n";
    return log + "lanewise-document end\n";
}

}  // namespace lanewise::bench::cluster
