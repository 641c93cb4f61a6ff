#include "gathering.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

namespace lanewise::bench::live {
namespace {

// More would be no one's service, and their windows no reply that is read.
constexpr std::size_t targets_max = 2'000;
constexpr std::size_t names_shown_max = 8;

using omissions = std::map<std::string, std::uint64_t>;

/// A value for each point in time; point 0 is where the first window begins.
using points = std::vector<std::optional<double>>;

struct target_key {
    std::string pool, target;
    auto operator<=>(const target_key&) const = default;
};

using by_target = std::map<target_key, points>;

std::string seconds_of(double seconds) {
    return std::to_string(std::llround(seconds)) + "s";
}

std::string label_of(const time_series& series, const std::string& name) {
    const auto found = series.labels.find(name);
    return found == series.labels.end() ? std::string{} : found->second;
}

class gathering {
public:
    gathering(const gather_options& options, const ask_range& ask) : options_{options}, ask_{ask} {
        labels_ = options.series.pool_label;
        for (const auto& one : options.series.target_labels) labels_ += ", " + one;
    }

    live_section run();

private:
    [[nodiscard]] std::string selector(const std::string& from) const {
        return with_matchers(from, options_.matchers);
    }
    [[nodiscard]] std::string window() const { return seconds_of(options_.window_seconds); }

    range_answer asked(const std::string& what, const std::string& promql) {
        made_.queries.push_back({what, promql});
        const double end =
            options_.start + options_.window_seconds * static_cast<double>(options_.windows);
        auto answer = ask_(promql, {options_.start, end, options_.window_seconds});
        for (auto& one : answer.warnings) {
            if (std::ranges::find(made_.warnings, one) == made_.warnings.end())
                made_.warnings.push_back(std::move(one));
        }
        count("values that were NaN or infinite", answer.not_finite);
        count("series of native histograms, which are not read", answer.native_histograms);
        count("series that came twice", answer.duplicates);
        return answer;
    }

    void count(const std::string& what, std::uint64_t many) {
        if (many > 0) left_out_[what] += many;
    }

    /// The values on the grid of windows; nothing where the Prometheus had none.
    points on_grid(const time_series& series) const {
        points made(options_.windows + 1);
        for (const auto& [time, value] : series.values) {
            const double at = (time - options_.start) / options_.window_seconds;
            const double nearest = std::round(at);
            if (std::abs(at - nearest) > 0.01 || nearest < 0 ||
                nearest > static_cast<double>(options_.windows))
                continue;
            made[static_cast<std::size_t>(nearest)] = value;
        }
        return made;
    }

    by_target per_target(const std::string& what, const std::string& function,
                         const std::string& from) {
        const auto answer = asked(what, "sum by (" + labels_ + ") (" + function + "(" +
                                            selector(from) + "[" + window() + "]))");
        by_target made;
        for (const auto& series : answer.series) {
            target_key key{label_of(series, options_.series.pool_label), ""};
            for (const auto& name : options_.series.target_labels)
                key.target += (key.target.empty() ? "" : " ") + label_of(series, name);
            if (key.pool.empty()) {
                count("series without the label " + options_.series.pool_label, 1);
                continue;
            }
            made.emplace(std::move(key), on_grid(series));
        }
        if (made.size() > targets_max)
            throw prometheus_failure{"more than " + std::to_string(targets_max) +
                                     " processes answer; narrow them down by --match"};
        return made;
    }

    void choose_pools(const by_target& requests);
    void drop_copies(by_target& requests);
    void check_errors_exist();
    void fill_counts(const by_target& requests);
    void fill_buckets();
    void mark_emulated();

    live_pool* pool(const std::string& name) {
        const auto found = std::ranges::find(made_.pools, name, &live_pool::name);
        return found == made_.pools.end() ? nullptr : &*found;
    }

