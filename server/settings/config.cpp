#include "config.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

#include "build_info.hpp"

namespace lanewise::server {
namespace {

constexpr std::uint64_t unbounded = std::numeric_limits<std::int64_t>::max();

struct number_setting {
    std::uint64_t config::* value;
    const char* name;
    std::uint64_t minimum, maximum;
    const char* summary;
};

constexpr number_setting numbers[] = {
    {&config::port, "port", 0, 65'535, "TCP port; 0 takes a free one"},
    {&config::metrics_port, "metrics-port", 0, 65'535,
     "port of its own for /metrics, /healthz and /readyz, with 64 connections beyond the others; "
     "0: on the port of all"},
    {&config::threads, "threads", 0, 1'024, "I/O threads; 0: by CPU quota and cpuset"},
    {&config::compute_threads, "compute-threads", 0, 1'024,
     "threads for kernels that run long; 0: by CPU quota and cpuset"},
    {&config::connections_max, "connections-max", 1, 1'000'000, "open connections"},
    {&config::requests_per_connection_max, "requests-per-connection-max", 0, unbounded,
     "requests before a connection is closed, so that a Service can balance again; 0: no bound"},
    {&config::pipelined_max, "pipelined-max", 1, 65'536,
     "pipelined requests that are answered before the other connections have their turn"},
    {&config::head_bytes_max, "head-bytes-max", 1'024, 1 << 20,
     "bytes of a request's line and fields"},
    {&config::fields_max, "fields-max", 1, 10'000, "fields of a request"},
    {&config::chunk_head_bytes_max, "chunk-head-bytes-max", 18, 64 << 10,
     "bytes of a chunk's size and extensions"},
    {&config::trailer_bytes_max, "trailer-bytes-max", 2, 1 << 20,
     "bytes of a chunked body's trailer"},
    {&config::chunk_overhead_bytes_max, "chunk-overhead-bytes-max", 2, 1 << 20,
     "bytes of a chunked body's extensions, padding and trailer together"},
    {&config::body_bytes_max, "body-bytes-max", 0, std::uint64_t{1} << 40,
     "bytes of one request's body"},
    {&config::bodies_bytes_max, "bodies-bytes-max", 1 << 20, std::uint64_t{1} << 44,
     "bytes of all bodies, results and generated inputs in memory together"},
    {&config::elements_max, "elements-max", 1, std::uint64_t{1} << 40, "elements of one array"},
    {&config::header_timeout_ms, "header-timeout-ms", 10, 3'600'000,
     "time for a request's head, and the window of --body-rate-min"},
    {&config::body_rate_min, "body-rate-min", 0, 1 << 30,
     "bytes per second below which a body or the reading of a reply is given up; 0: none"},
    {&config::idle_timeout_ms, "idle-timeout-ms", 10, 86'400'000, "time between two requests"},
    {&config::write_timeout_ms, "write-timeout-ms", 10, 3'600'000,
     "window in which a reply must move, at --body-rate-min"},
    {&config::queue_depth_max, "queue-depth-max", 0, 1'000'000,
     "calls that wait for a compute thread; 0: 4 for each thread"},
    {&config::settle_ms, "settle-ms", 0, 600'000,
     "after SIGTERM: time to serve on while the endpoints forget us"},
    {&config::drain_deadline_ms, "drain-deadline-ms", 0, 3'600'000,
     "after SIGTERM: time after which what is still open is cut off"},
};

struct text_setting {
    std::string config::* value;
    const char* name;
    const char* conventional;  // a variable that Kubernetes users set anyway
    const char* summary;
};

constexpr text_setting texts[] = {
    {&config::address, "address", nullptr, "address to listen on"},
    {&config::isa, "isa", nullptr, "kernel variant to force, such as avx2"},
    {&config::node, "node", "NODE_NAME", "name of this node"},
    {&config::pod, "pod", "POD_NAME", "name of this pod"},
    {&config::instance, "instance", nullptr, "instance type, such as m7g.2xlarge"},
    {&config::token_file, "token-file", nullptr, "file with the bearer token that kernels ask for"},
    {&config::cors_origin, "cors-origin", nullptr, "origin whose pages may read replies, or *"},
    {&config::report, "report", nullptr,
     "HTML file of lanewise-bench report to serve at /report; read again when it changes"},
};

struct switch_setting {
    bool config::* value;
    const char* name;
    const char* summary;
};

constexpr switch_setting switches[] = {
    {&config::access_log, "access-log", "log a line for each request"},
};

std::string variable_of(std::string_view name) {
    std::string variable = "LANEWISE_";
    for (const char c : name) {
        variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return variable;
}

struct given {
    std::string source;  // the flag or the variable, for messages
    std::string text;
};

// What the user said for one setting: the flag, else the variable, else the conventional variable.
std::optional<given> find_given(const CLI::App& app, const std::string& name,
                                const char* conventional, std::vector<std::string>& warnings) {
    const auto* option = app.get_option("--" + name);
    if (option->count() > 0) return given{"--" + name, option->results().back()};
    const auto variable = variable_of(name);
    if (const char* text = std::getenv(variable.c_str()); text != nullptr && *text != '\0') {
        // Kubernetes sets LANEWISE_PORT=tcp://10.0.0.7:80 in pods beside a Service named lanewise.
        if (std::string_view(text).starts_with("tcp://")) {
            warnings.push_back(variable + "=" + text +
                               " is a Kubernetes service link, not a setting: ignored");
        } else {
            return given{variable, text};
        }
    }
    if (conventional != nullptr) {
        if (const char* text = std::getenv(conventional); text != nullptr && *text != '\0') {
            return given{conventional, text};
        }
    }
    return std::nullopt;
}

std::uint64_t to_number(const given& value, std::uint64_t minimum, std::uint64_t maximum) {
    std::uint64_t number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [rest, error] = std::from_chars(value.text.data(), end, number);
    if (error != std::errc() || rest != end || number < minimum || number > maximum) {
        throw usage_error(value.source + ": \"" + value.text + "\" is not a whole number from " +
                          std::to_string(minimum) + " to " + std::to_string(maximum));
    }
    return number;
}

bool to_switch(const given& value) {
    if (value.text == "true" || value.text == "1") return true;
    if (value.text == "false" || value.text == "0") return false;
    throw usage_error(value.source + ": \"" + value.text + "\" is neither true nor false");
}

constexpr const char* examples =
    "Each flag has a variable of the same name: --body-bytes-max is LANEWISE_BODY_BYTES_MAX. The "
    "flag wins.\n\n"
    "Examples:\n"
    "  lanewise-server --port 8080\n"
    "  lanewise-server --isa avx2 --threads 1 --address 127.0.0.1\n"
    "  curl localhost:8080/v1/identity\n"
    "  curl 'localhost:8080/v1/kernels/dot_f32?n=1000000&seed=1'\n";

}  // namespace

config read_config(int argc, const char* const* argv) {
    config result;
    CLI::App app(
        "Says which node answered, and runs SIMD kernels that give the same bits on every node.",
        "lanewise-server");
    app.footer(examples);
    app.set_version_flag("--version", "lanewise-server " LANEWISE_VERSION " (" LANEWISE_COMMIT ")");
    app.add_flag(
        "--healthcheck", result.healthcheck,
        "ask the server on this host and port whether it is ready: exit 0 if it is, else 1");
    for (const auto& row : numbers) {
        const std::string summary = std::string(row.summary) + " (" + std::to_string(row.minimum) +
                                    " to " + std::to_string(row.maximum) + ")";
        app.add_option("--" + std::string(row.name), summary)
            ->type_name("N")
            ->default_str(std::to_string(result.*row.value));
    }
    for (const auto& row : texts) {
        app.add_option("--" + std::string(row.name), row.summary)
            ->type_name("TEXT")
            ->default_str(result.*row.value);
    }
    app.add_option("--log-format", "text or json")->type_name("FORMAT")->default_str("text");
    for (const auto& row : switches) app.add_flag("--" + std::string(row.name), row.summary);

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        throw usage_text(app.help());
    } catch (const CLI::CallForVersion& version) {
        throw usage_text(std::string(version.what()) + "\n");
    } catch (const CLI::ParseError& error) {
        throw usage_error(std::string(error.what()) + " (lanewise-server --help lists all flags)");
    }

    for (const auto& row : numbers) {
        if (const auto value = find_given(app, row.name, nullptr, result.warnings)) {
            result.*row.value = to_number(*value, row.minimum, row.maximum);
        }
    }
    for (const auto& row : texts) {
        if (const auto value = find_given(app, row.name, row.conventional, result.warnings)) {
            result.*row.value = value->text;
        }
    }
    for (const auto& row : switches) {
        if (const auto value = find_given(app, row.name, nullptr, result.warnings)) {
            result.*row.value = to_switch(*value);
        }
    }
    if (const auto value = find_given(app, "log-format", nullptr, result.warnings)) {
        if (value->text != "text" && value->text != "json") {
            throw usage_error(value->source + ": \"" + value->text + "\" is neither text nor json");
        }
        result.log_json = value->text == "json";
    }
    return result;
}

}  // namespace lanewise::server
