#include "exposition.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

#include "build_info.hpp"
#include "kernels/catalogue.hpp"
#include "routes.hpp"
#include "server/http/negotiation.hpp"

namespace lanewise::server {
namespace {

struct label {
    std::string_view name, value;
};

// OpenMetrics writes numbers of labels in one canonical way, with a point or an exponent.
constexpr std::array<std::string_view, duration_histogram::bounds_seconds.size()> canonical_bounds{
    "5e-05", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01",
    "0.025", "0.05",   "0.1",     "0.25",   "0.5",   "1.0",    "2.5",   "10.0"};

// Writes samples, each family under its HELP and TYPE lines.
class writer {
public:
    explicit writer(exposition_format format)
        : open_metrics_{format == exposition_format::open_metrics} {}

    // The name is that of the samples; OpenMetrics calls a family without their suffix.
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        if (open_metrics_ && type == "counter") name = without(name, "_total");
        if (open_metrics_ && name.ends_with("_info")) {
            name = without(name, "_info");
            type = "info";
        }
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
        text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    template <class Number>
    void sample(Number value, std::initializer_list<label> labels = {},
                std::string_view suffix = {}) {
        text_.append(name_).append(suffix);
        char separator = '{';
        for (const auto& one : labels) {
            text_ += separator;
            text_.append(one.name).append("=\"");
            append_escaped(one.value);
            text_ += '"';
            separator = ',';
        }
        if (labels.size() > 0) text_ += '}';
        text_ += ' ';
        append_number(value);
        text_ += '\n';
    }

    // Of this route's durations; none: they are no route's.
    static constexpr std::size_t no_route = static_cast<std::size_t>(-1);

    // One histogram, added up over the threads.
    template <class Select>
    void histogram(std::span<const std::unique_ptr<thread_metrics>> threads, Select select,
                   std::initializer_list<label> labels, std::size_t route = no_route) {
        constexpr auto& bounds = duration_histogram::bounds_seconds;
        std::uint64_t count = 0;
        double sum = 0;
        for (std::size_t i = 0; i <= bounds.size(); ++i) {
            for (const auto& one : threads) count += select(*one).in_bucket(i);
            char bound[32] = "+Inf";
            if (i < bounds.size()) {
                if (open_metrics_) {
                    canonical_bounds[i].copy(bound, sizeof bound - 1);
                    bound[canonical_bounds[i].size()] = '\0';
                } else {
                    *std::to_chars(bound, bound + sizeof bound - 1, bounds[i]).ptr = '\0';
                }
            }
            // A family has one label of its own at most.
            if (labels.size() > 0) {
                sample(count, {*labels.begin(), {"le", bound}}, "_bucket");
            } else {
                sample(count, {{"le", bound}}, "_bucket");
            }
            if (open_metrics_ && route != no_route) append_exemplar(threads, route, i);
        }
        for (const auto& one : threads) sum += select(*one).sum_seconds();
        sample(sum, labels, "_sum");
        sample(count, labels, "_count");
    }

    [[nodiscard]] std::string take() {
        if (open_metrics_) text_ += "# EOF\n";
        return std::move(text_);
    }

private:
    static std::string_view without(std::string_view name, std::string_view suffix) {
        return name.substr(0, name.size() - (name.ends_with(suffix) ? suffix.size() : 0));
    }

    // To the line that was written last: the latest that any thread has.
    void append_exemplar(std::span<const std::unique_ptr<thread_metrics>> threads,
                         std::size_t route, std::size_t bucket) {
        std::optional<exemplar> latest;
        for (const auto& one : threads) {
            const auto found = one->exemplars[route][bucket].get();
            if (found && (!latest || found->at > latest->at)) latest = found;
        }
        if (!latest) return;
        text_.pop_back();
        text_.append(" # {trace_id=\"").append(latest->of.trace.data(), latest->of.trace.size());
        text_.append("\",span_id=\"").append(latest->of.span.data(), latest->of.span.size());
        text_ += "\"} ";
        append_number(static_cast<double>(latest->duration.count()) / 1e9);
        text_ += ' ';
        append_number(static_cast<double>(latest->at.count()) / 1e3);
        text_ += '\n';
    }

    void append_escaped(std::string_view value) {
        for (const char c : value) {
            if (c == '\\' || c == '"') text_ += '\\';
            text_ += c;
        }
    }

