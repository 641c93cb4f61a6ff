#include "document.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <system_error>

#include "build_info.hpp"
#include "json_place.hpp"
#include "json_schema.hpp"
#include "result_schema.hpp"
#include "sha256.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::string_view no_digest =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// No run writes so much: what is larger is something else, and must not fill the memory.
constexpr std::uintmax_t bytes_max = std::uintmax_t{64} << 20;

[[noreturn]] void fail(const std::string& what, int reason = errno) {
    throw std::system_error{reason, std::generic_category(), what};
}

/// The text without white space between tokens and with an empty digest: what the digest is taken
/// over, so that indenting a document anew is no edit.
std::string essence(std::string_view text) {
    std::string kept;
    kept.reserve(text.size());
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (quoted) {
            kept += letter;
            if (letter == '\\' && i + 1 < text.size()) kept += text[++i];
            if (letter == '"') quoted = false;
        } else if (letter != ' ' && letter != '\n' && letter != '\t' && letter != '\r') {
            kept += letter;
            quoted = letter == '"';
        }
    }
    constexpr std::string_view member = R"("digest":")";
    const auto at = kept.find(member);
    if (at != std::string::npos && kept.size() >= at + member.size() + no_digest.size()) {
        kept.replace(at + member.size(), no_digest.size(), no_digest);
    }
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

}  // namespace

std::string bad_document::sentence() const {
    return file + ": " + (field.empty() ? "" : "field " + field + ": ") + problem + ".";
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

namespace {

/// Writes all of it and makes sure that it is there; 0 or errno.
int write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const auto count = write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) return errno;
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    // A pipe has no disk to wait for.
    return fsync(file) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

/// A file beside the target, which becomes it once it is whole.
class part_file {
public:
    explicit part_file(const std::string& target)
        : target_{target}, path_{target + "." + std::to_string(getpid()) + ".part"} {
        file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (file_ < 0) fail(target_);
    }
    ~part_file() {
        close(file_);
        if (!kept_) unlink(path_.c_str());
    }
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;

    void write(std::string_view text) const {
        if (const int reason = write_all(file_, text); reason != 0) fail(target_, reason);
    }
    void keep() {
        if (rename(path_.c_str(), target_.c_str()) != 0) fail(target_);
        kept_ = true;
    }

private:
    std::string target_, path_;
    int file_ = -1;
    bool kept_ = false;
};

/// Where a link leads to, so that the link stays one.
std::string target_of(const std::string& path) {
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error);
    return error ? path : real.string();
}

bool is_special(const std::string& path) {
    std::error_code error;
    const auto kind = std::filesystem::status(path, error).type();
    return kind != std::filesystem::file_type::regular &&
           kind != std::filesystem::file_type::not_found &&
           kind != std::filesystem::file_type::none;
}

}  // namespace

void write_atomically(const std::string& path, std::string_view text) {
    if (path == "-") {
        std::cout << text << std::flush;
        if (!std::cout) fail("standard output");
        return;
    }
    if (is_special(path)) {
        const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (file < 0) fail(path);
        const int reason = write_all(file, text);
        close(file);
        if (reason != 0) fail(path, reason);
        return;
    }
    part_file part{target_of(path)};
    part.write(text);
    part.keep();
}

void check_output(const std::string& path) {
    if (path == "-") return;
    if (is_special(path)) {
        if (std::filesystem::is_directory(path)) fail(path, EISDIR);
        if (access(path.c_str(), W_OK) != 0) fail(path);
        return;
    }
    // A document takes up to some megabytes; a full disk shows in the first of them.
    const part_file part{target_of(path)};
    part.write(std::string(std::size_t{1} << 20, ' '));
}

std::string read_file(const std::string& path) {
    if (path == "-") return {std::istreambuf_iterator<char>{std::cin}, {}};
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) fail(path, EISDIR);
    std::ifstream file{path, std::ios::binary};
    if (!file) fail(path);
    if (std::filesystem::file_size(path, error) > bytes_max && !error) fail(path, EFBIG);
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) fail(path, EIO);
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
