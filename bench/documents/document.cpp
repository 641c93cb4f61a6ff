#include "document.hpp"

#include <algorithm>
#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <ctime>
#include <map>
#include <optional>
#include <system_error>

#include "build_info.hpp"
#include "files.hpp"
#include "json_place.hpp"
#include "json_schema.hpp"
#include "program/printable.hpp"
#include "result_schema.hpp"
#include "sha256.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::string_view no_digest =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The text, which is valid JSON, without white space between tokens and with an empty digest: what
/// the digest is taken over, so that indenting a document anew is no edit.
std::string essence(std::string_view text) {
    std::string kept;
    kept.reserve(text.size());
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (quoted) {
            kept += letter;
            if (letter == '\\') kept += text[++i];
            if (letter == '"') quoted = false;
        } else if (letter != ' ' && letter != '\n' && letter != '\t' && letter != '\r') {
            kept += letter;
            quoted = letter == '"';
        }
    }
    constexpr std::string_view member = R"("digest":")";
    const auto at = kept.find(member);
    if (at != std::string::npos) kept.replace(at + member.size(), no_digest.size(), no_digest);
    return kept;
}

void print(const json::value& value, std::size_t indent, std::string& text) {
    const std::string inner(indent + 2, ' ');
    if (const auto* members = value.if_object(); members && !members->empty()) {
        text += "{\n";
        for (std::size_t i = 0; const auto& [name, member] : *members) {
            text += inner + json::serialize(json::string{name}) + ": ";
            print(member, indent + 2, text);
            text += ++i < members->size() ? ",\n" : "\n";
        }
        text += std::string(indent, ' ') + "}";
        return;
    }
    const auto* values = value.if_array();
    const auto nested = [](const json::value& one) { return one.is_structured(); };
    if (values && std::ranges::any_of(*values, nested)) {
        text += "[\n";
        for (std::size_t i = 0; const auto& one : *values) {
            text += inner;
            print(one, indent + 2, text);
            text += ++i < values->size() ? ",\n" : "\n";
        }
        text += std::string(indent, ' ') + "]";
        return;
    }
    text += json::serialize(value);
}

/// No measurement is as large or as small: what is computed from such numbers would leave a
/// double's range, and end as Infinity or as a count below 0.
constexpr double magnitude_max = 1e30;

/// The first number out of range: its JSON pointer and what it is.
std::optional<bad_document> number_out_of_range(const json::value& value,
                                                const std::string& field) {
    if (value.is_number()) {
        const double size = std::abs(value.to_number<double>());
        if (size == 0 || (size <= magnitude_max && size >= 1 / magnitude_max)) return std::nullopt;
        return bad_document{"", field,
                            "is " + json::serialize(value) + ": no measurement is " +
                                (size > 1 ? "larger than 1e30" : "smaller than 1e-30")};
    }
    if (const auto* members = value.if_object()) {
        for (const auto& [name, member] : *members) {
            if (auto found = number_out_of_range(member, field + "/" + pointer_token(name)))
                return found;
        }
    }
    if (const auto* values = value.if_array()) {
        for (std::size_t i = 0; i < values->size(); ++i) {
            if (auto found = number_out_of_range((*values)[i], field + "/" + std::to_string(i)))
                return found;
        }
    }
    return std::nullopt;
}

}  // namespace

std::string bad_document::sentence() const {
    return program::printable(file + ": " + (field.empty() ? "" : "field " + field + ": ") +
                              problem + ".");
}

const json::value& result_schema() {
    static const json::value schema = json::parse(result_schema_text);
    return schema;
}

