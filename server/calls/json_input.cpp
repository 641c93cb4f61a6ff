// The JSON side of wire.hpp, and its strict reader: an object of names and numbers, read as it
// streams, without a tree of values.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cstring>
#include <optional>
#include <span>

#include "json_reading.hpp"
#include "number_text.hpp"
#include "server/http/syntax.hpp"

namespace lanewise::server::wire {
namespace {

namespace json = boost::json;
using boost::system::error_code;

// Takes the parser's events. Every refusal sets wrong_ and ends the parse.
class reader {
public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = 64;
    static constexpr std::size_t max_string_size = 64;

    /// `read` is the text that is parsed, `sent` what it was made from, place by place.
    reader(const kernels::kernel& of, std::size_t most, body_pool& from, std::string_view read,
           std::string_view sent)
        : given(of.parameters.size()),
          arrays(of.inputs.size()),
          kernel_(of),
          elements_max_(most),
          pool_(from),
          read_(read),
          sent_(sent) {}

    std::optional<problem> wrong;
    given_parameters given;
    few<json_column> arrays;

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code& error) {
        if (depth_++ == 0) return true;
        return refuse("an object can't stand here: " + wanted_json(kernel_), error);
    }
    bool on_object_end(std::size_t, error_code&) { return --depth_, true; }
    bool on_key_part(std::string_view part, std::size_t, error_code&) {
        return key_.append(part), true;
    }
    bool on_key(std::string_view part, std::size_t, error_code& error) {
        key_.append(part);
        name_ = std::exchange(key_, {});
        column_ = nullptr;
        parameter_ = -1;
        const auto array = std::ranges::find(kernel_.inputs, name_, &kernels::array::name);
        const auto which = std::ranges::find(kernel_.parameters, name_, &kernels::parameter::name);
        bool twice = false;
        if (array != kernel_.inputs.end()) {
            column_ = &arrays[static_cast<std::size_t>(array - kernel_.inputs.begin())];
            array_ = &*array;
            twice = std::exchange(column_->seen, true);
        } else if (which != kernel_.parameters.end()) {
            parameter_ = static_cast<int>(which - kernel_.parameters.begin());
            twice = given[static_cast<std::size_t>(parameter_)].has_value();
        } else {
            return refuse("this name is not one of " + wanted_json(kernel_), error);
        }
        return !twice || refuse("the name is there twice", error);
    }
    bool on_array_begin(error_code& error) {
        if (++depth_ == 2 && column_ != nullptr && !array_->dimensions.empty()) return true;
        return refuse("an array can't stand here: " + wanted_json(kernel_), error);
    }
    bool on_array_end(std::size_t, error_code&) { return --depth_, true; }
    bool on_string_part(std::string_view part, std::size_t, error_code&) {
        return string_.append(part), true;
    }
    bool on_string(std::string_view part, std::size_t, error_code& error) {
        string_.append(part);
        const auto text = std::exchange(string_, {});
        float value = 0;
        if (place_ok() && array_->type == kernels::element_type::f32 && special_of(text, value)) {
            return append(value, error);
        }
        return refuse(
            R"(a string can't stand here, save "NaN", "Infinity" and "-Infinity" for an f32)",
            error);
    }
    bool on_number_part(std::string_view part, error_code&) { return number_.append(part), true; }
    bool on_int64(std::int64_t, std::string_view text, error_code& error) {
        return take_number(text, error);
    }
    bool on_uint64(std::uint64_t, std::string_view text, error_code& error) {
        return take_number(text, error);
    }
    bool on_double(double, std::string_view text, error_code& error) {
        return take_number(text, error);
    }
    bool on_bool(bool, error_code& error) {
        return refuse("true and false can't stand here: " + wanted_json(kernel_), error);
    }
    bool on_null(error_code& error) {
        return refuse("null can't stand here: " + wanted_json(kernel_), error);
    }
    bool on_comment_part(std::string_view, error_code&) { return true; }
    bool on_comment(std::string_view, error_code&) { return true; }

private:
    // Whether an element may stand here: in an array parameter, or after the name of a scalar.
    [[nodiscard]] bool place_ok() const {
        return column_ != nullptr && depth_ == (array_->dimensions.empty() ? 1 : 2);
    }