    template <class Number>
    void append_number(Number value) {
        char digits[32];
        text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }

    const bool open_metrics_;
    std::string text_;
    std::string name_;
};

using threads = std::span<const std::unique_ptr<thread_metrics>>;

std::uint64_t total(threads all, counter thread_metrics::* which) {
    std::uint64_t sum = 0;
    for (const auto& one : all) sum += ((*one).*which).value();
    return sum;
}

void write_requests(writer& out, threads all) {
    constexpr std::string_view classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    const auto names = route_names();
    out.family("lanewise_http_requests_total", "counter",
               "Requests answered, by route and class of status.");
    for (std::size_t route = 0; route < names.size(); ++route) {
        for (std::size_t status_class = 0; status_class < std::size(classes); ++status_class) {
            std::uint64_t count = 0;
            for (const auto& one : all) count += one->routes[route].by_class[status_class].value();
            // Every route shows its successes from the start; other series begin with their first
            // request.
            if (count > 0 || status_class == 1) {
                out.sample(count, {{"route", names[route]}, {"code", classes[status_class]}});
            }
        }
    }
    out.family("lanewise_http_request_duration_seconds", "histogram",
               "Time from the read of a request's last byte to the first write of its reply.");
    for (std::size_t route = 0; route < names.size(); ++route) {
        out.histogram(
            all, [route](const thread_metrics& one) -> auto& { return one.routes[route].duration; },
            {{"route", names[route]}}, route);
    }
    out.family("lanewise_http_received_bytes_total", "counter", "Bytes read from clients.");
    out.sample(total(all, &thread_metrics::received_bytes));
    out.family("lanewise_http_sent_bytes_total", "counter", "Bytes written to clients.");
    out.sample(total(all, &thread_metrics::sent_bytes));
}

void write_connections(writer& out, threads all, const config& settings) {
    const auto closed = total(all, &thread_metrics::connections_closed);
    const auto accepted = total(all, &thread_metrics::connections_accepted);
    out.family("lanewise_connections", "gauge", "Connections that are open.");
    out.sample(accepted > closed ? accepted - closed : 0);
    out.family("lanewise_connections_max", "gauge",
               "Connections that may be open (--connections-max).");
    out.sample(settings.connections_max);
    out.family("lanewise_connections_accepted_total", "counter", "Connections accepted.");
    out.sample(accepted);
    out.family("lanewise_connections_turned_away_total", "counter",
               "Connections answered 503 because there were too many.");
    out.sample(total(all, &thread_metrics::connections_turned_away));
    out.family(
        "lanewise_connections_gave_way_total", "counter",
        "Connections ended to make room for others: they had waited longest, with a head that "
        "did not come whole or replies that were not read.");
    out.sample(total(all, &thread_metrics::connections_gave_way));
}

void write_tls(writer& out, threads all, const exposition_sources& from) {
    if (from.certificate_expires_seconds == 0) return;
    out.family("lanewise_tls_handshakes_total", "counter", "TLS handshakes, by how they ended.");
    out.sample(total(all, &thread_metrics::tls_handshakes_full), {{"end", "full"}});
    out.sample(total(all, &thread_metrics::tls_handshakes_resumed), {{"end", "resumed"}});
    out.sample(total(all, &thread_metrics::tls_handshakes_failed), {{"end", "failed"}});
    out.family("lanewise_tls_certificate_expires_seconds", "gauge",
               "When the certificate ends, in seconds since 1970.");
    out.sample(static_cast<double>(from.certificate_expires_seconds));
}

void write_kernels(writer& out, threads all, const exposition_sources& from) {
    const auto catalogue = kernels::catalogue();
    const auto isa = kernels::active_variant();
    const auto sum = [&all](std::size_t kernel, counter thread_metrics::kernel::* which) {
        std::uint64_t count = 0;
        for (const auto& one : all) count += (one->kernels[kernel].*which).value();
        return count;
    };
    out.family("lanewise_kernel_calls_total", "counter", "Kernel calls that returned a result.");
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
        out.sample(sum(i, &thread_metrics::kernel::calls),
                   {{"kernel", catalogue[i].name}, {"isa", isa}});
    }
    out.family("lanewise_kernel_seconds_total", "counter", "Time spent in kernels.");
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
        out.sample(static_cast<double>(sum(i, &thread_metrics::kernel::nanoseconds)) / 1e9,
                   {{"kernel", catalogue[i].name}, {"isa", isa}});
    }
    out.family("lanewise_compute_queue_depth", "gauge", "Calls that wait for a compute thread.");
    out.sample(from.compute.queue_depth());
    out.family("lanewise_compute_queue_depth_max", "gauge",
               "Calls that may wait (--queue-depth-max).");
    out.sample(from.settings.queue_depth_max);
    out.family("lanewise_compute_threads", "gauge", "Threads for long kernels.");
    out.sample(from.settings.compute_threads);
    out.family("lanewise_compute_refused_total", "counter",
               "Calls answered 503 because the queue was full.");
    out.sample(total(all, &thread_metrics::compute_refused));
    out.family("lanewise_compute_wait_seconds", "histogram",
               "Time that calls waited for a compute thread.");
    out.histogram(all, [](const thread_metrics& one) -> auto& { return one.compute_wait; }, {});
    out.family("lanewise_bodies_bytes", "gauge",
               "Memory held by bodies, results and generated inputs.");
    out.sample(from.bodies.bytes_in_use());
    out.family("lanewise_bodies_bytes_max", "gauge",
               "Memory that they may hold (--bodies-bytes-max).");
    out.sample(from.settings.bodies_bytes_max);
}

