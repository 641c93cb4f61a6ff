// lanewise-bench http: how much open-loop load HTTP services hold at a latency target.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/value.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/claims/claims_load.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/figures/format.hpp"
#include "bench/figures/statistics.hpp"
#include "bench/load/http_load.hpp"
#include "bench/load/request_flags.hpp"
#include "bench/machine/environment.hpp"
#include "bench/machine/progress.hpp"
#include "bench/workloads/request_mix_of.hpp"
#include "bench/workloads/text_input.hpp"
#include "command.hpp"
#include "http_pools.hpp"
#include "kernels/machine/machine.hpp"
#include "number_within.hpp"
#include "options.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

struct http_command_options {
    http_options load;
    request_flags request;
    pool_flags pools;
    std::string workload;  ///< a file; empty: one request, by the flags
    std::string cpus;      ///< as it was typed
    labels names;
    std::string output = "-";
    std::vector<std::string> command;
};

/// What the user waited for, in a line for each URL.
void say_what_held(const json::object& content) {
    for (const auto& load : claims_about_load({"", "", content})) {
        std::vector<double> rates;
        std::size_t bound = 0;
        for (const auto& round : load.rounds) {
            if (round.rate_at_target) rates.push_back(*round.rate_at_target);
            bound += round.bound_by_generator ? 1 : 0;
        }
        std::cerr << "lanewise-bench: " << (load.named ? load.server.pool + ", " : "") << load.url
                  << ": ";
        if (!rates.empty()) {
            std::cerr << digits(median(rates)) << " requests a second with p99 within "
                      << digits(load.target_p99_ms.value_or(0), 2) << " ms, the median of "
                      << counted(rates.size(), "round");
        } else {
            std::cerr << "no rate was confirmed";
        }
        if (!load.failures.empty()) {
            const auto most = std::ranges::max_element(load.failures, {},
                                                       [](const auto& one) { return one.second; });
            std::cerr << "; of the requests that failed most met this: " << most->first << " ("
                      << most->second << ")";
        }
        if (bound > 0) {
            std::cerr << "; in " << counted(bound, "round")
                      << " the generator could not hold its own rate, so this is not ranked: it "
                         "needs a quieter machine, or more cores by --cpus";
        }
        std::cerr << ".\n";
    }
}

/// What was typed, for the document: without values that are nobody else's business.
std::vector<std::string> without_secrets(std::vector<std::string> words) {
    constexpr std::string_view flag = "--header";
    constexpr std::string_view joined = "--header=";
    for (std::size_t i = 1; i < words.size(); ++i) {
        const bool is_joined = words[i].starts_with(joined);
        if (!is_joined && words[i - 1] != flag) continue;
        const auto start = is_joined ? joined.size() : 0;
        const auto colon = words[i].find(':', start);
        if (colon != std::string::npos && is_secret(words[i].substr(start, colon - start)))
            words[i].replace(colon, std::string::npos, ": ...");
    }
    return words;
}

int measure_load(const http_command_options& options) {
    refuse_debug_build();
    check_output(options.output);
    catch_interruption();
    auto document = new_document(without_secrets(options.command));
    const auto facts = machine::read();
    put_machine(document, facts, options.names);
    const auto before = observe(facts);
    put_http(document, facts, options.names.node, options.load);
    const auto after = observe(facts);
    put_environment(document, facts, before, after);
    if (interrupted()) add_note(document, "", "interrupted: what had not run by then is missing");
    for (const auto* field : {"/kernels", "/sweeps"})
        add_note(document, field, "not measured by this command");
    say_what_held(document);
    write_atomically(options.output, document_text(std::move(document)));
    return interrupted() ? 1 : 0;
}

void read_cpus(http_command_options& options) {
    if (options.cpus.empty()) return;
    const auto parsed = machine::parse_cpu_list(options.cpus);
    if (!parsed) {
        throw std::invalid_argument{"--cpus " + options.cpus + " is no list of CPUs such as 2-3,8"};
    }
    options.load.cpus = *parsed;
}