    bool refuse(std::string why, error_code& error) {
        std::string pointer = "/";
        for (const char c : name_) {
            if (c == '~') {
                pointer += "~0";
            } else if (c == '/') {
                pointer += "~1";
            } else {
                pointer += c;
            }
        }
        if (name_.empty()) pointer.clear();
        if (column_ != nullptr && depth_ >= 2) pointer += "/" + std::to_string(column_->elements);
        wrong = problem{422, (pointer.empty() ? "" : pointer + ": ") + std::move(why), pointer};
        error = json::error::syntax;
        return false;
    }

    bool take_number(std::string_view last_part, error_code& error) {
        std::string joined;
        std::string_view text = last_part;
        if (!number_.empty()) text = joined = std::exchange(number_, {}).append(last_part);
        if (parameter_ >= 0 && depth_ == 1) {
            const auto value = parse_parameter(
                kernel_.parameters[static_cast<std::size_t>(parameter_)], as_sent(text));
            if (!value) return refuse(value.error().detail, error);
            given[static_cast<std::size_t>(parameter_)] = *value;
            return true;
        }
        if (!place_ok()) return refuse("a number can't stand here: " + wanted_json(kernel_), error);
        switch (array_->type) {
            case kernels::element_type::f32:
                return parse<float>(text, error);
            case kernels::element_type::i8:
                return parse<std::int8_t>(text, error);
            case kernels::element_type::u8:
                return parse<std::uint8_t>(text, error);
            case kernels::element_type::i32:
                return parse<std::int32_t>(text, error);
            case kernels::element_type::u32:
                return parse<std::uint32_t>(text, error);
            case kernels::element_type::i64:
                return parse<std::int64_t>(text, error);
            case kernels::element_type::u64:
                return parse<std::uint64_t>(text, error);
        }
        return false;  // there is no other type
    }

    template <class T>
    bool parse(std::string_view text, error_code& error) {
        T value = 0;
        bool ok = false;
        if constexpr (std::is_same_v<T, float>) {
            ok = float_of(text, value);
        } else {
            ok = integer_of(text, value);
        }
        if (!ok) {
            return refuse(std::string{as_sent(text).substr(0, 64)} +
                              " does not fit an element of type " +
                              std::string{kernels::element_name(array_->type)},
                          error);
        }
        return append(value, error);
    }

    [[nodiscard]] std::string_view as_sent(std::string_view text) const {
        const auto at = static_cast<std::size_t>(text.data() - read_.data());
        return at < read_.size() ? sent_.substr(at, text.size()) : text;
    }

    template <class T>
    bool append(T value, error_code& error) {
        if (column_->elements == elements_max_) {
            return refuse(
                "more than " + std::to_string(elements_max_) + " elements (--elements-max)", error);
        }
        auto& memory = column_->memory;
        const auto at = column_->elements * sizeof(T);
        if (at + sizeof(T) > memory.capacity()) {
            if (auto grown = pool_.grow(memory, at + sizeof(T)); !grown) {
                wrong = grown.error();
                error = json::error::syntax;
                return false;
            }
        }
        std::memcpy(memory.data() + at, &value, sizeof(T));
        memory.resize(at + sizeof(T));
        ++column_->elements;
        return true;
    }

    const kernels::kernel& kernel_;
    const std::size_t elements_max_;
    body_pool& pool_;
    const std::string_view read_, sent_;
    int depth_ = 0;
    std::string key_, name_, string_, number_;
    json_column* column_ = nullptr;          // whose values are being read
    const kernels::array* array_ = nullptr;  // what that is
    int parameter_ = -1;
};

// The one parameter that sizes an array alone, found from that array's length.
void find_by_length(const kernels::kernel& kernel, const few<json_column>& arrays,
                    given_parameters& given) {
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        std::size_t known = 1;
        int unknown = -1;
        bool one = true;
        for (const auto& factor : kernel.inputs[i].dimensions) {
            const auto index = static_cast<std::size_t>(factor.parameter);
            if (factor.parameter < 0) {
                known *= factor.constant;
            } else if (given[index]) {
                known *= *given[index];
            } else {
                one = unknown < 0;
                unknown = factor.parameter;
            }
        }
        if (unknown >= 0 && one && known > 0 && arrays[i].elements % known == 0) {
            given[static_cast<std::size_t>(unknown)] = arrays[i].elements / known;
        }
    }
}

