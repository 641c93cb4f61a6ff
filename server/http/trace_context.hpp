// The two fields of W3C Trace Context, level 1: which of them are well formed, and what goes on.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "field_lists.hpp"
#include "syntax.hpp"

namespace lanewise::server {

/// A traceparent as version 00 writes it; empty where none came, or a malformed one.
class trace_parent {
public:
    static constexpr std::string_view shape =
        "00-00000000000000000000000000000000-0000000000000000-00";

    constexpr trace_parent() = default;

    /// Of a later version the first four fields are read, and the flag that version 00 knows
    /// (3.2.4 of the recommendation: "Versioning of traceparent").
    constexpr explicit trace_parent(std::string_view field) {
        if (!is_well_formed(field)) return;
        field.copy(text_.data(), shape.size());
        present_ = true;
        if (field.starts_with("00")) return;
        const bool sampled = (syntax::hex_value(text_[shape.size() - 1]) & 1) != 0;
        text_[0] = text_[1] = text_[shape.size() - 2] = '0';
        text_[shape.size() - 1] = sampled ? '1' : '0';
    }

    [[nodiscard]] constexpr bool empty() const { return !present_; }
    [[nodiscard]] constexpr std::string_view text() const {
        return present_ ? std::string_view(text_.data(), text_.size()) : std::string_view();
    }

private:
    // Version, trace, parent and flags in lower-case hexadecimal. A later version may add fields
    // behind one more dash.
    static constexpr bool is_well_formed(std::string_view text) {
        if (text.size() < shape.size() || text.starts_with("ff")) return false;
        const bool longer = text.size() > shape.size();
        if (longer && (text.starts_with("00") || text[shape.size()] != '-')) return false;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            const bool fits = shape[i] == '-'
                                  ? text[i] == '-'
                                  : syntax::is_hex(text[i]) && syntax::lower(text[i]) == text[i];
            if (!fits) return false;
        }
        return text.substr(3, 32).find_first_not_of('0') != text.npos &&
               text.substr(36, 16).find_first_not_of('0') != text.npos;
    }

    std::array<char, shape.size()> text_{};
    bool present_ = false;
};

namespace trace_state {

/// Members of a list (3.3.1.1); a longer list is dropped.
inline constexpr std::size_t members_max = 32;

constexpr bool is_lower_letter(char c) {
    return c >= 'a' && c <= 'z';
}

constexpr bool are_key_characters(std::string_view text) {
    for (const char c : text) {
        if (!is_lower_letter(c) && !syntax::is_digit(c) && c != '_' && c != '-' && c != '*' &&
            c != '/')
            return false;
    }
    return true;
}

/// A name of 256 characters at most, or a tenant of 241 and its system of 14.
constexpr bool is_key(std::string_view text) {
    const auto at = text.find('@');
    if (at == text.npos) {
        return !text.empty() && text.size() <= 256 && is_lower_letter(text[0]) &&
               are_key_characters(text);
    }
    const auto tenant = text.substr(0, at), system = text.substr(at + 1);
    return !tenant.empty() && tenant.size() <= 241 && are_key_characters(tenant) &&
           (is_lower_letter(tenant[0]) || syntax::is_digit(tenant[0])) && !system.empty() &&
           system.size() <= 14 && is_lower_letter(system[0]) && are_key_characters(system);
}

/// Visible characters and inner spaces, but for the two that part members and keys.
constexpr bool is_value(std::string_view text) {
    if (text.empty() || text.size() > 256 || text.back() == ' ') return false;
    for (const char c : text) {
        if (c < ' ' || c > '~' || c == ',' || c == '=') return false;
    }
    return true;
}

/// Whether the lines of a tracestate, joined by commas, hold a list and at least one member.
/// Members may be empty; keys that are there twice are their writers' matter.
constexpr bool is_well_formed(std::string_view text) {
    std::size_t members = 0;
    while (!text.empty()) {
        const auto member = next_item(text, ',', quoting::none);
        if (member.empty()) continue;
        const auto equals = member.find('=');
        if (equals == member.npos || !is_key(member.substr(0, equals)) ||
            !is_value(member.substr(equals + 1)) || ++members > members_max)
            return false;
    }
    return members > 0;
}

}  // namespace trace_state

/// A request that its client records: its trace, and the client's span that asked.
struct sampled_trace {
    static constexpr std::size_t trace_digits = 32, span_digits = 16;
    std::array<char, trace_digits> trace;
    std::array<char, span_digits> span;
};

/// By the lines of a reply (write_trace_fields); nothing where no trace came, or an unrecorded one.
inline std::optional<sampled_trace> sampled_in(std::string_view fields) {
    constexpr std::string_view name = "traceparent: ";
    if (!fields.starts_with(name)) return std::nullopt;
    fields.remove_prefix(name.size());
    if ((syntax::hex_value(fields[trace_parent::shape.size() - 1]) & 1) == 0) return std::nullopt;
    sampled_trace found;
    fields.copy(found.trace.data(), found.trace.size(), 3);
    fields.copy(found.span.data(), found.span.size(), 36);
    return found;
}

/// Sets the lines of a reply by which the trace comes along.
inline void write_trace_fields(std::string& fields, const trace_parent& parent,
                               std::string_view state) {
    fields.assign("traceparent: ").append(parent.text()).append("\r\n");
    if (trace_state::is_well_formed(state))
        fields.append("tracestate: ").append(state).append("\r\n");
}

}  // namespace lanewise::server