    const gather_options& options_;
    const ask_range& ask_;
    std::string labels_;
    omissions left_out_;
    live_section made_;
};

/// One counter of one target, as differences.
struct difference {
    std::optional<double> by;
    bool reset = false;
};

const points* find_points(const by_target& in, const target_key& key) {
    const auto found = in.find(key);
    return found == in.end() ? nullptr : &found->second;
}

std::optional<double> at(const points* of, std::size_t index) {
    return of ? (*of)[index] : std::nullopt;
}

void gathering::choose_pools(const by_target& requests) {
    std::set<std::string> names;
    for (const auto& [key, values] : requests) names.insert(key.pool);
    if (names.empty())
        throw prometheus_failure{"the Prometheus has no series of " +
                                 selector(options_.series.requests) +
                                 " in this time, with a label " + options_.series.pool_label};
    std::string shown;
    for (std::size_t i = 0; const auto& name : names) {
        if (i++ == names_shown_max) {
            shown += ", ...";
            break;
        }
        shown += (shown.empty() ? "" : ", ") + name;
    }
    const auto chosen = [&](const std::string& given, const char* option,
                            std::initializer_list<std::string> usual) {
        if (!given.empty()) {
            if (!names.contains(given) && names.size() > 1)
                made_.warnings.push_back("No series has " + options_.series.pool_label + "=\"" +
                                         given + "\"; there are " + shown + ".");
            return given;
        }
        for (const auto& name : usual) {
            if (names.contains(name)) return name;
        }
        // The other of the two may not have begun yet; a pool of another name must be named.
        if (names.size() == 1 && (names.contains("amd64") || names.contains("arm64")))
            return *usual.begin();
        // A scraper that labels its targets alike renames what the page says.
        const auto& label = options_.series.pool_label;
        throw std::invalid_argument{
            std::string{option} + " is needed: the label " + label + " has " + shown +
            (names.size() == 1 && !label.starts_with("exported_")
                 ? ". Where the scraper gives its targets that label too, the page's own is "
                   "--pool-label exported_" +
                       label
                 : "")};
    };
    made_.baseline = chosen(options_.baseline, "--baseline", {"amd64", "x86_64"});
    made_.candidate = chosen(options_.candidate, "--candidate", {"arm64", "aarch64"});
    if (made_.baseline == made_.candidate)
        throw std::invalid_argument{"--baseline and --candidate both name " + made_.baseline};
    for (const auto& name : {made_.baseline, made_.candidate}) {
        live_pool one;
        one.name = name;
        one.requests.resize(options_.windows);
        one.errors.resize(options_.windows);
        one.cpu_seconds.resize(options_.windows);
        one.buckets.resize(options_.windows);
        made_.pools.push_back(std::move(one));
    }
    for (const auto& name : names) {
        if (!pool(name)) count("pools beside the two that are compared", 1);
    }
}

/// The same process by two scrape jobs would count twice.
void gathering::drop_copies(by_target& requests) {
    const auto& labels = options_.series.target_labels;
    if (std::ranges::find(labels, "job") == labels.end() || labels.size() < 2) return;
    std::set<target_key> seen;
    for (auto one = requests.begin(); one != requests.end();) {
        const auto space = one->first.target.find(' ');
        const target_key bare{one->first.pool, one->first.target.substr(space + 1)};
        if (seen.insert(bare).second) {
            ++one;
        } else {
            one = requests.erase(one);
            count("processes that another job scrapes too", 1);
        }
    }
}

/// A misspelt name would read as no error at all.
void gathering::check_errors_exist() {
    const auto name = [](const std::string& of) { return of.substr(0, of.find('{')); };
    const auto metric = name(options_.series.errors);
    if (metric == name(options_.series.requests)) return;
    const auto answer = asked("whether errors are counted",
                              "count(last_over_time(" + with_matchers(metric, options_.matchers) +
                                  "[" + window() + "]))");
    if (answer.series.empty())
        throw prometheus_failure{"the Prometheus has no series of " + metric +
                                 ", by which errors are counted"};
}

void gathering::fill_counts(const by_target& requests) {
    const auto& preset = options_.series;
    const auto errors = per_target("errors", "last_over_time", preset.errors);
    const auto resets = per_target("resets of requests", "resets", preset.requests);
    const auto grown = per_target("requests over resets", "increase", preset.requests);
    const auto errors_grown = per_target("errors over resets", "increase", preset.errors);
    by_target cpu, cpu_grown;
    if (!preset.cpu.empty()) {
        cpu = per_target("CPU seconds", "last_over_time", preset.cpu);
        cpu_grown = per_target("CPU seconds over resets", "increase", preset.cpu);
    }
    std::vector<bool> cpu_lacks(made_.pools.size() * options_.windows, false);
    const auto place_of = [&](const live_pool& of, std::size_t window) {
        return static_cast<std::size_t>(&of - made_.pools.data()) * options_.windows + window;
    };
    for (const auto& [key, values] : requests) {
        auto* to = pool(key.pool);
        if (!to) continue;
        ++to->targets;
        const auto* error_values = find_points(errors, key);
        const auto* cpu_values = find_points(cpu, key);
        bool seen = false;
        for (std::size_t i = 1; i <= options_.windows; ++i) {
            if (!values[i]) {
                if (seen && i < options_.windows && values[i + 1])
                    count("windows of a process that has a gap", 1);
                continue;
            }
            const bool first = !seen && !values[i - 1];
            seen = true;
            if (!first && !values[i - 1]) continue;  // a gap before it: not bridged
            const bool reset = !first && (*values[i] < *values[i - 1] ||
                                          at(find_points(resets, key), i).value_or(0) > 0);
            if (reset) count("windows of a process with a counter reset, counted from it on", 1);
            // Of a counter that was reset: what it said since, or what the Prometheus makes of all
            // samples, whichever is more.
            const auto since = [&](const points* whole, const by_target& increases,
                                   double otherwise) {
                const double increase = at(find_points(increases, key), i).value_or(0);
                return reset   ? std::max(at(whole, i).value_or(0), increase)
                       : first ? increase
                               : otherwise;
            };
            const double asked_for = since(&values, grown, *values[i] - values[i - 1].value_or(0));
            // A class of status that has not come yet has no series: none of it.
            const double failed = std::clamp(
                since(error_values, errors_grown,
                      at(error_values, i).value_or(0) - at(error_values, i - 1).value_or(0)),
                0.0, asked_for);
            const auto window = i - 1;
            to->requests[window] = to->requests[window].value_or(0) + asked_for;
            to->errors[window] = to->errors[window].value_or(0) + failed;
            const auto now = at(cpu_values, i), before = at(cpu_values, i - 1);
            if (!now || (!before && !first)) {
                cpu_lacks[place_of(*to, window)] = true;
                continue;
            }
            to->cpu_seconds[window] =
                to->cpu_seconds[window].value_or(0) +
                std::max(0.0, since(cpu_values, cpu_grown, *now - before.value_or(0)));
        }
    }
    for (auto& one : made_.pools) {
        for (std::size_t window = 0; window < options_.windows; ++window) {
            if (!cpu_lacks[place_of(one, window)]) continue;
            one.cpu_seconds[window].reset();
            if (!preset.cpu.empty()) count("windows of a pool without all CPU seconds", 1);
        }
    }
}

std::optional<double> bound_of(const std::string& text) {
    if (text == "+Inf" || text == "Inf" || text == "inf" || text == "+inf")
        return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0))
        return std::nullopt;
    return value;
}

