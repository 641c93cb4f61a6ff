// Suites and fuzz targets run a second time with every option of the server on, for an option has
// paths of its own through each request: LANEWISE_TEST_OPTIONS=text or json, the format of the log.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/settings/config.hpp"

namespace lanewise::server {

/// The format of the log where options are on, else empty.
inline std::string_view options_format() {
    const char* const format = std::getenv("LANEWISE_TEST_OPTIONS");
    return format == nullptr ? std::string_view() : std::string_view(format);
}

inline bool options_on() {
    return !options_format().empty();
}

constexpr std::string_view options_authorization = "\r\nAuthorization: Bearer of-tests";

/// The files that options name, for as long as the process lives.
class option_files {
public:
    option_files()
        : folder_(std::filesystem::temp_directory_path() /
                  ("lanewise-options-" + std::to_string(getpid()))) {
        std::filesystem::create_directory(folder_);
        std::ofstream(token()) << "of-tests\n";
        std::ofstream(report()) << "<!doctype html><title>A report</title>\n";
    }
    ~option_files() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    option_files(const option_files&) = delete;
    option_files& operator=(const option_files&) = delete;

    [[nodiscard]] std::string token() const { return folder_ / "token"; }
    [[nodiscard]] std::string report() const { return folder_ / "report.html"; }

    static const option_files& here() {
        static const option_files files;
        return files;
    }

private:
    std::filesystem::path folder_;
};

/// Turns on what the environment asks for, with the least limits that the suites leave room for.
/// The metrics' own port comes with the server: whoever starts one takes a free port.
inline void turn_options_on(config& settings) {
    if (!options_on()) return;
    settings.access_log = true;
    settings.log_json = options_format() == "json";
    settings.token_file = option_files::here().token();
    settings.report = option_files::here().report();
    settings.cors_origin = "https://pages.example";
    settings.pipelined_max = 2;
    settings.pending_bytes_max = 1 << 20;
    settings.bodies_bytes_max = 256 << 20;
    settings.tls_handshakes_max = 64;
}

/// The same as variables of the program, whose flags win over them.
inline std::vector<std::pair<std::string, std::string>> option_variables() {
    if (!options_on()) return {};
    config settings;
    turn_options_on(settings);
    return {{"LANEWISE_ACCESS_LOG", "true"},
            {"LANEWISE_LOG_FORMAT", std::string{options_format()}},
            {"LANEWISE_TOKEN_FILE", settings.token_file},
            {"LANEWISE_REPORT", settings.report},
            {"LANEWISE_CORS_ORIGIN", settings.cors_origin},
            {"LANEWISE_PIPELINED_MAX", std::to_string(settings.pipelined_max)},
            {"LANEWISE_PENDING_BYTES_MAX", std::to_string(settings.pending_bytes_max)},
            {"LANEWISE_BODIES_BYTES_MAX", std::to_string(settings.bodies_bytes_max)},
            {"LANEWISE_TLS_HANDSHAKES_MAX", std::to_string(settings.tls_handshakes_max)}};
}

/// Requests as a client sends them that knows the token, unless they bring one of their own.
/// `storage` is where they are if they had to change.
inline std::string_view with_token(std::string_view bytes, std::string& storage) {
    if (!options_on() || bytes.find("uthorization:") != std::string_view::npos) return bytes;
    constexpr std::string_view host = "\r\nHost:";
    storage = bytes;
    for (std::size_t at = 0; (at = storage.find(host, at)) != std::string::npos;
         at += options_authorization.size() + host.size()) {
        storage.insert(at, options_authorization);
    }
    return storage;
}

}  // namespace lanewise::server