std::variant<document, std::vector<bad_document>> parse_document(std::string file,
                                                                 std::string_view text) {
    const auto bad = [&](std::string field, std::string problem) {
        return std::vector{bad_document{file, std::move(field), std::move(problem)}};
    };
    // Some editors put a byte order mark in front; it is no part of what the digest is over.
    const auto whole = text;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        return bad("", "is UTF-16, as some shells write it; a document is UTF-8");
    json::stream_parser parser;
    boost::system::error_code error;
    const auto consumed = parser.write_some(text.data(), text.size(), error);
    if (!error && consumed < text.size() &&
        text.find_first_not_of(" \t\r\n", consumed) != std::string_view::npos) {
        return bad("", "something follows the document at " + line_and_column(text, consumed));
    }
    if (!error) parser.finish(error);
    if (error == json::error::incomplete)
        return bad(pointer_at(text, text.size()), "is cut off: the JSON ends too early");
    if (error) {
        const auto rest = text.substr(consumed);
        const bool not_finite = rest.starts_with("NaN") || rest.starts_with("Infinity") ||
                                rest.starts_with("-Infinity") || rest.starts_with("nan");
        return bad(pointer_at(text, consumed),
                   (not_finite ? "is not a finite number, which JSON has no word for, at "
                               : "is no JSON: " + error.message() + " near ") +
                       line_and_column(text, consumed));
    }
    const auto value = parser.release();

    const auto* content = value.if_object();
    const auto* schema = content ? content->if_contains("schema") : nullptr;
    if (!schema && content && content->contains("benchmarks") && content->contains("context")) {
        return bad(
            "/schema",
            "is missing: this is Google Benchmark's own JSON, not a result of lanewise-bench");
    }
    if (!schema) return bad("/schema", "is missing: this is no result of lanewise-bench");
    if (*schema != json::value(schema_name)) {
        return bad("/schema", "is " + json::serialize(*schema) + ", this program reads \"" +
                                  std::string{schema_name} + "\"");
    }
    if (auto found = number_out_of_range(value, ""))
        return bad(std::move(found->field), std::move(found->problem));
    std::vector<bad_document> problems;
    for (auto& found : check_schema(result_schema(), value)) {
        problems.push_back({file, std::move(found.field), std::move(found.text)});
    }
    if (!problems.empty()) return problems;
    if (content->at("made").at("digest").as_string() != sha256_hex(essence(text))) {
        return bad("/made/digest",
                   "does not fit the rest: the document was edited after it was written");
    }
    return document{std::move(file), sha256_hex(whole), *content};
}

std::vector<bad_document> check_part(std::string_view definition, std::string file,
                                     const json::value& value) {
    if (auto found = number_out_of_range(value, ""))
        return {{std::move(file), std::move(found->field), std::move(found->problem)}};
    const json::value schema{{"$defs", result_schema().at("$defs")},
                             {"$ref", "#/$defs/" + std::string{definition}}};
    std::vector<bad_document> problems;
    for (auto& found : check_schema(schema, value))
        problems.push_back({file, std::move(found.field), std::move(found.text)});
    return problems;
}

loaded_documents load_documents(std::span<const std::string> files) {
    loaded_documents loaded;
    std::map<std::string, std::string> seen;  // digest -> file
    for (const auto& file : files) {
        try {
            auto parsed = parse_document(file, read_file(file));
            if (auto* problems = std::get_if<std::vector<bad_document>>(&parsed)) {
                loaded.bad.insert(loaded.bad.end(), problems->begin(), problems->end());
                continue;
            }
            auto& read = std::get<document>(parsed);
            const auto [first, is_new] =
                seen.emplace(read.content.at("made").at("digest").as_string(), file);
            if (is_new) {
                loaded.documents.push_back(std::move(read));
            } else {
                loaded.bad.push_back(
                    {file, "", "is the same run as " + first->second + ", which counts once"});
            }
        } catch (const std::system_error& error) {
            loaded.bad.push_back({file, "", "can't be read: " + error.code().message()});
        }
    }
    return loaded;
}

json::object new_document(std::span<const std::string> command) {
    json::array words;
    for (const auto& word : command) words.emplace_back(word);
    return {{"schema", schema_name},
            {"made",
             {{"time", utc_now()},
              {"version", LANEWISE_VERSION},
              {"commit", LANEWISE_COMMIT},
              {"command", std::move(words)},
              {"digest", no_digest}}},
            {"machine", nullptr},
            {"environment", nullptr},
            {"kernels", nullptr},
            {"sweeps", nullptr},
            {"http", nullptr},
            {"energy", nullptr},
            {"notes", json::array{}}};
}

void add_note(json::object& document, std::string_view field, std::string_view text) {
    document.at("notes").as_array().push_back({{"field", field}, {"text", text}});
}

std::string document_text(json::object document) {
    document.at("made").as_object()["digest"] = no_digest;
    const auto digest = sha256_hex(essence(pretty(document)));
    document.at("made").as_object()["digest"] = digest;
    return pretty(document) + "\n";
}

std::string pretty(const json::value& value) {
    std::string text;
    print(value, 0, text);
    return text;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

}  // namespace lanewise::bench
