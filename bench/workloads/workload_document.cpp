#include "workload_document.hpp"

#include <algorithm>
#include <array>
#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/documents/json_place.hpp"
#include "bench/documents/json_schema.hpp"
#include "bench/documents/sha256.hpp"
#include "program/printable.hpp"
#include "request_text.hpp"
#include "text_input.hpp"
#include "workload_schema.hpp"

namespace lanewise::bench::workloads {
namespace {

namespace json = boost::json;
using std::string_view;

constexpr std::size_t text_bytes_max = std::size_t{128} << 20;
constexpr std::uintmax_t body_file_bytes_max = std::uintmax_t{64} << 20;
constexpr std::uintmax_t body_files_bytes_max = std::uintmax_t{512} << 20;
constexpr std::size_t requests_max = 1'000'000;

class reader {
public:
    reader(string_view text, std::string name, std::string folder)
        : text_{text}, name_{std::move(name)}, folder_{std::move(folder)} {}

    document read() {
        const auto value = parse();
        const auto* schema = value.is_object() ? value.get_object().if_contains("schema") : nullptr;
        if (!schema || *schema != json::value(workload_schema_name)) {
            fail("/schema",
                 "must be \"" + std::string{workload_schema_name} + "\"" +
                     (schema ? ", is " + json::serialize(*schema).substr(0, 60) : ": is missing"));
        }
        if (const auto problems = check_schema(workload_schema(), value); !problems.empty()) {
            const auto& [field, text] = problems.front();
            fail(field, field.find("/expect/") == std::string::npos
                            ? text
                            : "must be a status from 200 to 599, or a class such as \"2xx\"");
        }
        const auto& content = value.get_object();
        document made;
        if (const auto* origin = content.if_contains("origin"); origin && origin->is_string())
            made.origin = origin->get_string();
        if (const auto* notes = content.if_contains("notes"))
            for (const auto& note : notes->get_array()) made.notes.emplace_back(note.get_string());
        const auto& requests = content.at("requests").get_array();
        if (requests.size() > requests_max) fail("/requests", "must have at most 1000000 elements");
        double sum = 0;
        made.requests.reserve(requests.size());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            made.requests.push_back(
                read_request(requests[i].get_object(), "/requests/" + std::to_string(i), made));
            sum += made.requests.back().weight;
        }
        if (!std::isfinite(sum))
            fail("/requests", "the weights add up to more than a number holds");
        return made;
    }

private:
    [[noreturn]] void fail(const std::string& field, const std::string& problem) const {
        throw unusable{name_ + ": " +
                       (field.empty() ? ""
                                      : "field " + field + ", line " +
                                            std::to_string(line_of(text_, field)) + ": ") +
                       problem};
    }

    json::value parse() const {
        if (text_.find_first_not_of(" \t\r\n") == string_view::npos)
            throw unusable{name_ + ": is empty"};
        json::stream_parser parser{{}, {.max_depth = 32}};
        boost::system::error_code error;
        const auto consumed = parser.write_some(text_.data(), text_.size(), error);
        if (!error && consumed < text_.size() &&
            text_.find_first_not_of(" \t\r\n", consumed) != string_view::npos)
            throw unusable{name_ + ": something follows the workload at " +
                           line_and_column(text_, consumed)};
        if (!error) parser.finish(error);
        if (error == json::error::incomplete) {
            const auto field = pointer_at(text_, text_.size());
            throw unusable{name_ + ": is cut off: the JSON ends too early, " +
                           (field.empty() ? "" : "in field " + field + " ") + "at " +
                           line_and_column(text_, text_.size())};
        }
        if (error)
            throw unusable{name_ + ": is no JSON: " + error.message() + " near " +
                           line_and_column(text_, consumed)};
        return parser.release();
    }

    weighted_request read_request(const json::object& from, const std::string& field,
                                  document& made) {
        weighted_request to;
        for (const auto& [name, value] : from) {
            if (name == "weight") {
                to.weight = value.to_number<double>();
            } else if (name == "method") {
                to.what.method = value.get_string();
            } else if (name == "path") {
                to.what.path = value.get_string();
            } else if (name == "headers") {
                read_headers(value.get_object(), field + "/headers", to.what);
            } else if (name == "body") {
                read_body(value, field + "/body", to.what);
            } else if (name == "expect") {
                to.success.clear();
                for (const auto& status : value.get_array()) to.success.push_back(range_of(status));
            } else if (made.unused.size() < unused_max) {
                made.unused.push_back("field " + field + "/" + printable(name) + ", line " +
                                      std::to_string(line_of(text_, field)) +
                                      ": is not known and not used");
            }
        }
        judge(to.what, field);
        return to;
    }

    static std::string printable(string_view name) {
        return program::printable(name.substr(0, 40));
    }

