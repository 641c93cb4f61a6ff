#include "work_reader.hpp"

#include <boost/regex.hpp>
#include <charconv>
#include <stdexcept>

namespace lanewise::bench {

struct work_reader::expression {
    boost::regex compiled;
};

work_reader::work_reader(const std::string& text) try
    : expression_{std::make_unique<expression>(boost::regex{text})} {
} catch (const boost::regex_error& error) {
    throw std::invalid_argument{"--work-from \"" + text +
                                "\" is no regular expression: " + error.what()};
}

work_reader::work_reader(work_reader&&) noexcept = default;
work_reader& work_reader::operator=(work_reader&&) noexcept = default;
work_reader::~work_reader() = default;

std::optional<double> work_reader::read(std::string_view text) const try {
    std::string_view number;
    const auto* begin = text.data();
    const auto* end = begin + text.size();
    for (boost::cregex_iterator match{begin, end, expression_->compiled}, none; match != none;
         ++match) {
        const auto& group = (*match)[match->size() > 1 ? 1 : 0];
        number = {group.first, static_cast<std::size_t>(group.length())};
    }
    double value = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || stop != number.data() + number.size()) return std::nullopt;
    if (!(value > 1e-30 && value < 1e30)) return std::nullopt;
    return value;
} catch (const std::runtime_error&) {
    return std::nullopt;
}

}  // namespace lanewise::bench
