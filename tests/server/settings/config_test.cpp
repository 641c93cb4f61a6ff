// Settings: which source wins, what is refused and how it says so, and that --help shows them all.
#include "server/settings/config.hpp"
#include "server/settings/combinations.hpp"
#include "server/settings/quantity.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "program/unknown_variables.hpp"

using namespace lanewise::server;

namespace {

// Variables of the environment while a test runs.
class environment {
public:
    environment(std::initializer_list<std::pair<const char*, const char*>> variables)
        : variables_(variables.begin(), variables.end()) {
        for (const auto& [name, value] : variables_) setenv(name.c_str(), value.c_str(), 1);
    }
    ~environment() {
        for (const auto& [name, value] : variables_) unsetenv(name.c_str());
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

private:
    std::vector<std::pair<std::string, std::string>> variables_;
};

config read(std::vector<const char*> flags) {
    flags.insert(flags.begin(), "lanewise-server");
    return read_config(static_cast<int>(flags.size()), flags.data());
}

std::string refusal(const std::vector<const char*>& flags) {
    try {
        read(flags);
    } catch (const usage_error& error) {
        return error.what();
    }
    return "nothing was refused";
}

std::string help() {
    try {
        read({"--help"});
    } catch (const usage_text& text) {
        return text.what();
    }
    return {};
}

struct limit {
    const char* flag;
    std::uint64_t config::* value;
    std::uint64_t otherwise, minimum, maximum;
    const char* examples = "";  // what a refusal says that it may be written like
};

constexpr const char* size = " bytes, such as 64M or 512MiB";
constexpr const char* time = " ms, such as 500ms or 10s";

constexpr auto unbounded = static_cast<std::uint64_t>(INT64_MAX);

// Defaults are promises: the deployment and the documents name them.
constexpr limit limits[] = {
    {"port", &config::port, 8'080, 0, 65'535},
    {"metrics-port", &config::metrics_port, 0, 0, 65'535},
    {"tls-port", &config::tls_port, 8'443, 0, 65'535},
    {"threads", &config::threads, 0, 0, 1'024},
    {"compute-threads", &config::compute_threads, 0, 0, 1'024},
    {"connections-max", &config::connections_max, 16'384, 1, 1'000'000},
    {"tls-handshakes-max", &config::tls_handshakes_max, 1'024, 1, 1'000'000},
    {"requests-per-connection-max", &config::requests_per_connection_max, 0, 0, unbounded},
    {"pipelined-max", &config::pipelined_max, 64, 1, 65'536},
    {"head-bytes-max", &config::head_bytes_max, 32'768, 1'024, 1 << 20, size},
    {"fields-max", &config::fields_max, 100, 1, 10'000},
    {"chunk-head-bytes-max", &config::chunk_head_bytes_max, 256, 18, 65'536, size},
    {"trailer-bytes-max", &config::trailer_bytes_max, 4'096, 2, 1 << 20, size},
    {"chunk-overhead-bytes-max", &config::chunk_overhead_bytes_max, 16'384, 2, 1 << 20, size},
    {"body-bytes-max", &config::body_bytes_max, 64 << 20, 0, std::uint64_t{1} << 40, size},
    {"bodies-bytes-max", &config::bodies_bytes_max, 512 << 20, 1 << 20, std::uint64_t{1} << 44,
     size},
    {"pending-bytes-max", &config::pending_bytes_max, 64 << 20, 1 << 20, std::uint64_t{1} << 44,
     size},
    {"elements-max", &config::elements_max, 1 << 26, 1, std::uint64_t{1} << 40},
    {"header-timeout-ms", &config::header_timeout_ms, 10'000, 10, 3'600'000, time},
    {"body-rate-min", &config::body_rate_min, 1'024, 0, 1 << 30, size},
    {"idle-timeout-ms", &config::idle_timeout_ms, 75'000, 10, 86'400'000, time},
    {"write-timeout-ms", &config::write_timeout_ms, 30'000, 10, 3'600'000, time},
    {"queue-depth-max", &config::queue_depth_max, 0, 0, 1'000'000},
    {"settle-ms", &config::settle_ms, 3'000, 0, 600'000, time},
    {"drain-deadline-ms", &config::drain_deadline_ms, 25'000, 0, 3'600'000, time},
};

std::string variable_of(const std::string& flag) {
    std::string name = "LANEWISE_";
    for (const char c : flag) {
        name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

}  // namespace

TEST_CASE("every number has its default, and both ends of its range are taken") {
    const auto defaults = read({});
    for (const auto& one : limits) {
        CAPTURE(std::string{one.flag});
        CHECK(defaults.*one.value == one.otherwise);
        const auto flag = "--" + std::string{one.flag};
        for (const auto number : {one.minimum, one.maximum}) {
            const auto text = std::to_string(number);
            CHECK(read({flag.c_str(), text.c_str()}).*one.value == number);
            const environment set{{variable_of(one.flag).c_str(), text.c_str()}};
            CHECK(read({}).*one.value == number);
        }
    }
}

TEST_CASE("a number out of its range is refused by flag or variable, value and range") {
    for (const auto& one : limits) {
        const auto flag = "--" + std::string{one.flag};
        const auto variable = variable_of(one.flag);
        const auto range =
            std::to_string(one.minimum) + " to " + std::to_string(one.maximum) + one.examples;
        std::vector<std::string> wrong = {"x",   "1x",   "0y",
                                          "1.5", "0x10", "99999999999999999999999"};
        wrong.push_back(std::to_string(one.maximum + 1));
        if (one.minimum > 0) wrong.push_back(std::to_string(one.minimum - 1));
        for (const auto& value : wrong) {
            CHECK(refusal({flag.c_str(), value.c_str()}) ==
                  flag + ": \"" + value + "\" is not a whole number from " + range);
            const environment set{{variable.c_str(), value.c_str()}};
            CHECK(refusal({}) ==
                  variable + ": \"" + value + "\" is not a whole number from " + range);
        }
        const environment negative{{variable.c_str(), "-1"}};
        CHECK(refusal({}) == variable + ": \"-1\" is not a whole number from " + range);
    }
}

TEST_CASE("a flag without its value, or given more than once, is refused by its name") {
    CHECK(refusal({"--port"}) == "--port needs a value (lanewise-server --help lists all flags)");
    CHECK(refusal({"--port", "1", "--port", "2"}) ==
          "--port is given more than once (lanewise-server --help lists all flags)");
}

TEST_CASE("--help shows each number with its default and its range") {
    const auto text = help();
    for (const auto& one : limits) {
        CAPTURE(std::string{one.flag});
        CHECK(text.find("--" + std::string{one.flag} + " ") != std::string::npos);
        const bool unbounded = one.maximum == std::numeric_limits<std::int64_t>::max();
        const auto range = std::to_string(one.minimum) +
                           (unbounded ? " or more" : " to " + std::to_string(one.maximum));
        // CLI11 2.3 and older write N=8080, later ones N [8080].
        const auto option = text.find("--" + std::string{one.flag} + " N");
        const auto line = text.substr(option, text.find('\n', option) - option);
        const auto next = text.find("\n  --", option);
        CHECK(text.substr(option, next - option).find(range) != std::string::npos);
        const auto otherwise = std::to_string(one.otherwise);
        const bool shown = line.find("N=" + otherwise) != std::string::npos ||
                           line.find("N [" + otherwise + "]") != std::string::npos;
        CHECK_MESSAGE(shown, line);
    }
    for (const char* flag : {"--address", "--isa", "--node", "--pod", "--instance", "--tls-cert",
                             "--tls-key", "--token-file", "--cors-origin", "--report",
                             "--access-log", "--log-format", "--healthcheck", "--version"}) {
        CHECK_MESSAGE(text.find(flag) != std::string::npos, flag);
    }
}

TEST_CASE(
    "the flag wins over the variable, that over the conventional one, that over the default") {
    CHECK(read({}).node.empty());
    const environment conventional{{"NODE_NAME", "from-kubernetes"}, {"POD_NAME", "pod-7"}};
    CHECK(read({}).node == "from-kubernetes");
    CHECK(read({}).pod == "pod-7");
    {
        const environment own{{"LANEWISE_NODE", "from-variable"}};
        CHECK(read({}).node == "from-variable");
        CHECK(read({"--node", "from-flag"}).node == "from-flag");
        CHECK(read({"--node=from-flag"}).node == "from-flag");
    }
    const environment empty{{"LANEWISE_NODE", ""}, {"POD_NAME", ""}};
    CHECK(read({}).node == "from-kubernetes");
    CHECK(read({}).pod.empty());
    const environment number{{"LANEWISE_THREADS", "3"}};
    CHECK(read({}).threads == 3);
    CHECK(read({"--threads", "4"}).threads == 4);
}

TEST_CASE("a service link of Kubernetes is no setting: it is ignored, and said so") {
    const environment link{{"LANEWISE_PORT", "tcp://10.0.0.7:80"}};
    const auto settings = read({});
    CHECK(settings.port == 8'080);
    REQUIRE(settings.warnings.size() == 1);
    CHECK(settings.warnings[0] ==
          "LANEWISE_PORT=tcp://10.0.0.7:80 is a Kubernetes service link, not a setting: ignored");
    CHECK(read({"--port", "81"}).port == 81);
    CHECK(read({"--port", "81"}).warnings.empty());
}

TEST_CASE("switches and formats take what they name, and refuse the rest by name") {
    CHECK_FALSE(read({}).access_log);
    CHECK(read({"--access-log"}).access_log);
    {
        const environment on{{"LANEWISE_ACCESS_LOG", "true"}, {"LANEWISE_LOG_FORMAT", "json"}};
        CHECK(read({}).access_log);
        CHECK(read({}).log_json);
        CHECK_FALSE(read({"--log-format", "text"}).log_json);
    }
    {
        const environment off{{"LANEWISE_ACCESS_LOG", "0"}};
        CHECK_FALSE(read({}).access_log);
    }
    const environment wrong{{"LANEWISE_ACCESS_LOG", "yes"}};
    CHECK(refusal({}) == "LANEWISE_ACCESS_LOG: \"yes\" is neither true nor false");
    CHECK(refusal({"--access-log", "--log-format", "xml"}) ==
          "--log-format: \"xml\" is neither text nor json");
}

TEST_CASE("an unknown flag, a missing value and a stray word are refused") {
    CHECK(refusal({"--prot", "1"}).find("--prot") != std::string::npos);
    CHECK(refusal({"--port"}).find("--port") != std::string::npos);
    CHECK(refusal({"serve"}).find("serve") != std::string::npos);
    CHECK(refusal({"serve"}).find("--help") != std::string::npos);
}

TEST_CASE("--version names program and version") {
    try {
        read({"--version"});
        FAIL("no text");
    } catch (const usage_text& text) {
        CHECK(std::string{text.what()}.starts_with("lanewise-server "));
    }
}

TEST_CASE("sizes take units of 1,024 and of 1,000, times those of a clock") {
    const auto body = [](const char* text) {
        return read({"--body-bytes-max", text}).body_bytes_max;
    };
    constexpr std::uint64_t mebi = 1 << 20;
    for (const char* text :
         {"64M", "64m", "64Mi", "64MiB", "64mib", "67108864", "67108864B", "65536K", "65536KiB"})
        CHECK(body(text) == 64 * mebi);
    CHECK(body("64MB") == 64'000'000);
    CHECK(body("64kB") == 64'000);
    CHECK(body("1G") == 1'024 * mebi);
    CHECK(body("1T") == 1'024 * 1'024 * mebi);
    CHECK(read({"--bodies-bytes-max", "512MiB"}).bodies_bytes_max == 512 * mebi);
    CHECK(read({"--body-rate-min", "1k"}).body_rate_min == 1'024);
    const auto settle = [](const char* text) { return read({"--settle-ms", text}).settle_ms; };
    CHECK(settle("10s") == 10'000);
    CHECK(settle("500ms") == 500);
    CHECK(settle("500") == 500);
    CHECK(settle("2m") == 120'000);
    CHECK(settle("1m30s") == 90'000);
    CHECK(settle("1m1s1ms") == 61'001);
    CHECK(settle("1s1500ms") == 2'500);
    CHECK(settle("0s") == 0);
    CHECK(read({"--idle-timeout-ms", "1h"}).idle_timeout_ms == 3'600'000);
    CHECK(read_quantity(std::string_view{"12"}.substr(0, 1), unit::none) == 1);  // to its end
    // The largest of 64 bits, and of those that are whole K.
    CHECK(read_quantity("18446744073709551615ms", unit::milliseconds) == UINT64_MAX);
    CHECK(read_quantity("18014398509481983K", unit::bytes) == UINT64_MAX - 1'023);
    const environment set{{"LANEWISE_SETTLE_MS", "4s"}, {"LANEWISE_HEAD_BYTES_MAX", "64K"}};
    CHECK(read({}).settle_ms == 4'000);
    CHECK(read({}).head_bytes_max == 65'536);
}

TEST_CASE("a unit that is none, is another's, or leads out of the range is refused") {
    for (const char* text : {"64X", "64MM", "64iB", "M", "64 M", "1.5M", "-1M", "64s", "2T",
                             "0x10M", "64MBi", "18446744073709551615K", "18014398509481984K", ""})
        CHECK(refusal({"--body-bytes-max", text})
                  .find("is not a whole number from 0 to 1099511627776 "
                        "bytes, such as 64M or 512MiB") != std::string::npos);
    for (const char* text :
         {"10x", "10S", "s", "10 s", "1.5s", "-1s", "10M", "11m", "1s1m", "1s1s", "1m30",
          "18446744073709551615s", "5124095576030h1552s", "10us", "1s ", ""})
        CHECK(refusal({"--settle-ms", text})
                  .find("is not a whole number from 0 to 600000 ms, such as "
                        "500ms or 10s") != std::string::npos);
    // Counts and ports have none.
    CHECK(refusal({"--connections-max", "1K"}) ==
          "--connections-max: \"1K\" is not a whole number from 1 to 1000000");
    CHECK(refusal({"--port", "8s"}) == "--port: \"8s\" is not a whole number from 0 to 65535");
}

TEST_CASE("a variable that is no setting is told, with the nearest name and without its value") {
    const environment wrong{{"LANEWISE_PROT", "s3cret"},
                            {"LANEWISE_BODY_BYTE_MAX", "1"},
                            {"LANEWISE_SETTLEMS", "1"},
                            {"LANEWISE_LOGFORMAT", "json"},
                            {"LANEWISE_", "1"}};
    const auto warnings = read({}).warnings;
    REQUIRE(warnings.size() == 5);
    CHECK(warnings[0].starts_with("LANEWISE_ is no setting: ignored; the nearest name is "));
    CHECK(warnings[1] ==
          "LANEWISE_BODY_BYTE_MAX is no setting: ignored; the nearest name is "
          "LANEWISE_BODY_BYTES_MAX");
    CHECK(warnings[2] ==
          "LANEWISE_LOGFORMAT is no setting: ignored; the nearest name is LANEWISE_LOG_FORMAT");
    CHECK(warnings[3] == "LANEWISE_PROT is no setting: ignored; the nearest name is LANEWISE_PORT");
    CHECK(warnings[4] ==
          "LANEWISE_SETTLEMS is no setting: ignored; the nearest name is LANEWISE_SETTLE_MS");
}

TEST_CASE(
    "variables that Kubernetes sets for Services, and those of our other programs, are no "
    "mistake") {
    const environment links{
        {"LANEWISE_SERVICE_HOST", "10.0.0.7"},       {"LANEWISE_SERVICE_PORT", "80"},
        {"LANEWISE_SERVICE_PORT_HTTP", "80"},        {"LANEWISE_PORT_80_TCP", "tcp://10.0.0.7:80"},
        {"LANEWISE_PORT_80_TCP_ADDR", "10.0.0.7"},   {"LANEWISE_PORT_80_TCP_PROTO", "tcp"},
        {"LANEWISE_PORT_53_UDP_PORT", "53"},         {"LANEWISE_ARM64_PORT", "tcp://10.0.0.8:80"},
        {"LANEWISE_ARM64_SERVICE_HOST", "10.0.0.8"}, {"LANEWISE_POOL", "arm"}};
    CHECK(read({}).warnings.empty());
}

TEST_CASE("the bench knows every variable of the server") {
    std::vector<std::string> flags;
    std::istringstream lines(help());
    for (std::string line; std::getline(lines, line);) {
        const auto at = line.find_first_not_of(' ');
        if (at == std::string::npos || line.compare(at, 2, "--") != 0) continue;
        flags.push_back(line.substr(at + 2, line.find_first_of(" =,", at) - at - 2));
    }
    for (const char* asks : {"help", "version", "healthcheck"}) std::erase(flags, asks);
    std::vector<std::string> known;
    for (const auto name : lanewise::program::variables_of_server()) {
        std::string flag(name);
        for (char& c : flag) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
        known.push_back(flag);
    }
    std::ranges::sort(flags);
    std::ranges::sort(known);
    CHECK(flags == known);
}

TEST_CASE("a port of the metrics that is the port of all is refused, by the names of both") {
    const auto refusal = [](const std::vector<const char*>& flags) -> std::string {
        try {
            check_combinations(read(flags));
        } catch (const usage_error& error) {
            return error.what();
        }
        return "taken";
    };
    CHECK(refusal({"--metrics-port", "8080"}) ==
          "--metrics-port: 8080 is the port of --port too; choose another port, or 0");
    const environment set{{"LANEWISE_PORT", "90"}};
    CHECK(refusal({"--metrics-port", "90"}) ==
          "--metrics-port: 90 is the port of LANEWISE_PORT too; choose another port, or 0");
    CHECK(refusal({"--port", "0", "--metrics-port", "0"}) == "taken");
}

TEST_CASE("the address is every one of both families; several come by commas, or the flag again") {
    CHECK(read({}).address == "::");
    CHECK_FALSE(read({}).sources.contains("address"));
    CHECK(read({"--address", "::1", "--address", "127.0.0.1"}).address == "::1,127.0.0.1");
    CHECK(read({"--address=::1,10.0.0.7"}).address == "::1,10.0.0.7");
    CHECK(read({"--address", "::1"}).source_of("address") == "--address");
    const environment set{{"LANEWISE_ADDRESS", "127.0.0.1"}};
    CHECK(read({}).address == "127.0.0.1");
    CHECK(read({}).source_of("address") == "LANEWISE_ADDRESS");
    CHECK(read({"--address", "::1"}).address == "::1");
    CHECK(refusal({"--port", "1", "--port", "2"}).find("--port") != std::string::npos);
}
