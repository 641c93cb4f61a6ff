// Numbers and spans of time as a sentence has them.
#pragma once

#include <sstream>
#include <string>

namespace lanewise::bench::cluster {

/// "2", "0.5"
[[nodiscard]] inline std::string number_in_words(double number) {
    std::ostringstream text;
    text.precision(6);
    text << number;
    return text.str();
}

/// "1 s", "0.5 s", "300 s"
[[nodiscard]] inline std::string span_in_words(double seconds) {
    return number_in_words(seconds) + " s";
}

}  // namespace lanewise::bench::cluster