/// What is wrong with a workload is told as bad usage, with its field and line.
void take_workload(http_command_options& options) {
    if (options.workload.empty()) return;
    try {
        auto read = workloads::read_workload(options.workload);
        options.load.workload_sha256 = read.sha256;
        for (const auto& note : read.unused)
            std::cerr << "lanewise-bench: " << options.workload << ": " << note << "\n";
        options.load.workload = workloads::request_mix_of(std::move(read));
    } catch (const workloads::unusable& error) {
        throw std::invalid_argument{error.what()};
    }
}

void add_request(CLI::App& command, request_flags& request) {
    command
        .add_option("--method", request.method,
                    "Method of the request (default: POST with --body, else GET)")
        ->type_name("METHOD");
    command
        .add_option("--header", request.headers,
                    "Header field, as in \"Name: value\"; may come several times. The document "
                    "keeps no value of a field such as Authorization or Cookie")
        ->type_name("FIELD")
        ->allow_extra_args(false);
    command
        .add_option("--body", request.body,
                    "Body of the request: the text, or @FILE for what a file holds")
        ->type_name("BODY");
    command
        .add_option("--expect", request.expect,
                    "Statuses that count as a success: 200, 2xx or 200-299,404 (default: 2xx)")
        ->type_name("STATUSES");
}

/// What is known of pools, POOL=VALUE each, once for a pool.
void add_pools(CLI::App& command, pool_flags& pools) {
    const auto add = [&](const char* name, std::vector<std::string>& typed, const char* value,
                         const char* help) {
        command.add_option(name, typed, help)
            ->type_name(std::string{"POOL="} + value)
            ->allow_extra_args(false);
    };
    add("--machine", pools.machines, "FILE",
        "What `lanewise-bench machine --json` says on a node of the pool, for a server without "
        "/v1/identity; may come several times, as may all that name a pool");
    add("--server-pid", pools.pids, "PID",
        "A server's process on this machine: its CPU time is counted with its children's");
    add("--server-cgroup", pools.cgroups, "PATH",
        "A server's cgroup on this machine, below /sys/fs/cgroup");
    add("--server-metrics", pools.pages, "URL",
        "Page in Prometheus' text format that has the server's process_cpu_seconds_total; with "
        "--server-pod a page of the kubelet's or of cAdvisor");
    add("--server-pod", pools.pods, "NAMESPACE/POD",
        "Pod that counts on that page: its pod_cpu_usage_seconds_total or "
        "container_cpu_usage_seconds_total");
    add("--server-series", pools.series, "SERIES",
        "What counts on that page, as NAME{LABEL=\"VALUE\"}; several series that fit are added up");
    add("--server-cpus", pools.cpus, "NUMBER",
        "CPUs that the server may use, where nothing else says it");
}

/// A word without = is this machine's, as in every command; POOL=NAME is of the one that answers.
void add_instances(CLI::App& command, http_command_options& options) {
    command.remove_option(command.get_option("--instance"));
    command
        .add_option_function<std::vector<std::string>>(
            "--instance",
            [&options](const std::vector<std::string>& typed) {
                for (const auto& one : typed) {
                    if (one.find('=') != std::string::npos) {
                        options.pools.instances.push_back(one);
                    } else {
                        options.names.instance = one;
                    }
                }
            },
            "Instance type of the pool, by which the report finds its price, for a server without "
            "/v1/identity; TYPE alone: this machine's (default: LANEWISE_INSTANCE; on EC2 what DMI "
            "says)")
        ->type_name("POOL=TYPE")
        ->allow_extra_args(false);
}

void add_tls(CLI::App& command, tls_options& tls) {
    command
        .add_option("--cacert", tls.ca_file,
                    "File of the certificates to trust, in PEM (default: the system's)")
        ->type_name("FILE");
    command.add_flag("--insecure{false}", tls.verify,
                     "Take any certificate; the report says that it was not verified");
    command.add_flag("--tls-resumption,!--no-tls-resumption", tls.resumption,
                     "Let new connections take up TLS sessions of earlier ones (default: they do)");
}

}  // namespace