void write_log(writer& out, const exposition_sources& from) {
    out.family("lanewise_log_lines_dropped_total", "counter",
               "Lines of the log that were lost: stderr did not take them, or memory was used up.");
    out.sample(from.log.lines_dropped());
}

void write_identity(writer& out, const exposition_sources& from) {
    const auto& settings = from.settings;
    out.family("lanewise_build_info", "gauge", "Always 1; the labels say what was built.");
    out.sample(1, {{"version", LANEWISE_VERSION}, {"commit", LANEWISE_COMMIT}});
    out.family("lanewise_node_info", "gauge", "Always 1; the labels say what this runs on.");
    out.sample(1, {{"node", settings.node},
                   {"pod", settings.pod},
                   {"instance_type", settings.instance},
                   {"architecture", from.machine.architecture},
                   {"cpu", from.machine.cpu_model},
                   {"isa", kernels::active_variant()},
                   // Whether figures of this process say anything of a machine.
                   {"emulated", !from.machine.emulated   ? "unknown"
                                : *from.machine.emulated ? "true"
                                                         : "false"}});
    out.family("lanewise_ready", "gauge", "1 if ready for traffic, 0 while stopping.");
    out.sample(from.ready ? 1 : 0);
}

// The names that Prometheus' client libraries use for every process.
void write_process(writer& out, const exposition_sources& from) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    out.family("process_cpu_seconds_total", "counter", "User and system CPU time.");
    out.sample(seconds(usage.ru_utime) + seconds(usage.ru_stime));
    std::uint64_t pages = 0;
    if (std::ifstream("/proc/self/statm").ignore(64, ' ') >> pages) {
        out.family("process_resident_memory_bytes", "gauge", "Resident memory.");
        out.sample(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
    }
    rlimit descriptors{};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        out.family("process_max_fds", "gauge", "Descriptors that may be open.");
        out.sample(static_cast<std::uint64_t>(descriptors.rlim_cur));
    }
    out.family("process_start_time_seconds", "gauge",
               "When this process started, in seconds since 1970.");
    out.sample(from.started_seconds);
}

}  // namespace

exposition_format exposition_format_for(std::string_view accept) {
    const auto wanted = weights_of(accept, "application/openmetrics-text", "1.0.0");
    const auto text = weights_of(accept, "text/plain", "0.0.4");
    return wanted.named > 0 && wanted.named >= text.any ? exposition_format::open_metrics
                                                        : exposition_format::text;
}

std::string exposition(const exposition_sources& from, exposition_format format) {
    writer out(format);
    write_requests(out, from.threads);
    write_connections(out, from.threads, from.settings);
    write_tls(out, from.threads, from);
    write_kernels(out, from.threads, from);
    write_log(out, from);
    write_identity(out, from);
    write_process(out, from);
    return out.take();
}

}  // namespace lanewise::server
