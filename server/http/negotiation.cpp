#include "negotiation.hpp"

#include <algorithm>
#include <optional>

#include "field_lists.hpp"
#include "syntax.hpp"

namespace lanewise::server {
namespace {

// "q" of RFC 9110, 12.4.2, in thousandths. A weight that is malformed counts as 1: the client asked
// for the type.
int weight_of(std::string_view text) {
    if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return 1'000;
    int thousandths = (text[0] - '0') * 1'000;
    if (text.size() > 1 && text[1] != '.') return 1'000;
    int unit = 100;
    for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
        if (!syntax::is_digit(text[i])) return 1'000;
        thousandths += (text[i] - '0') * unit;
    }
    return std::min(thousandths, 1'000);
}

struct range {
    std::string_view value;
    int weight = 1'000;
    std::optional<std::string_view> version{};
};

// "value;version=1;q=0.5": no other parameter tells our offers apart.
range next_range(std::string_view& text) {
    auto item = next_element(text);
    range result{.value = next_item(item, ';')};
    for (std::string_view name, value; next_parameter(item, name, value);) {
        if (syntax::equal_ignoring_case(name, "q")) result.weight = weight_of(value);
        if (syntax::equal_ignoring_case(name, "version")) result.version = value;
    }
    return result;
}

std::string_view without_quotes(std::string_view text) {
    const bool quoted = text.starts_with('"') && text.ends_with('"');
    return quoted ? text.substr(1, text.size() - 2) : text;
}

// 3 for the type itself, 2 for its family, 1 for */*, 0 for another type.
int precision(std::string_view value, std::string_view offer) {
    if (syntax::equal_ignoring_case(value, offer)) return 3;
    if (value == "*/*" || value == "*") return 1;
    const auto slash = offer.find('/');
    const bool family = value.size() == slash + 2 && value.ends_with("/*") &&
                        syntax::equal_ignoring_case(value.substr(0, slash), offer.substr(0, slash));
    return family ? 2 : 0;
}

bool holds(std::string_view list, std::string_view tag, bool weakly) {
    if (syntax::trimmed(list) == "*") return true;
    while (!list.empty()) {
        auto item = next_element(list, quoting::tags);
        if (weakly && item.starts_with("W/")) item.remove_prefix(2);
        if (item == tag && !tag.empty()) return true;
    }
    return false;
}

}  // namespace

int best_media_type(std::string_view accept, std::span<const std::string_view> offers) {
    if (syntax::trimmed(accept).empty()) return 0;
    int best = -1;
    int best_weight = 0;
    for (std::size_t i = 0; i < offers.size(); ++i) {
        int weight = 0;
        int closest = 0;
        for (auto rest = accept; !rest.empty();) {
            const auto wanted = next_range(rest);
            const int close = precision(wanted.value, offers[i].substr(0, offers[i].find(';')));
            if (close > closest) {
                closest = close;
                weight = wanted.weight;
            }
        }
        if (weight > best_weight) {
            best_weight = weight;
            best = static_cast<int>(i);
        }
    }
    return best;
}

version_weights weights_of(std::string_view accept, std::string_view type,
                           std::string_view version) {
    version_weights found;
    int closest = 0;
    for (auto rest = accept; !rest.empty();) {
        const auto wanted = next_range(rest);
        const int close = precision(wanted.value, type);
        const bool fits = !wanted.version || without_quotes(*wanted.version) == version;
        if (!fits || close == 0) continue;
        if (close == 3) found.named = std::max(found.named, wanted.weight);
        if (close > closest || (close == closest && wanted.weight > found.any)) {
            closest = close;
            found.any = wanted.weight;
        }
    }
    return found;
}

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
    int weight = 0;
    for (auto rest = accept_encoding; !rest.empty();) {
        const auto wanted = next_range(rest);
        if (syntax::equal_ignoring_case(wanted.value, coding)) return wanted.weight > 0;
        if (wanted.value == "*") weight = wanted.weight;
    }
    return weight > 0;
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
    return holds(if_none_match, tag, true);
}

bool names_tag_strongly(std::string_view if_match, std::string_view tag) {
    return holds(if_match, tag, false);
}

}  // namespace lanewise::server
