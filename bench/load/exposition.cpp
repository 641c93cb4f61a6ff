#include "exposition.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace lanewise::bench {
namespace {

constexpr std::size_t shown_max = 5;  ///< series in a message

bool is_blank(char one) noexcept {
    return one == ' ' || one == '\t';
}

bool begins_name(char one) noexcept {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || one == '_' || one == ':';
}

bool continues_name(char one) noexcept {
    return begins_name(one) || (one >= '0' && one <= '9');
}

/// One line, read from left to right.
class line_reader {
public:
    explicit line_reader(std::string_view text) : rest_{text} {}

    void skip_blanks() {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool at(char one) const { return rest_.starts_with(one); }
    bool take(char one) {
        if (!at(one)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// Empty where none begins here.
    std::string name() {
        if (rest_.empty() || !begins_name(rest_.front())) return {};
        const auto end = std::ranges::find_if_not(rest_, continues_name);
        return cut(static_cast<std::size_t>(end - rest_.begin()));
    }

    /// A value in quotes, where \\, \" and \n stand for a backslash, a quote and a line feed.
    std::string quoted() {
        if (!take('"')) throw std::invalid_argument{"a label's value does not stand in quotes"};
        std::string value;
        for (; !rest_.empty(); rest_.remove_prefix(1)) {
            char one = rest_.front();
            if (one == '"') {
                rest_.remove_prefix(1);
                return value;
            }
            if (one == '\\') {
                rest_.remove_prefix(1);
                if (rest_.empty()) break;
                one = rest_.front();
                if (one == 'n') {
                    one = '\n';
                } else if (one != '\\' && one != '"') {
                    value += '\\';  // other escapes are none: Prometheus keeps both
                }
            }
            value += one;
        }
        throw std::invalid_argument{"a label's quote is not closed"};
    }

    std::string word() {
        const auto end = std::ranges::find_if(rest_, is_blank);
        return cut(static_cast<std::size_t>(end - rest_.begin()));
    }

private:
    std::string cut(std::size_t length) {
        std::string text{rest_.substr(0, length)};
        rest_.remove_prefix(length);
        return text;
    }

    std::string_view rest_;
};

/// The name of a metric may stand quoted among the labels, where it is more than letters.
void read_labels(line_reader& line, std::string& name, std::vector<metric_label>& labels) {
    line.skip_blanks();
    if (!line.take('{')) return;
    for (;;) {
        line.skip_blanks();
        if (line.take('}')) return;
        const bool in_quotes = line.at('"');
        auto label = in_quotes ? line.quoted() : line.name();
        if (label.empty()) throw std::invalid_argument{"a label has no name"};
        line.skip_blanks();
        if (line.take('=')) {
            line.skip_blanks();
            labels.push_back({std::move(label), line.quoted()});
        } else if (in_quotes && name.empty()) {
            name = std::move(label);
        } else {
            throw std::invalid_argument{"label \"" + label + "\" has no = behind its name"};
        }
        line.skip_blanks();
        if (line.take(',')) continue;
        if (!line.at('}')) throw std::invalid_argument{"a label is followed by no , and no }"};
    }
}

double number(std::string word) {
    const auto is = [&](std::string_view other) { return boost::beast::iequals(word, other); };
    const bool negative = word.starts_with('-');
    if (negative || word.starts_with('+')) word.erase(0, 1);
    const double sign = negative ? -1 : 1;
    if (is("NaN")) return std::numeric_limits<double>::quiet_NaN();
    if (is("Inf") || is("Infinity")) return sign * std::numeric_limits<double>::infinity();
    const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
    const char* const first = word.data() + (hexadecimal ? 2 : 0);
    const char* const last = word.data() + word.size();
    double value = 0;
    const auto [end, error] = std::from_chars(
        first, last, value, hexadecimal ? std::chars_format::hex : std::chars_format::general);
    // from_chars would take a second sign, and words such as nan(1).
    const bool plain =
        first < last && (*first == '.' || std::isxdigit(static_cast<unsigned char>(*first)) != 0);
    if (error != std::errc{} || end != last || !plain)
        throw std::invalid_argument{"\"" + word + "\" is no number"};
    return sign * value;
}

/// Milliseconds; OpenMetrics, which some servers send all the same, has seconds with a point.
std::int64_t timestamp(const std::string& word) {
    const double value = number(word);
    const bool in_seconds = word.find_first_of(".eE") != std::string::npos;
    const double ms = in_seconds ? value * 1000 : value;
    if (!(std::abs(ms) < 1e17)) throw std::invalid_argument{"\"" + word + "\" is no timestamp"};
    return static_cast<std::int64_t>(ms);
}

metric_sample read_sample(std::string_view text) {
    line_reader line{text};
    metric_sample sample;
    sample.name = line.name();
    read_labels(line, sample.name, sample.labels);
    line.skip_blanks();
    if (line.at_end()) throw std::invalid_argument{"the value is missing"};
    sample.value = number(line.word());
    line.skip_blanks();
    if (line.at_end() || line.at('#')) return sample;  // OpenMetrics' exemplar
    sample.sampled_ms = timestamp(line.word());
    line.skip_blanks();
    if (!line.at_end() && !line.at('#'))
        throw std::invalid_argument{"something follows the timestamp"};
    return sample;
}

/// The metric's name without reading the rest: most lines of a page are of other metrics.
std::string name_of_line(std::string_view text) {
    line_reader line{text};
    auto name = line.name();
    if (!name.empty() || !line.take('{')) return name;
    line.skip_blanks();
    try {
        return line.quoted();
    } catch (const std::invalid_argument&) {
        return {};
    }
}

std::string label_of(const metric_sample& sample, std::string_view name) {
    const auto found = std::ranges::find(sample.labels, name, &metric_label::name);
    return found == sample.labels.end() ? std::string{} : found->value;
}

std::string in_words(const std::string& name, const std::vector<metric_label>& labels) {
    std::string text = name;
    for (const auto& [label, value] : labels)
        text += (text.size() == name.size() ? "{" : ",") + label + "=\"" + value + "\"";
    return labels.empty() ? text : text + "}";
}

std::string list_of(const std::vector<metric_sample>& samples) {
    std::string text;
    for (std::size_t i = 0; i < std::min(samples.size(), shown_max); ++i)
        text += (i == 0 ? "" : ", ") + in_words(samples[i].name, samples[i].labels);
    if (samples.size() > shown_max)
        text += " and " + std::to_string(samples.size() - shown_max) + " more";
    return text;
}

page_reading problem(std::string text) {
    page_reading reading;
    reading.problem = std::move(text);
    return reading;
}

page_reading sum_of(const std::vector<metric_sample>& samples, std::string series) {
    page_reading reading;
    reading.series = std::move(series);
    for (const auto& sample : samples) {
        const auto which = in_words(sample.name, sample.labels);
        if (!std::isfinite(sample.value)) return problem(which + " is no finite number");
        if (sample.value < 0) return problem(which + " is below 0, as no CPU time is");
        reading.value += sample.value;
        if (sample.sampled_ms)
            reading.sampled_ms =
                std::min(*sample.sampled_ms, reading.sampled_ms.value_or(*sample.sampled_ms));
    }
    return reading;
}

/// A page that counts each hardware thread beside their sum is not counted twice.
void keep_totals(std::vector<metric_sample>& samples) {
    const auto is_total = [](const metric_sample& one) { return label_of(one, "cpu") == "total"; };
    if (std::ranges::any_of(samples, is_total)) std::erase_if(samples, std::not_fn(is_total));
}

}  // namespace

series_selector parse_selector(std::string_view text) {
    line_reader line{text};
    series_selector selector;
    try {
        line.skip_blanks();
        selector.name = line.name();
        read_labels(line, selector.name, selector.labels);
        line.skip_blanks();
        if (selector.name.empty()) throw std::invalid_argument{"it names no metric"};
        if (!line.at_end()) throw std::invalid_argument{"something follows the labels"};
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{
            std::string{error.what()} +
            "; a series is name{label=\"value\"}, such as process_cpu_seconds_total"};
    }
    return selector;
}

std::vector<metric_sample> samples_of(std::string_view page,
                                      const std::vector<std::string>& names) {
    std::vector<metric_sample> samples;
    for (std::size_t number = 1; !page.empty(); ++number) {
        const auto end = page.find('\n');
        auto line = page.substr(0, end);
        page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
        // HELP, TYPE, comments and empty lines start with no name.
        if (std::ranges::find(names, name_of_line(line)) == names.end()) continue;
        try {
            samples.push_back(read_sample(line));
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument{"line " + std::to_string(number) + ": " + error.what()};
        }
    }
    return samples;
}

page_reading cpu_seconds_of(std::string_view page, const std::optional<series_selector>& selector) {
    const series_selector wanted =
        selector.value_or(series_selector{"process_cpu_seconds_total", {}});
    const auto all = samples_of(page, {wanted.name});
    if (all.empty()) {
        return problem("the page has no series " + wanted.name +
                       (selector ? "" : "; --server-series or --server-pod names another"));
    }
    auto samples = all;
    std::erase_if(samples, [&](const metric_sample& one) {
        return !std::ranges::all_of(wanted.labels, [&](const metric_label& label) {
            return label_of(one, label.name) == label.value;
        });
    });
    const auto series = in_words(wanted.name, wanted.labels);
    if (samples.empty()) return problem("no series is " + series + "; there are " + list_of(all));
    keep_totals(samples);
    if (!selector && samples.size() > 1) {
        return problem(std::to_string(samples.size()) +
                       " series are called so; --server-series chooses one or several of " +
                       list_of(samples));
    }
    return sum_of(samples, series);
}

page_reading cpu_seconds_of_pod(std::string_view page, std::string_view pod) {
    const auto slash = pod.find('/');
    const auto space = slash == std::string_view::npos ? std::string_view{} : pod.substr(0, slash);
    const auto name = slash == std::string_view::npos ? pod : pod.substr(slash + 1);
    const std::string of_pods = "pod_cpu_usage_seconds_total";
    const std::string of_containers = "container_cpu_usage_seconds_total";
    auto samples = samples_of(page, {of_pods, of_containers});
    if (samples.empty())
        return problem("the page has neither " + of_pods + " nor " + of_containers);
    std::erase_if(samples, [&](const metric_sample& one) {
        return label_of(one, "pod") != name ||
               (!space.empty() && label_of(one, "namespace") != space);
    });
    const auto asked = "pod " + std::string{pod};
    if (samples.empty()) return problem("no series is of " + asked);
    const auto first_space = label_of(samples.front(), "namespace");
    if (std::ranges::any_of(samples, [&](const metric_sample& one) {
            return label_of(one, "namespace") != first_space;
        }))
        return problem("several namespaces have a pod " + std::string{name} +
                       "; write NAMESPACE/POD");
    const auto only = [&](const auto& fits) {
        if (std::ranges::any_of(samples, fits)) std::erase_if(samples, std::not_fn(fits));
    };
    only([&](const metric_sample& one) { return one.name == of_pods; });
    // cAdvisor counts the pod's own group too, without a container, and the pause container as POD.
    only([](const metric_sample& one) {
        const auto container = label_of(one, "container");
        return !container.empty() && container != "POD";
    });
    keep_totals(samples);
    const auto from = samples.front().name;
    return sum_of(samples, from + " of " + asked);
}

}  // namespace lanewise::bench
