#include "config.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <optional>

#include "build_info.hpp"
#include "program/unknown_variables.hpp"
#include "quantity.hpp"

namespace lanewise::server {
namespace {

constexpr std::uint64_t unbounded = std::numeric_limits<std::int64_t>::max();

struct number_setting {
    std::uint64_t config::* value;
    const char* name;
    std::uint64_t minimum, maximum;
    const char* summary;
    unit in = unit::none;
};

constexpr number_setting numbers[] = {
    {&config::port, "port", 0, 65'535,
     "TCP port to listen on; 0: a free port, which the log names"},
    {&config::metrics_port, "metrics-port", 0, 65'535,
     "serves /metrics, /healthz and /readyz on this separate port, with its own thread and "
     "connection limit; 0: on --port"},
    {&config::tls_port, "tls-port", 0, 65'535,
     "TCP port for TLS, beside --port, if --tls-cert and --tls-key are set; 0: a free port"},
    {&config::threads, "threads", 0, 1'024,
     "I/O threads; 0: one per CPU that cpuset and CPU quota allow"},
    {&config::compute_threads, "compute-threads", 0, 1'024,
     "threads for long kernel calls; 0: one per CPU that cpuset and CPU quota allow"},
    {&config::connections_max, "connections-max", 1, 1'000'000,
     "open connections; the server answers 503 to further ones"},
    {&config::tls_handshakes_max, "tls-handshakes-max", 1, 1'000'000,
     "TLS handshakes under way; the server gives up the oldest to start another"},
    {&config::requests_per_connection_max, "requests-per-connection-max", 0, unbounded,
     "requests per connection, then the server closes it, so that a Service balances again; 0: no "
     "limit"},
    {&config::pipelined_max, "pipelined-max", 1, 65'536,
     "pipelined requests of one connection to answer before other connections get their turn"},
    {&config::head_bytes_max, "head-bytes-max", 1'024, 1 << 20,
     "size of a request's line and header fields together", unit::bytes},
    {&config::fields_max, "fields-max", 1, 10'000, "header fields of a request"},
    {&config::chunk_head_bytes_max, "chunk-head-bytes-max", 18, 64 << 10,
     "size of one chunk's line: its length and its extensions", unit::bytes},
    {&config::trailer_bytes_max, "trailer-bytes-max", 2, 1 << 20,
     "size of a chunked body's trailer", unit::bytes},
    {&config::chunk_overhead_bytes_max, "chunk-overhead-bytes-max", 2, 1 << 20,
     "size of a chunked body's extensions, padding and trailer together", unit::bytes},
    {&config::body_bytes_max, "body-bytes-max", 0, std::uint64_t{1} << 40,
     "size of one request's body", unit::bytes},
    {&config::bodies_bytes_max, "bodies-bytes-max", 1 << 20, std::uint64_t{1} << 44,
     "memory for all bodies, results and generated inputs together", unit::bytes},
    {&config::pending_bytes_max, "pending-bytes-max", 1 << 20, std::uint64_t{1} << 44,
     "memory for all unfinished long heads and unread replies together; when it is full, the "
     "server closes the connection that has waited longest",
     unit::bytes},
    {&config::elements_max, "elements-max", 1, std::uint64_t{1} << 40,
     "elements of one array of a kernel"},
    {&config::header_timeout_ms, "header-timeout-ms", 10, 3'600'000,
     "time that a client has to send a request's head; also the time over which --body-rate-min "
     "is measured",
     unit::milliseconds},
    {&config::body_rate_min, "body-rate-min", 0, 1 << 30,
     "slowest rate, in bytes per second, at which a client may send a body or read a reply; 0: any",
     unit::bytes},
    {&config::idle_timeout_ms, "idle-timeout-ms", 10, 86'400'000,
     "time that a connection may stay idle between two requests", unit::milliseconds},
    {&config::write_timeout_ms, "write-timeout-ms", 10, 3'600'000,
     "time over which a client must read a reply at --body-rate-min", unit::milliseconds},
    {&config::queue_depth_max, "queue-depth-max", 0, 1'000'000,
     "kernel calls that may wait for a compute thread; 0: 4 per compute thread"},
    {&config::settle_ms, "settle-ms", 0, 600'000,
     "after SIGTERM: time to go on serving while load balancers take this server out",
     unit::milliseconds},
    {&config::drain_deadline_ms, "drain-deadline-ms", 0, 3'600'000,
     "after SIGTERM: time after which the server cuts off what is still open", unit::milliseconds},
};

struct text_setting {
    std::string config::* value;
    const char* name;
    const char* conventional;  // a variable that Kubernetes users set anyway
    const char* summary;
};

constexpr text_setting texts[] = {
    {&config::address, "address", nullptr,
     "IP address to listen on; for several, separate them by commas or repeat the flag (default: "
     "all addresses, IPv6 and IPv4; only IPv4 where the kernel has no IPv6)"},
    {&config::isa, "isa", nullptr,
     "kernel variant to use, such as avx2 (default: the best for this CPU)"},
    {&config::node, "node", "NODE_NAME",
     "name of this node in replies (default: NODE_NAME, else the host's name)"},
    {&config::pod, "pod", "POD_NAME",
     "name of this pod in replies (default: POD_NAME, else the host's name)"},
    {&config::instance, "instance", nullptr,
     "instance type in replies, such as m7g.2xlarge (default: what the machine says of itself)"},
    {&config::tls_cert, "tls-cert", nullptr,
     "PEM file with the certificate for --tls-port, followed by its chain; the server reads it "
     "again when it changes"},
    {&config::tls_key, "tls-key", nullptr,
     "PEM file with the private key of that certificate; the server reads it again when it "
     "changes"},
    {&config::token_file, "token-file", nullptr,
     "file with the bearer token that kernel calls must send (default: none asked for)"},
    {&config::cors_origin, "cors-origin", nullptr,
     "origin whose pages may read replies, or * for every origin (default: none)"},
    {&config::report, "report", nullptr,
     "HTML file of lanewise-bench report to serve at /report; the server reads it again when it "
     "changes"},
};

struct switch_setting {
    bool config::* value;
    const char* name;
    const char* summary;
};

constexpr switch_setting switches[] = {
    {&config::access_log, "access-log", "write a line to the log for each request"},
};

std::string variable_of(std::string_view name) {
    std::string variable = "LANEWISE_";
    for (const char c : name) {
        variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
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
    if (option->count() > 0) {
        std::string all;  // of a flag that may come again
        for (const auto& one : option->results()) all.append(all.empty() ? "" : ",").append(one);
        return given{"--" + name, all};
    }
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

// What a number may be written like, beside the number alone.
std::string examples_of(unit in) {
    if (in == unit::bytes) return " bytes, such as 64M or 512MiB";
    if (in == unit::milliseconds) return " ms, such as 500ms or 10s";
    return {};
}

std::string range_of(const number_setting& row) {
    if (row.maximum == unbounded) return std::to_string(row.minimum) + " or more";
    return std::to_string(row.minimum) + " to " + std::to_string(row.maximum);
}

std::uint64_t to_number(const given& value, const number_setting& row) {
    const auto number = read_quantity(value.text, row.in);
    if (!number || *number < row.minimum || *number > row.maximum) {
        throw usage_error(value.source + ": \"" + value.text + "\" is not a whole number from " +
                          std::to_string(row.minimum) + " to " + std::to_string(row.maximum) +
                          examples_of(row.in));
    }
    return *number;
}

bool to_switch(const given& value) {
    if (value.text == "true" || value.text == "1") return true;
    if (value.text == "false" || value.text == "0") return false;
    throw usage_error(value.source + ": \"" + value.text + "\" is neither true nor false");
}

constexpr const char* examples =
    "Each flag has an environment variable of the same name: --body-bytes-max is "
    "LANEWISE_BODY_BYTES_MAX. If both are set, the flag counts. Sizes take K, M, G, T and KiB, "
    "MiB, GiB, TiB (powers of 1,024) or KB, MB, GB, TB "
    "(of 1,000); times take ms, s, m and h.\n\n"
    "Examples:\n"
    "  lanewise-server --port 8080\n"
    "  lanewise-server --isa avx2 --threads 1 --address 127.0.0.1\n"
    "  curl localhost:8080/v1/identity\n"
    "  curl 'localhost:8080/v1/kernels/dot_f32?n=1000000&seed=1'\n";

}  // namespace

std::string config::source_of(std::string_view name) const {
    const auto found = sources.find(name);
    return found != sources.end() ? found->second : "--" + std::string{name};
}

config read_config(int argc, const char* const* argv) {
    config result;
    CLI::App app(
        "Says which node answered, and runs SIMD kernels that give the same bits on every node.",
        "lanewise-server");
    app.footer(examples);
    app.set_help_flag("-h,--help", "print this text and exit");
    app.set_version_flag("--version", "lanewise-server " LANEWISE_BUILD,
                         "print version, commit and its day, and exit");
    app.add_flag(
        "--healthcheck", result.healthcheck,
        "ask the server at --address and --port whether it is ready; exit 0 if it is, else 1");
    for (const auto& row : numbers) {
        constexpr const char* units[] = {"", " bytes", " ms"};
        const std::string summary = std::string{row.summary} + " (" + range_of(row) +
                                    units[static_cast<std::size_t>(row.in)] + ")";
        app.add_option("--" + std::string{row.name}, summary)
            ->type_name("N")
            ->default_str(std::to_string(result.*row.value));
    }
    for (const auto& row : texts) {
        app.add_option("--" + std::string{row.name}, row.summary)
            ->type_name("TEXT")
            ->default_str(result.*row.value);
    }
    app.get_option("--address")->take_all()->allow_extra_args(false);
    app.add_option("--log-format", "form of the log's lines, text or json")
        ->type_name("FORMAT")
        ->default_str("text");
    for (const auto& row : switches) app.add_flag("--" + std::string{row.name}, row.summary);

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        throw usage_text(app.help());
    } catch (const CLI::CallForVersion& version) {
        throw usage_text(std::string{version.what()} + "\n");
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string_view text = error.what();
        throw usage_error(std::string{text.substr(0, text.find(':'))} +
                          (text.find("missing") != std::string_view::npos
                               ? " needs a value"
                               : " is given more than once") +
                          " (lanewise-server --help lists all flags)");
    } catch (const CLI::ParseError& error) {
        throw usage_error(std::string{error.what()} + " (lanewise-server --help lists all flags)");
    }

    std::vector<std::string> variables;
    const auto find = [&](const char* name, const char* conventional = nullptr) {
        variables.push_back(variable_of(name));
        auto value = find_given(app, name, conventional, result.warnings);
        if (value) result.sources[name] = value->source;
        return value;
    };
    for (const auto& row : numbers) {
        if (const auto value = find(row.name)) result.*row.value = to_number(*value, row);
    }
    for (const auto& row : texts) {
        if (const auto value = find(row.name, row.conventional)) result.*row.value = value->text;
    }
    for (const auto& row : switches) {
        if (const auto value = find(row.name)) result.*row.value = to_switch(*value);
    }
    if (const auto value = find("log-format")) {
        if (value->text != "text" && value->text != "json") {
            throw usage_error(value->source + ": \"" + value->text + "\" is neither text nor json");
        }
        result.log_json = value->text == "json";
    }
    std::ranges::move(program::warn_of_unknown_variables(environ, variables),
                      std::back_inserter(result.warnings));
    return result;
}

}  // namespace lanewise::server