void gathering::fill_buckets() {
    const auto& preset = options_.series;
    if (preset.durations.empty()) return;
    const auto answer = asked("durations", "sum by (" + preset.pool_label + ", le) (increase(" +
                                               selector(preset.durations) + "[" + window() + "]))");
    std::map<std::string, std::map<double, points>> found;
    for (const auto& series : answer.series) {
        const auto bound = bound_of(label_of(series, "le"));
        const auto name = label_of(series, preset.pool_label);
        if (!pool(name)) continue;
        if (!bound) {
            count("series of durations without a bound that is a number", 1);
            continue;
        }
        // "1" and "1.0" are one bound: of a fleet that changes its client library, each half.
        auto& at_bound = found[name][*bound];
        const auto more = on_grid(series);
        if (at_bound.empty()) {
            at_bound = more;
        } else {
            for (std::size_t i = 0; i < more.size(); ++i) {
                if (more[i]) at_bound[i] = at_bound[i].value_or(0) + *more[i];
            }
        }
    }
    constexpr double whole = std::numeric_limits<double>::infinity();
    std::vector<double> bounds;
    for (const auto& [bound, values] : found[made_.baseline]) {
        if (std::ranges::all_of(found, [&](const auto& one) {
                return one.second.empty() || one.second.contains(bound);
            }))
            bounds.push_back(bound);
    }
    if (bounds.empty() || bounds.back() != whole) {
        if (!answer.series.empty())
            count("histograms that lack a bucket for all requests, or a bound in common", 1);
        return;
    }
    bounds.pop_back();
    for (const double bound : bounds)
        made_.bounds_seconds.push_back(bound * preset.duration_unit_seconds);
    bounds.push_back(whole);
    for (auto& to : made_.pools) {
        auto& of = found[to.name];
        if (of.empty()) continue;
        for (std::size_t i = 1; i <= options_.windows; ++i) {
            std::vector<double> counts;
            bool complete = true;
            double most = 0, fallen = 0;
            for (const double bound : bounds) {
                const auto value = of[bound][i];
                complete = complete && value;
                const double count_here = std::max(0.0, value.value_or(0));
                fallen = std::max(fallen, most - count_here);
                most = std::max(most, count_here);
                counts.push_back(most);  // increase() rounds each bucket by itself
            }
            if (!complete) continue;
            if (fallen > 0.01 * most + 1) {
                count("windows whose buckets are no histogram: a larger one counts less", 1);
                continue;
            }
            to.buckets[i - 1] = std::move(counts);
        }
    }
}