void add_http(CLI::App& program, chosen_command& chosen) {
    auto options = std::make_shared<http_command_options>();
    auto& load = options->load;
    auto* command = program.add_subcommand(
        "http", "Find the most requests a second that servers hold; prints a document");
    command
        ->add_option("pools", options->pools.urls,
                     "A URL for each pool, http://host:port/path or https, with or without a name "
                     "for the pool")
        ->type_name("POOL=URL")
        ->required();
    add_pools(*command, options->pools);
    add_request(*command, options->request);
    auto* workload =
        command
            ->add_option("--workload", options->workload,
                         "File of weighted requests, as the workload command makes it; it replaces "
                         "the path of each URL, --method, --header, --body and --expect")
            ->type_name("FILE");
    for (const auto* flag : {"--method", "--header", "--body", "--expect"})
        workload->excludes(command->get_option(flag));
    command
        ->add_option("--requests-per-connection", load.requests_per_connection,
                     "Requests after which a connection ends; the next request opens another, and "
                     "waits for it. 0: as many as the server lets")
        ->check(whole_number_within(0, 1'000'000'000))
        ->capture_default_str();
    add_tls(*command, load.tls);
    command
        ->add_option("--p99-ms", load.p99_ms,
                     "Latency target: milliseconds within which 99 of 100 replies must come")
        ->check(number_within(0.01, 60'000.0))
        ->capture_default_str();
    command
        ->add_option("--rounds", load.rounds, "Rounds; each round measures every URL once, in turn")
        ->check(whole_number_within(1, 100))
        ->capture_default_str();
    command
        ->add_option("--warmup", load.warm_up_seconds,
                     "Seconds of load before the first round; 0: none (default: until rate and p99 "
                     "show no trend over eight windows, for 60 windows of a second at most)")
        ->check(number_within(0.0, 3600.0));
    command
        ->add_option("--seconds", load.seconds,
                     "Seconds per step; a confirming run takes three times as long")
        ->check(number_within(0.05, 600.0))
        ->capture_default_str();
    command->add_option("--connections", load.connections, "Connections kept open to each server")
        ->check(whole_number_within(1, 10'000))
        ->capture_default_str();
    command
        ->add_option("--rate-first", load.rate_first,
                     "Requests a second at which the search begins")
        ->check(number_within(1.0, 10e6))
        ->capture_default_str();
    command->add_option("--rate-max", load.rate_max, "Requests a second at which the search ends")
        ->check(number_within(1.0, 10e6))
        ->capture_default_str();
    command
        ->add_option("--cpus", options->cpus,
                     "CPUs for the load generator, as in 2-3,8 (default: those that share no core "
                     "with a local server)")
        ->type_name("LIST");
    add_output(*command, options->output, "document");
    add_labels(*command, options->names);
    add_instances(*command, *options);
    command->footer(
        "\nThe load is open loop: requests leave at times of a Poisson process whatever the "
        "replies do, and latency counts\nfrom the intended time.\n\nEXAMPLES\n"
        "  lanewise-bench http http://target-amd64:8080/ http://target-arm64:8080/ --p99-ms 5 -o "
        "http.json\n"
        "  lanewise-bench http amd64=https://a.example/ arm64=https://b.example/ --instance "
        "amd64=m7i.large --instance arm64=m7g.large\n"
        "  lanewise-bench http https://shop.example/cart --header \"Content-Type: "
        "application/json\" --body @cart.json --expect 201\n"
        "  lanewise-bench http https://shop.example/ --workload workload.json -o http.json\n"
        "  taskset -c 0 lanewise-server --threads 1 & lanewise-bench http "
        "http://127.0.0.1:8080/v1/identity");
    command->final_callback([options, &chosen] {
        options->command = chosen.words;
        chosen.run = [options] {
            read_cpus(*options);
            options->load.pools = read_pools(options->pools);
            options->load.request = read_request(options->request);
            take_workload(*options);
            return measure_load(*options);
        };
    });
}

}  // namespace lanewise::bench