// Boost.JSON counts an exponent in an int and calls a larger one an error, while JSON bounds none
// (RFC 8259, 6). Each that has more than nine digits becomes 999,999,999: that is as far beyond any
// double, unless as many digits stand before it. No byte changes its place.
void shorten_exponents(std::span<char> text) {
    constexpr std::size_t digits_max = 9;
    bool within_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (within_string) {
            if (c == '\\') ++i;
            within_string = c != '"';
            continue;
        }
        within_string = c == '"';
        if (c != 'e' && c != 'E') continue;
        auto begin = i + 1;
        if (begin < text.size() && (text[begin] == '+' || text[begin] == '-')) ++begin;
        auto end = begin;
        while (end < text.size() && syntax::is_digit(text[end])) ++end;
        if (end - begin > digits_max) {
            const auto leading = text.subspan(begin, end - begin - digits_max);
            if (std::ranges::any_of(leading, [](char digit) { return digit != '0'; })) {
                std::ranges::fill(leading, '0');
                std::ranges::fill(text.subspan(end - digits_max, digits_max), '9');
            }
        }
        i = end - 1;
    }
}

}  // namespace

std::string wanted_json(const kernels::kernel& kernel) {
    std::string text = "an object with";
    const char* separator = " ";
    for (const auto& array : kernel.inputs) {
        text.append(separator)
            .append(array.name)
            .append(array.dimensions.empty() ? " (" : " (array of ");
        text.append(kernels::element_name(array.type)).append(")");
        separator = ", ";
    }
    return text;
}

outcome<json_operands> read_strictly(const kernels::kernel& kernel, std::string_view body,
                                     std::size_t elements_max, body_pool& pool) {
    json::parse_options options;
    options.max_depth = 8;
    std::optional<json::basic_parser<reader>> parser;
    error_code error;
    std::size_t read = 0;
    const auto parse = [&](std::string_view text) {
        error = {};
        parser.emplace(options, kernel, elements_max, pool, text, body);
        read = parser->write_some(false, text.data(), text.size(), error);
    };
    parse(body);
    body_buffer shortened;
    if (error == json::error::exponent_overflow) {
        auto memory = pool.take(body.size());
        if (!memory) return memory.error();
        shortened = std::move(*memory);
        auto* const copy = reinterpret_cast<char*>(shortened.data());
        std::ranges::copy(body, copy);
        shorten_exponents({copy, body.size()});
        parse({copy, body.size()});
    }
    auto& handler = parser->handler();
    if (handler.wrong) return std::move(*handler.wrong);
    if (error || read < body.size()) {
        return problem{400, "the body is no valid JSON text: " +
                                (error ? error.message() : "more follows its end") + " at byte " +
                                std::to_string(read) + "; it has to be " + wanted_json(kernel)};
    }
    return json_operands{std::move(handler.given), std::move(handler.arrays)};
}

outcome<operands> from_json(const kernels::kernel& kernel, const given_parameters& given,
                            std::string_view body, std::size_t elements_max, body_pool& pool) {
    auto plain = read_plainly(kernel, body, elements_max, pool);
    if (!plain) {
        auto judged = read_strictly(kernel, body, elements_max, pool);
        if (!judged) return judged.error();
        plain = std::move(*judged);
    }
    auto& columns = plain->arrays;
    const auto& sent = plain->given;
    for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
        if (!columns[i].seen) {
            const std::string pointer = "/" + std::string{kernel.inputs[i].name};
            return problem{422, pointer + " is missing: the body has to be " + wanted_json(kernel),
                           pointer};
        }
    }
    auto known = given;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (!sent[i]) continue;
        if (known[i] && known[i] != sent[i]) {
            const std::string pointer = "/" + std::string{kernel.parameters[i].name};
            return problem{422, pointer + " is another number than in the query", pointer};
        }
        known[i] = sent[i];
    }
    find_by_length(kernel, columns, known);
    auto sizes = complete(kernel, known);
    if (!sizes) return sizes.error();

    operands result;
    for (std::size_t i = 0; i < kernel.inputs.size(); ++i) {
        const auto& array = kernel.inputs[i];
        const auto wanted = kernels::extent(array.dimensions, *sizes);
        auto& column = columns[i];
        if (column.elements != wanted) {
            const std::string pointer = "/" + std::string{array.name};
            return problem{422,
                           pointer + " has " + std::to_string(column.elements) +
                               " elements; the other arrays and the " + "parameters ask for " +
                               std::to_string(wanted),
                           pointer};
        }
        result.inputs.push_back(column.memory.data());
        result.memory.push_back(std::move(column.memory));
    }
    result.sizes = std::move(*sizes);
    return result;
}

}  // namespace lanewise::server::wire
