#include "number_within.hpp"

#include <array>
#include <charconv>
#include <string>
#include <system_error>

namespace lanewise::bench {
namespace {

/// "10000000", never "1e+07".
std::string in_decimal(double number) {
    std::array<char, 64> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    return {text.data(), end.ptr};
}

template <class Number>
CLI::Validator within(Number least, Number most, const std::string& kind, const std::string& low,
                      const std::string& high) {
    return CLI::Validator{[=](const std::string& text) {
                              Number value{};
                              const auto* const end = text.data() + text.size();
                              const auto [stop, error] = std::from_chars(text.data(), end, value);
                              const bool fits = error == std::errc{} && stop == end &&
                                                value >= least && value <= most;
                              return fits ? std::string{}
                                          : "\"" + text + "\" is no " + kind + " from " + low +
                                                " to " + high;
                          },
                          // As plain_help reads it.
                          "NUMBER in [" + low + " - " + high + "]", ""};
}

}  // namespace

CLI::Validator number_within(double least, double most) {
    return within(least, most, "number", in_decimal(least), in_decimal(most));
}

CLI::Validator whole_number_within(long long least, long long most) {
    return within(least, most, "whole number", std::to_string(least), std::to_string(most));
}

}  // namespace lanewise::bench
