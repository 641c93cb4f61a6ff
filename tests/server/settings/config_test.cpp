// Settings: which source wins, what is refused and how it says so, and that --help shows them all.
#include "server/settings/config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

using namespace lanewise::server;

namespace {

// Variables of the environment while a test runs.
class environment {
public:
    environment(std::initializer_list<std::pair<const char*, const char*>> variables)
        : variables_(variables) {
        for (const auto& [name, value] : variables_) setenv(name, value, 1);
    }
    ~environment() {
        for (const auto& [name, value] : variables_) unsetenv(name);
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

private:
    std::vector<std::pair<const char*, const char*>> variables_;
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
};

constexpr auto unbounded = static_cast<std::uint64_t>(INT64_MAX);

// Defaults are promises: the deployment and the documents name them.
constexpr limit limits[] = {
    {"port", &config::port, 8'080, 0, 65'535},
    {"metrics-port", &config::metrics_port, 0, 0, 65'535},
    {"threads", &config::threads, 0, 0, 1'024},
    {"compute-threads", &config::compute_threads, 0, 0, 1'024},
    {"connections-max", &config::connections_max, 16'384, 1, 1'000'000},
    {"requests-per-connection-max", &config::requests_per_connection_max, 0, 0, unbounded},
    {"pipelined-max", &config::pipelined_max, 64, 1, 65'536},
    {"head-bytes-max", &config::head_bytes_max, 32'768, 1'024, 1 << 20},
    {"fields-max", &config::fields_max, 100, 1, 10'000},
    {"chunk-head-bytes-max", &config::chunk_head_bytes_max, 256, 18, 65'536},
    {"trailer-bytes-max", &config::trailer_bytes_max, 4'096, 2, 1 << 20},
    {"chunk-overhead-bytes-max", &config::chunk_overhead_bytes_max, 16'384, 2, 1 << 20},
    {"body-bytes-max", &config::body_bytes_max, 64 << 20, 0, std::uint64_t{1} << 40},
    {"bodies-bytes-max", &config::bodies_bytes_max, 512 << 20, 1 << 20, std::uint64_t{1} << 44},
    {"elements-max", &config::elements_max, 1 << 26, 1, std::uint64_t{1} << 40},
    {"header-timeout-ms", &config::header_timeout_ms, 10'000, 10, 3'600'000},
    {"body-rate-min", &config::body_rate_min, 1'024, 0, 1 << 30},
    {"idle-timeout-ms", &config::idle_timeout_ms, 75'000, 10, 86'400'000},
    {"write-timeout-ms", &config::write_timeout_ms, 30'000, 10, 3'600'000},
    {"queue-depth-max", &config::queue_depth_max, 0, 0, 1'000'000},
    {"settle-ms", &config::settle_ms, 3'000, 0, 600'000},
    {"drain-deadline-ms", &config::drain_deadline_ms, 25'000, 0, 3'600'000},
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
        CAPTURE(std::string(one.flag));
        CHECK(defaults.*one.value == one.otherwise);
        const auto flag = "--" + std::string(one.flag);
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
        const auto flag = "--" + std::string(one.flag);
        const auto variable = variable_of(one.flag);
        const auto range = std::to_string(one.minimum) + " to " + std::to_string(one.maximum);
        std::vector<std::string> wrong = {"x", "1x", "1.5", "0x10", "99999999999999999999999"};
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

TEST_CASE("--help shows each number with its default and its range") {
    const auto text = help();
    for (const auto& one : limits) {
        CAPTURE(std::string(one.flag));
        CHECK(text.find("--" + std::string(one.flag) + " ") != std::string::npos);
        CHECK(text.find(std::to_string(one.minimum) + " to " + std::to_string(one.maximum)) !=
              std::string::npos);
        // CLI11 2.3 and older write N=8080, later ones N [8080].
        const auto option = text.find("--" + std::string(one.flag) + " N");
        const auto line = text.substr(option, text.find('\n', option) - option);
        const auto otherwise = std::to_string(one.otherwise);
        const bool shown = line.find("N=" + otherwise) != std::string::npos ||
                           line.find("N [" + otherwise + "]") != std::string::npos;
        CHECK_MESSAGE(shown, line);
    }
    for (const char* flag :
         {"--address", "--isa", "--node", "--pod", "--instance", "--token-file", "--cors-origin",
          "--report", "--access-log", "--log-format", "--healthcheck", "--version"}) {
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
        CHECK(std::string(text.what()).starts_with("lanewise-server "));
    }
}