    static status_range range_of(const json::value& status) {
        if (status.is_string()) {
            const int hundred = (status.get_string()[0] - '0') * 100;
            return {hundred, hundred + 99};
        }
        const int exact = status.to_number<int>();
        return {exact, exact};
    }

    void read_headers(const json::object& from, const std::string& field, request& to) const {
        for (const auto& [name, value] : from) {
            const auto add = [&](const json::value& one) {
                to.headers.push_back({std::string{name}, std::string{one.get_string()}});
            };
            if (value.is_array()) {
                for (const auto& one : value.get_array()) add(one);
            } else {
                add(value);
            }
            const auto small = lower(name);
            if (!is_token(name)) {
                fail(field, "\"" + printable(name) +
                                "\" is no header's name: letters, digits and !#$%&'*+-.^_`|~ are "
                                "allowed");
            }
            if (small != "host" && is_of_message(small)) {
                fail(field + "/" + std::string{name},
                     "must not be given: it follows from the connection and the body");
            }
        }
    }

    /// What would break the message's framing or the generator's connections.
    static bool is_of_message(string_view small) {
        constexpr std::array names{
            string_view{"content-length"},   string_view{"transfer-encoding"},
            string_view{"connection"},       string_view{"keep-alive"},
            string_view{"proxy-connection"}, string_view{"upgrade"},
            string_view{"trailer"},          string_view{"te"},
            string_view{"http2-settings"},   string_view{"expect"}};
        return std::ranges::find(names, small) != names.end();
    }

    void read_body(const json::value& from, const std::string& field, request& to) {
        to.has_body = true;
        if (from.is_string()) {
            to.body = from.get_string();
            return;
        }
        const auto& object = from.get_object();
        if (const auto* text = object.if_contains("base64")) {
            auto bytes = from_base64(text->get_string());
            if (!bytes) fail(field + "/base64", "is no base64");
            to.body = std::move(*bytes);
            return;
        }
        to.body_file = object.at("file").get_string();
        std::filesystem::path path{to.body_file};
        if (path.is_relative()) path = std::filesystem::path{folder_} / path;
        std::error_code error;
        const bool regular = std::filesystem::is_regular_file(path, error);
        const auto size = regular ? std::filesystem::file_size(path, error) : 0;
        std::ifstream file{path, std::ios::binary};
        if (!regular || error || !file)
            fail(field + "/file", "names no file that can be read: " + printable(path.string()));
        files_bytes_ += size;
        if (size > body_file_bytes_max || files_bytes_ > body_files_bytes_max)
            fail(field + "/file", "is too large: a file may have 64 MiB, all together 512 MiB");
        to.body = std::string{std::istreambuf_iterator<char>{file}, {}};
    }

    void judge(const request& one, const std::string& field) const {
        if (!is_token(one.method)) fail(field + "/method", "must be a method such as GET");
        if (one.method == "CONNECT") fail(field + "/method", "CONNECT can't be sent");
        const bool is_path =
            one.path.starts_with('/') || (one.path == "*" && one.method == "OPTIONS");
        if (!is_path)
            fail(field + "/path", "must begin with /: the http command's URL names the server");
        for (const char letter : one.path) {
            const auto byte = static_cast<unsigned char>(letter);
            if (byte <= 0x20 || byte >= 0x7f)
                fail(field + "/path",
                     "must not hold blanks, control characters or others beyond ASCII: write them "
                     "as %XX");
            if (letter == '#')
                fail(field + "/path", "must not hold a fragment (#): it is never sent");
        }
        for (const auto& header : one.headers) {
            if (!is_field_value(header.value))
                fail(field + "/headers/" + header.name,
                     "must not hold line feeds or other control characters");
        }
    }

    static constexpr std::size_t unused_max = 20;
    string_view text_;
    std::string name_, folder_;
    std::uintmax_t files_bytes_ = 0;
};

}  // namespace

const json::value& workload_schema() {
    static const json::value schema = json::parse(workload_schema_text);
    return schema;
}

document parse_workload(string_view text, const std::string& name, const std::string& folder) {
    return reader{text, name, folder}.read();
}

document read_workload(const std::string& path) {
    auto input = text_input::open(path);
    std::string text;
    for (auto piece = input.read(); !piece.empty(); piece = input.read()) {
        text += piece;
        if (text.size() > text_bytes_max)
            throw unusable{path + ": is larger than 128 MiB, which no workload is"};
    }
    if (!input.damage().empty()) throw unusable{path + ": " + input.damage()};
    const auto folder = std::filesystem::path{path}.parent_path().string();
    auto made = parse_workload(text, path == "-" ? "standard input" : path, folder);
    made.sha256 = sha256_hex(text);
    return made;
}

}  // namespace lanewise::bench::workloads
