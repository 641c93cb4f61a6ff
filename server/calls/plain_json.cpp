// The quick reader of JSON bodies. It accepts less than JSON, never more; whatever it does not
// expect is left to the strict reader.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "json_reading.hpp"
#include "quick_numbers.hpp"
#include "server/http/syntax.hpp"

namespace lanewise::server::wire {
namespace {

class plain_reader {
public:
    plain_reader(const kernels::kernel& kernel, std::string_view body, std::size_t elements_max,
                 body_pool& pool)
        : kernel_(kernel),
          at_(body.data()),
          end_(body.data() + body.size()),
          elements_max_(elements_max),
          pool_(pool) {
        read_so_far.given.resize(kernel.parameters.size());
        read_so_far.arrays.resize(kernel.inputs.size());
    }

    json_operands read_so_far;

    bool read() {
        if (!take('{')) return false;
        if (!take('}')) {
            do {
                if (!member()) return false;
            } while (take(','));
            if (!take('}')) return false;
        }
        skip_space();
        return at_ == end_;
    }

private:
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    bool take(char wanted) {
        skip_space();
        if (at_ == end_ || *at_ != wanted) return false;
        ++at_;
        return true;
    }

    bool member() {
        if (!take('"')) return false;
        const char* const quote = std::find(at_, end_, '"');
        const std::string_view name(at_, static_cast<std::size_t>(quote - at_));
        if (quote == end_) return false;
        at_ = quote + 1;
        if (!take(':')) return false;
        // No declared name has a quote or a backslash in it: one that has matches none.
        if (take('[')) {
            for (std::size_t i = 0; i < kernel_.inputs.size(); ++i) {
                if (kernel_.inputs[i].name == name)
                    return elements(kernel_.inputs[i], read_so_far.arrays[i]);
            }
        } else {
            for (std::size_t i = 0; i < kernel_.parameters.size(); ++i) {
                if (kernel_.parameters[i].name == name)
                    return parameter(kernel_.parameters[i], read_so_far.given[i]);
            }
        }
        return false;
    }

    bool parameter(const kernels::parameter& which, std::optional<std::uint64_t>& to) {
        std::uint64_t value = 0;
        if (to || !number(value)) return false;
        if (value < which.minimum || value > which.maximum) return false;
        to = value;
        return true;
    }

    bool elements(const kernels::array& array, json_column& column) {
        if (array.dimensions.empty() || std::exchange(column.seen, true)) return false;
        switch (array.type) {
            case kernels::element_type::f32:
                return elements_of<float>(column);
            case kernels::element_type::i8:
                return elements_of<std::int8_t>(column);
            case kernels::element_type::u8:
                return elements_of<std::uint8_t>(column);
            case kernels::element_type::i32:
                return elements_of<std::int32_t>(column);
            case kernels::element_type::u32:
                return elements_of<std::uint32_t>(column);
            case kernels::element_type::i64:
                return elements_of<std::int64_t>(column);
            case kernels::element_type::u64:
                return elements_of<std::uint64_t>(column);
        }
        return false;  // there is no other type
    }

    template <class T>
    bool elements_of(json_column& column) {
        if (take(']')) return true;
        auto* to = reinterpret_cast<T*>(column.memory.data());
        std::size_t room = 0;
        std::size_t count = 0;
        for (;;) {
            if (count == room) {
                // An element takes two bytes of text at least. Memory for many is not asked for
                // before that many have come.
                constexpr std::size_t first_room = 1024;
                const auto most =
                    std::min(elements_max_, count + static_cast<std::size_t>(end_ - at_) / 2);
                if (count == most) return false;
                column.memory.resize(count * sizeof(T));
                const auto wanted = std::min(most, std::max(first_room, 2 * count));
                if (!pool_.grow(column.memory, wanted * sizeof(T))) return false;
                to = reinterpret_cast<T*>(column.memory.data());
                room = std::min(column.memory.capacity() / sizeof(T), elements_max_);
            }
            quick_elements(to, room, count);
            if (count == room) continue;
            if (!number(to[count])) return false;
            ++count;
            if (take(',')) continue;
            if (!take(']')) return false;
            column.memory.resize(count * sizeof(T));
            column.elements = count;
            return true;
        }
    }

    // Elements as long as each is plain, within what is left of the text, and a comma follows it.
    template <class T>
    void quick_elements(T* to, std::size_t room, std::size_t& count) {
        const char* at = at_;  // in a register: each number begins where the last one ended
        while (count != room && end_ - at >= quick_numbers::readable_bytes) {
            if (*at == ' ') ++at;
            const char* const rest = quick_numbers::read(at, to[count]);
            if (rest == nullptr || *rest != ',') break;
            at = rest + 1;
            ++count;
        }
        at_ = at;
    }

    // The end of a whole number that begins here as JSON has it (RFC 8259, 6), which is less than
    // from_chars takes: no 01, no .5, no inf. Null where none does.
    [[nodiscard]] const char* whole_number_end() const {
        const char* at = at_;
        if (at != end_ && *at == '-') ++at;
        if (at == end_ || !syntax::is_digit(*at)) return nullptr;
        const char* const first = at;
        do ++at;
        while (at != end_ && syntax::is_digit(*at));
        return *first != '0' || at - first == 1 ? at : nullptr;
    }

    // What follows a number, a point behind a whole one too, is looked at by whoever asked for it.
    template <class T>
    bool number(T& to) {
        skip_space();
        const char* const end = whole_number_end();
        if (end == nullptr) return false;
        if constexpr (std::is_same_v<T, float>) {
            // No 5. either.
            if (end != end_ && *end == '.' && (end + 1 == end_ || !syntax::is_digit(end[1])))
                return false;  // and nothing is cut off
        }
        const auto [rest, error] = std::from_chars(at_, end_, to);
        if (error != std::errc()) return false;
        at_ = rest;
        return true;
    }

    const kernels::kernel& kernel_;
    const char* at_;
    const char* const end_;
    const std::size_t elements_max_;
    body_pool& pool_;
};

}  // namespace

std::optional<json_operands> read_plainly(const kernels::kernel& kernel, std::string_view body,
                                          std::size_t elements_max, body_pool& pool) {
    plain_reader reader(kernel, body, elements_max, pool);
    if (!reader.read()) return std::nullopt;
    return std::move(reader.read_so_far);
}

}  // namespace lanewise::server::wire
