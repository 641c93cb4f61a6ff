#include "json_schema.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <stdexcept>

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t problems_max = 20;

constexpr std::array keywords{std::string_view{"$schema"},
                              std::string_view{"$id"},
                              std::string_view{"$defs"},
                              std::string_view{"$ref"},
                              std::string_view{"$comment"},
                              std::string_view{"title"},
                              std::string_view{"description"},
                              std::string_view{"type"},
                              std::string_view{"const"},
                              std::string_view{"enum"},
                              std::string_view{"required"},
                              std::string_view{"properties"},
                              std::string_view{"additionalProperties"},
                              std::string_view{"items"},
                              std::string_view{"minItems"},
                              std::string_view{"minimum"},
                              std::string_view{"exclusiveMinimum"},
                              std::string_view{"maximum"},
                              std::string_view{"minLength"},
                              std::string_view{"anyOf"}};

bool is_type(const json::value& value, std::string_view type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_bool();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    if (type == "number") return value.is_number() && std::isfinite(value.to_number<double>());
    if (type == "integer") {
        // Beyond 2^53 a double has no place after a whole number for the next one.
        const auto whole = [](double number) {
            return std::trunc(number) == number && std::abs(number) <= 0x1p53;
        };
        return value.is_number() && whole(value.to_number<double>());
    }
    throw std::invalid_argument{"unknown type in schema: " + std::string{type}};
}

std::string text_of(const json::value& value) {
    const auto text = json::serialize(value);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

class checker {
public:
    explicit checker(const json::value& root) : root_{root} {}

    void check(const json::value& schema, const json::value& value, const std::string& field) {
        if (problems.size() >= problems_max) return;
        const auto& rules = schema.as_object();
        for (const auto& [name, rule] : rules) {
            if (std::ranges::find(keywords, std::string_view{name}) == keywords.end()) {
                throw std::invalid_argument{"unknown keyword in schema: " + std::string{name}};
            }
        }
        if (const auto* reference = rules.if_contains("$ref")) {
            check(resolve(reference->as_string()), value, field);
        }
        if (const auto* type = rules.if_contains("type"); type && !has_type(*type, value)) {
            complain(field, "must be " + names_of(*type) + ", is " + text_of(value));
            return;  // the other rules would only repeat it
        }
        if (const auto* constant = rules.if_contains("const"); constant && *constant != value) {
            complain(field, "must be " + text_of(*constant) + ", is " + text_of(value));
        }
        if (const auto* allowed = rules.if_contains("enum")) {
            if (std::ranges::find(allowed->as_array(), value) == allowed->as_array().end()) {
                complain(field,
                         "must be one of " + json::serialize(*allowed) + ", is " + text_of(value));
            }
        }
        if (const auto* choices = rules.if_contains("anyOf")) check_any(*choices, value, field);
        if (value.is_number()) check_number(rules, value, field);
        if (value.is_string()) {
            const auto* shortest = rules.if_contains("minLength");
            if (shortest && value.get_string().size() < shortest->to_number<std::size_t>()) {
                complain(field, "must not be empty");
            }
        }
        if (value.is_array()) check_array(rules, value.get_array(), field);
        if (value.is_object()) check_object(rules, value.get_object(), field);
    }

    std::vector<schema_problem> problems;

private:
    void complain(const std::string& field, std::string text) {
        if (problems.size() < problems_max) problems.push_back({field, std::move(text)});
    }

    [[nodiscard]] const json::value& resolve(std::string_view reference) const {
        constexpr std::string_view prefix = "#/$defs/";
        if (!reference.starts_with(prefix))
            throw std::invalid_argument{"schema may only refer to its own $defs"};
        return root_.as_object().at("$defs").as_object().at(reference.substr(prefix.size()));
    }

    static bool has_type(const json::value& type, const json::value& value) {
        if (type.is_string()) return is_type(value, type.get_string());
        return std::ranges::any_of(
            type.as_array(), [&](const auto& one) { return is_type(value, one.as_string()); });
    }

    static std::string names_of(const json::value& type) {
        if (type.is_string()) return std::string{type.get_string()};
        std::string names;
        for (const auto& one : type.as_array())
            names += (names.empty() ? "" : " or ") + std::string{one.as_string()};
        return names;
    }

    void check_any(const json::value& choices, const json::value& value, const std::string& field) {
        std::vector<schema_problem> closest;
        for (const auto& choice : choices.as_array()) {
            checker attempt{root_};
            attempt.check(choice, value, field);
            if (attempt.problems.empty()) return;
            // The deepest complaint belongs to the choice that was meant.
            const auto depth = [](const auto& found) {
                return found.empty() ? 0 : found.front().field.size();
            };
            if (closest.empty() || depth(attempt.problems) > depth(closest))
                closest = attempt.problems;
        }
        for (auto& problem : closest) complain(problem.field, std::move(problem.text));
    }

    void check_number(const json::object& rules, const json::value& value,
                      const std::string& field) {
        const auto number = value.to_number<double>();
        if (!std::isfinite(number)) complain(field, "must be a finite number");
        if (const auto* least = rules.if_contains("minimum");
            least && number < least->to_number<double>()) {
            complain(field, "must be at least " + text_of(*least) + ", is " + text_of(value));
        }
        if (const auto* least = rules.if_contains("exclusiveMinimum");
            least && number <= least->to_number<double>()) {
            complain(field, "must be more than " + text_of(*least) + ", is " + text_of(value));
        }
        if (const auto* most = rules.if_contains("maximum");
            most && number > most->to_number<double>()) {
            complain(field, "must be at most " + text_of(*most) + ", is " + text_of(value));
        }
    }

    void check_array(const json::object& rules, const json::array& values,
                     const std::string& field) {
        const auto* fewest = rules.if_contains("minItems");
        if (fewest && values.size() < fewest->to_number<std::size_t>()) {
            complain(field, "must have at least " + text_of(*fewest) + " elements, has " +
                                std::to_string(values.size()));
        }
        if (const auto* items = rules.if_contains("items")) {
            for (std::size_t i = 0; i < values.size(); ++i)
                check(*items, values[i], field + "/" + std::to_string(i));
        }
    }

    void check_object(const json::object& rules, const json::object& members,
                      const std::string& field) {
        if (const auto* required = rules.if_contains("required")) {
            for (const auto& name : required->as_array()) {
                if (!members.contains(name.as_string())) {
                    complain(field + "/" + pointer_token(name.as_string()), "is missing");
                }
            }
        }
        const auto* properties = rules.if_contains("properties");
        const auto* others = rules.if_contains("additionalProperties");
        for (const auto& [name, member] : members) {
            const auto place = field + "/" + pointer_token(name);
            const auto* known = properties ? properties->as_object().if_contains(name) : nullptr;
            if (known) {
                check(*known, member, place);
            } else if (others && others->is_bool()) {
                if (!others->get_bool()) complain(place, "is not a field of this schema");
            } else if (others) {
                check(*others, member, place);
            }
        }
    }

    const json::value& root_;
};

}  // namespace

std::string pointer_token(std::string_view name) {
    std::string escaped;
    for (const char letter : name)
        escaped += letter == '~' ? "~0" : letter == '/' ? "~1" : std::string{letter};
    return escaped;
}

std::vector<schema_problem> check_schema(const json::value& schema, const json::value& value) {
    checker check{schema};
    check.check(schema, value, "");
    return check.problems;
}

}  // namespace lanewise::bench
