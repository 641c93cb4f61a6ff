#include "chunk_decoder.hpp"

#include <algorithm>

#include "syntax.hpp"

namespace lanewise::server {
namespace {

constexpr bool is_space(char c) {
    return c == ' ' || c == '\t';
}

// VCHAR, obs-text, space or tab: what quoted strings and field values hold.
constexpr bool is_text(char c) {
    return static_cast<unsigned char>(c) >= ' ' ? c != '\x7f' : c == '\t';
}

// A 64-bit number in full: clients that write sizes of a fixed width are not charged for zeros.
constexpr std::size_t size_digits_free = 16;

}  // namespace

outcome<chunk_decoder::step> chunk_decoder::next(std::string_view bytes) {
    step result;
    while (result.consumed < bytes.size() && state_ != state::done) {
        if (state_ == state::data) {
            const auto left = bytes.size() - result.consumed;
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size_, left));
            result.data = bytes.substr(result.consumed, count);
            result.consumed += count;
            size_ -= count;
            if (size_ == 0) state_ = state::data_cr;
            return result;
        }
        const bool in_trailer = state_ >= state::trailer_line;
        const auto before = state_;
        if (!take(bytes[result.consumed++])) {
            return problem{400, in_trailer ? "the trailer of the chunked body is malformed"
                                           : "the chunked body is malformed: a chunk is its size "
                                             "in hexadecimal, CR LF, as "
                                             "many bytes, CR LF"};
        }
        if (is_needed(before)) {
            ++framing_;
        } else {
            ++overhead_;
        }
        if (auto why = over_limit(in_trailer)) return std::move(*why);
        if (is_mostly_framing()) return result;
    }
    return result;
}

bool chunk_decoder::is_needed(state before) const {
    switch (before) {
        case state::size:
            return state_ == state::size_lf ||
                   (state_ == state::size && length_ <= size_digits_free);
        case state::size_lf:
        case state::data_cr:
        case state::data_lf:
        case state::last_lf:
            return true;
        default:
            return state_ == state::size_lf || state_ == state::last_lf;
    }
}

std::optional<problem> chunk_decoder::over_limit(bool in_trailer) const {
    const auto bytes = [](std::size_t most, const char* flag) {
        return std::to_string(most) + " bytes (" + flag + ")";
    };
    if (in_trailer && length_ > limits_.trailer_bytes_max) {
        return problem{431, "the trailer is larger than " +
                                bytes(limits_.trailer_bytes_max, "--trailer-bytes-max")};
    }
    if (!in_trailer && length_ > limits_.chunk_head_bytes_max) {
        return problem{400, "a chunk's size and extensions are larger than " +
                                bytes(limits_.chunk_head_bytes_max, "--chunk-head-bytes-max")};
    }
    if (overhead_ > limits_.overhead_bytes_max) {
        return problem{413,
                       "the chunked body's extensions, padding and trailer together are "
                       "larger than " +
                           bytes(limits_.overhead_bytes_max, "--chunk-overhead-bytes-max")};
    }
    return std::nullopt;
}

bool chunk_decoder::take(char c) {
    ++length_;
    switch (state_) {
        case state::size:
            if (syntax::is_hex(c)) {
                name_begun_ = true;
                if (size_ >> 56 != 0) return false;  // more bytes than any limit on bodies
                size_ = size_ * 16 + static_cast<unsigned>(syntax::hex_value(c));
                return true;
            }
            if (!name_begun_) return false;
            name_begun_ = false;
            state_ = state::after_size;
            return take_extension(c);
        case state::size_lf:
            if (c != '\n') return false;
            state_ = size_ > 0 ? state::data : state::trailer_line;
            length_ = 0;
            return true;
        case state::data_cr:
            state_ = state::data_lf;
            return c == '\r';
        case state::data_lf:
            state_ = state::size;
            name_begun_ = false;
            size_ = length_ = 0;
            return c == '\n';
        case state::trailer_line:
        case state::trailer_name:
        case state::trailer_value:
        case state::trailer_lf:
        case state::last_lf:
            return take_trailer(c);
        default:
            return take_extension(c);
    }
}

// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
bool chunk_decoder::take_extension(char c) {
    const bool ends = c == '\r' || c == ';' || is_space(c);
    const auto end_of_extension = [&] {
        state_ = c == '\r'  ? state::size_lf
                 : c == ';' ? state::extension_name
                            : state::after_extension;
        name_begun_ = is_space(
            c);  // in after_extension: white space, which only another extension may follow
        return true;
    };
    switch (state_) {
        case state::after_size:
            // Space has to be followed by an extension: "5 \r\n" is refused.
            if (c == '\r') state_ = state::size_lf;
            if (c == ';') state_ = state::extension_name;
            if (is_space(c)) state_ = state::after_extension_name;
            return ends;
        case state::extension_name:
            if (syntax::is_token(c)) return name_begun_ = true;
            if (is_space(c) && !name_begun_) return true;
            if (!name_begun_) return false;
            [[fallthrough]];
        case state::after_extension_name:
            if (c == '=' && name_begun_) {
                state_ = state::extension_value;
                return true;
            }
            if (is_space(c)) {
                state_ = state::after_extension_name;
                return true;
            }
            return (c == ';' || (c == '\r' && name_begun_ && state_ == state::extension_name)) &&
                   end_of_extension();
        case state::extension_value:
            if (is_space(c)) return true;
            state_ = c == '"' ? state::extension_quoted : state::extension_token;
            return c == '"' || syntax::is_token(c);
        case state::extension_token:
            return syntax::is_token(c) || (ends && end_of_extension());
        case state::extension_quoted:
            if (c == '"') state_ = state::after_extension, name_begun_ = false;
            if (c == '\\') state_ = state::extension_escaped;
            return is_text(c);
        case state::extension_escaped:
            state_ = state::extension_quoted;
            return is_text(c);
        default:  // state::after_extension
            if (is_space(c)) return name_begun_ = true;
            return (c == ';' || (c == '\r' && !name_begun_)) && end_of_extension();
    }
}

bool chunk_decoder::take_trailer(char c) {
    switch (state_) {
        case state::trailer_line:
            if (c == '\r') {
                state_ = state::last_lf;
                return true;
            }
            state_ = state::trailer_name;
            return syntax::is_token(c);
        case state::trailer_name:
            if (c == ':') {
                state_ = state::trailer_value;
                return true;
            }
            return syntax::is_token(c);
        case state::trailer_value:
            if (c == '\r') {
                state_ = state::trailer_lf;
                return true;
            }
            return is_text(c);
        case state::trailer_lf:
            state_ = state::trailer_line;
            return c == '\n';
        default:  // state::last_lf
            state_ = state::done;
            return c == '\n';
    }
}

}  // namespace lanewise::server