void gathering::mark_emulated() {
    if (options_.series.emulated.empty()) return;
    const auto answer =
        asked("emulated pools", "max by (" + options_.series.pool_label + ") (last_over_time(" +
                                    selector(options_.series.emulated) + "[" + window() + "]))");
    for (const auto& series : answer.series) {
        if (auto* one = pool(label_of(series, options_.series.pool_label)))
            one->emulated = one->emulated || std::ranges::any_of(series.values, [](const auto& at) {
                                return at.second > 0;
                            });
    }
}

live_section gathering::run() {
    made_.preset = options_.series.name;
    made_.start = options_.start;
    made_.window_seconds = options_.window_seconds;
    made_.windows = options_.windows;
    auto requests = per_target("requests", "last_over_time", options_.series.requests);
    choose_pools(requests);
    drop_copies(requests);
    check_errors_exist();
    fill_counts(requests);
    fill_buckets();
    mark_emulated();
    for (const auto& [what, many] : left_out_) made_.omissions.push_back({what, many});
    return std::move(made_);
}

}  // namespace

live_section gather(const gather_options& options, const ask_range& ask) {
    return gathering{options, ask}.run();
}

std::map<std::string, pool_nodes> nodes_seen(const gather_options& options, const ask_range& ask) {
    std::map<std::string, pool_nodes> found;
    const auto window = seconds_of(options.window_seconds);
    const time_range over{
        options.start + options.window_seconds,
        options.start + options.window_seconds * static_cast<double>(options.windows),
        options.window_seconds};
    const auto mean_of = [](const time_series& series) {
        double sum = 0;
        for (const auto& [time, value] : series.values) sum += value;
        return sum;
    };
    const auto points_asked = static_cast<double>(options.windows);
    const auto nodes =
        ask("count by (label_kubernetes_io_arch, label_node_kubernetes_io_instance_type) "
            "(last_over_time(kube_node_labels[" +
                window + "]))",
            over);
    for (const auto& series : nodes.series) {
        const auto architecture = label_of(series, "label_kubernetes_io_arch");
        const auto instance = label_of(series, "label_node_kubernetes_io_instance_type");
        if (architecture.empty() || instance.empty()) continue;
        found[architecture].by_instance[instance] += mean_of(series) / points_asked;
    }
    const auto costs =
        ask("sum by (arch) (avg_over_time(node_total_hourly_cost[" + window + "]))", over);
    for (const auto& series : costs.series) {
        const auto architecture = label_of(series, "arch");
        if (!architecture.empty())
            found[architecture].usd_per_hour = mean_of(series) / points_asked;
    }
    return found;
}

}  // namespace lanewise::bench::live
