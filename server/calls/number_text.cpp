#include "number_text.hpp"

#include <algorithm>
#include <limits>

namespace lanewise::server::wire {
namespace {

// About the power of ten of a number that no double holds: what tells the tiny from the huge.
long long power_of_ten(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const auto digits = text.substr(0, text.find_first_of("eE"));
    const auto first = digits.find_first_of("123456789");
    if (first == std::string_view::npos) return -1;  // zero, whatever its exponent
    const auto point = std::min(digits.find('.'), digits.size());
    const auto power = static_cast<long long>(point) - static_cast<long long>(first);
    if (digits.size() == text.size()) return power;
    auto exponent = text.substr(digits.size() + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    // Where it is out of range: Boost.JSON 1.81 takes no exponent that an int does not hold, 1.88
    // does.
    long long value = exponent.starts_with('-') ? INT64_MIN / 2 : INT64_MAX / 2;
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    value = std::clamp<long long>(value, INT64_MIN / 2, INT64_MAX / 2);
    return power + value;
}

}  // namespace

bool float_of(std::string_view text, float& out) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error == std::errc()) return rest == text.data() + text.size();
    if (error != std::errc::result_out_of_range) return false;
    // Too small is rounded to zero, as any other number is rounded; too large has no float.
    double wide = 0;
    const auto wide_error = std::from_chars(text.data(), text.data() + text.size(), wide).ec;
    const bool small = wide_error == std::errc() ? wide > -1 && wide < 1 : power_of_ten(text) < 0;
    out = text.front() == '-' ? -0.0F : 0.0F;
    return small;
}

bool special_of(std::string_view text, float& out) {
    if (text == "NaN") return out = std::numeric_limits<float>::quiet_NaN(), true;
    if (text == "Infinity") return out = std::numeric_limits<float>::infinity(), true;
    if (text == "-Infinity") return out = -std::numeric_limits<float>::infinity(), true;
    return false;
}

}  // namespace lanewise::server::wire
