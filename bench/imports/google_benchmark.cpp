#include "google_benchmark.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/workloads/text_input.hpp"
#include "json_pieces.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t text_bytes_max = std::size_t{256} << 20;
constexpr std::size_t left_out_max = 200;

/// One row, whatever the version that wrote it.
struct row {
    std::string name;       ///< of the benchmark, without an aggregate's suffix
    std::string aggregate;  ///< mean, median ...; empty: a repetition
    std::optional<std::int64_t> family, repetition;
    bool failed = false;
    int threads = 1;
    std::optional<double> items, bytes, time_seconds;
};

std::optional<json::object> parse_object(std::string_view text) {
    json::parse_options options;
    options.allow_invalid_utf8 = true;
    options.max_depth = 64;
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, options);
    if (error || !value.is_object()) return std::nullopt;
    return value.get_object();
}

std::string text_of(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<double> number_of(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    if (!value || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

/// A rate or a time that can be measured: no NaN, no 0, nothing that a document would refuse.
std::optional<double> measured(const json::object& from, std::string_view name) {
    const auto value = number_of(from, name);
    return value && *value > 1e-30 && *value < 1e30 ? value : std::nullopt;
}

bool is_true(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

std::optional<double> seconds_of_unit(const std::string& unit) {
    if (unit.empty() || unit == "ns") return 1e-9;
    if (unit == "us") return 1e-6;
    if (unit == "ms") return 1e-3;
    if (unit == "s") return 1.0;
    return std::nullopt;
}

/// The number behind a word of the name, as in "BM_copy/threads:8".
std::optional<int> count_in_name(std::string_view name, std::string_view word) {
    const auto at = name.find(word);
    if (at == std::string_view::npos) return std::nullopt;
    const auto digits = name.substr(at + word.size());
    int count = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc{})
        return std::nullopt;
    return count;
}

/// The time that the benchmark itself goes by. With several threads CPU time adds up over them.
std::optional<double> time_of(const json::object& from, const std::string& name, int threads) {
    const auto unit = seconds_of_unit(text_of(from, "time_unit"));
    if (!unit) return std::nullopt;
    const bool by_clock = threads > 1 || name.find("/real_time") != std::string::npos ||
                          name.find("/manual_time") != std::string::npos;
    const auto time = measured(from, by_clock ? "real_time" : "cpu_time");
    const auto other = measured(from, by_clock ? "cpu_time" : "real_time");
    const auto taken = time                                                 ? time
                       : from.contains(by_clock ? "real_time" : "cpu_time") ? std::nullopt
                                                                            : other;
    return taken ? std::optional{*taken * *unit} : std::nullopt;
}

constexpr std::array<std::string_view, 8> suffixes{"_mean", "_median", "_stddev", "_cv",
                                                   "_BigO", "_RMS",    "_min",    "_max"};

/// Versions before 1.5 do not say which rows are aggregates: a name with such a suffix is one where
/// the name without it is a benchmark too, or has other aggregates.
std::string suffix_of_old(const std::string& name, const std::set<std::string>& names) {
    for (const auto suffix : suffixes) {
        if (!name.ends_with(suffix)) continue;
        const auto stem = name.substr(0, name.size() - suffix.size());
        if (names.contains(stem)) return std::string{suffix.substr(1)};
        for (const auto other : suffixes) {
            if (other != suffix && names.contains(stem + std::string{other}))
                return std::string{suffix.substr(1)};
        }
    }
    return {};
}

row row_of(const json::object& from, const std::set<std::string>& names) {
    row made;
    const auto name = text_of(from, "name");
    made.name = text_of(from, "run_name");
    const auto type = text_of(from, "run_type");
    if (type == "aggregate") {
        made.aggregate = text_of(from, "aggregate_name");
        if (made.aggregate.empty()) made.aggregate = "aggregate";
    } else if (type.empty()) {
        made.aggregate = suffix_of_old(name, names);
    }
    // Coefficients of a complexity are no times, whatever the row is called.
    if (from.contains("big_o") || from.contains("cpu_coefficient")) made.aggregate = "BigO";
    if (from.contains("rms")) made.aggregate = "RMS";
    if (made.name.empty()) {
        made.name = name;
        const auto suffix = "_" + made.aggregate;
        if (!made.aggregate.empty() && made.name.ends_with(suffix))
            made.name.resize(made.name.size() - suffix.size());
    }
    const auto whole = [&](std::string_view field) -> std::optional<std::int64_t> {
        const auto number = number_of(from, field);
        if (!number || std::abs(*number) > 1e15) return std::nullopt;
        return static_cast<std::int64_t>(*number);
    };
    made.family = whole("family_index");
    if (const auto instance = whole("per_family_instance_index"); made.family && instance)
        made.family = *made.family * 1'000'000 + *instance;
    made.repetition = whole("repetition_index");
    made.failed = is_true(from, "error_occurred") || is_true(from, "skipped") ||
                  !text_of(from, "error_message").empty();
    const auto threads = whole("threads");
    made.threads =
        threads && *threads >= 1 && *threads <= 1'000'000
            ? static_cast<int>(*threads)
            : std::clamp(count_in_name(made.name, "/threads:").value_or(1), 1, 1'000'000);
    made.items = measured(from, "items_per_second");
    made.bytes = measured(from, "bytes_per_second");
    made.time_seconds = time_of(from, made.name, made.threads);
    return made;
}

/// Repetitions of one benchmark. A name that comes twice is two of them.
struct family {
    std::string name;
    std::optional<std::int64_t> index;
    std::set<std::int64_t> repetitions;
    std::vector<row> samples;
    std::vector<row> aggregates;
    std::uint64_t failed = 0;
};

class families {
public:
    void add(row one, std::vector<std::string>& warnings) {
        auto& to = place_of(one, warnings);
        if (one.repetition && one.aggregate.empty()) to.repetitions.insert(*one.repetition);
        if (!one.aggregate.empty()) {
            to.aggregates.push_back(std::move(one));
        } else if (one.failed || (!one.items && !one.bytes && !one.time_seconds)) {
            ++to.failed;
        } else {
            to.samples.push_back(std::move(one));
        }
    }
    [[nodiscard]] const std::vector<family>& all() const { return all_; }

private:
    family& place_of(const row& one, std::vector<std::string>& warnings) {
        std::size_t alike = 0;
        for (auto& known : all_) {
            if (known.name != one.name) continue;
            ++alike;
            const bool same = known.index == one.family;
            const bool taken = one.repetition && one.aggregate.empty() &&
                               known.repetitions.contains(*one.repetition);
            if (same && !taken) return known;
        }
        if (alike == 1) {
            warnings.push_back("benchmarks of the name " + program::printable(one.name) +
                               " come more than once: they are kept apart, with a number");
        }
        all_.push_back({one.name, one.family, {}, {}, {}, 0});
        return all_.back();
    }

    std::vector<family> all_;
};

/// What all of the rows can be counted by.
std::string unit_of(const std::vector<row>& rows) {
    const auto all = [&](std::optional<double> row::* field) {
        return std::ranges::all_of(rows, [&](const row& one) { return (one.*field).has_value(); });
    };
    if (all(&row::items)) return "items";
    if (all(&row::bytes)) return "bytes";
    return "iterations";
}

std::optional<double> rate_of(const row& one, const std::string& unit) {
    if (unit == "items") return one.items;
    if (unit == "bytes") return one.bytes;
    return one.time_seconds ? std::optional{1 / *one.time_seconds} : std::nullopt;
}

imported_case case_of(const family& from, const std::string& name) {
    imported_case made;
    made.name = name;
    made.failed = from.failed;
    std::vector<row> central;
    for (const auto* wanted : {"median", "mean"}) {
        for (const auto& one : from.aggregates) {
            if (one.aggregate == wanted && central.empty()) central.push_back(one);
        }
    }
    const auto& rows = from.samples.empty() ? central : from.samples;
    made.unit = unit_of(rows);
    if (!rows.empty()) made.threads = rows.front().threads;
    for (const auto& one : from.samples) {
        const auto rate = rate_of(one, made.unit);
        if (rate && *rate < 1e30) {
            made.rates.push_back(*rate);
        } else {
            ++made.failed;
        }
    }
    if (from.samples.empty() && !central.empty())
        made.aggregate = rate_of(central.front(), made.unit);
    return made;
}

void say_left_out(imported_section& made, std::string text) {
    if (made.left_out.size() == left_out_max) made.left_out.emplace_back("and more");
    if (made.left_out.size() > left_out_max) return;
    made.left_out.push_back(std::move(text));
}

/// Where the object that holds "context" begins: prints may stand before it.
std::size_t start_of_json(std::string_view text) {
    for (auto at = text.find("\"context\""); at != std::string_view::npos;
         at = text.find("\"context\"", at + 1)) {
        const auto before =
            at == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", at - 1);
        if (before != std::string_view::npos && text[before] == '{') return before;
    }
    return std::string_view::npos;
}

void read_context(const json::object& context, imported_section& made) {
    const auto optional_text = [&](std::string_view name) -> std::optional<std::string> {
        auto text = program::printable(text_of(context, name));
        return text.empty() ? std::nullopt : std::optional{std::move(text)};
    };
    made.executable = optional_text("executable");
    made.date = optional_text("date");
    made.host = optional_text("host_name");
    const auto cpus = number_of(context, "num_cpus");
    if (cpus && *cpus >= 1 && *cpus <= 1e6) made.cpus = static_cast<int>(*cpus);
    if (text_of(context, "library_build_type") == "debug") {
        made.warnings.emplace_back(
            "the library of Google Benchmark was a debug build: its times may be too long");
    }
    if (is_true(context, "cpu_scaling_enabled")) {
        made.warnings.emplace_back(
            "CPU scaling was enabled: the clock may have moved between repetitions");
    }
}

/// Row by row, where the whole is no JSON: a cut end, or prints between the rows.
std::vector<json::object> read_rows(std::string_view text, imported_section& made) {
    std::vector<json::object> rows;
    const auto list = text.find("\"benchmarks\"");
    if (list == std::string_view::npos) return rows;
    for (const auto& one : flat_objects(text, list)) {
        if (auto parsed = parse_object(one.text)) {
            rows.push_back(std::move(*parsed));
        } else {
            say_left_out(made, "line " + std::to_string(one.line) + ": is no JSON object");
        }
    }
    return rows;
}

std::vector<json::object> rows_of(std::string_view text, std::size_t start,
                                  imported_section& made) {
    const auto object = whole_value(text, start);
    if (auto whole = object.empty() ? std::nullopt : parse_object(object)) {
        if (const auto* context = whole->if_contains("context"); context && context->is_object())
            read_context(context->get_object(), made);
        const auto rest = text.substr(start + object.size());
        if (start_of_json(rest) != std::string_view::npos)
            say_left_out(made, "a second result that follows the first: import one file at a time");
        std::vector<json::object> rows;
        const auto* list = whole->if_contains("benchmarks");
        if (!list || !list->is_array()) return rows;
        for (std::size_t i = 0; i < list->get_array().size(); ++i) {
            const auto& one = list->get_array()[i];
            if (one.is_object()) {
                rows.push_back(one.get_object());
            } else {
                say_left_out(made, "row " + std::to_string(i + 1) + ": is no object");
            }
        }
        return rows;
    }
    const auto context_at = text.find('{', start + 1);
    if (context_at != std::string_view::npos) {
        if (const auto context = parse_object(whole_value(text, context_at)))
            read_context(*context, made);
    }
    made.warnings.emplace_back(object.empty()
                                   ? "the file is cut off: what is behind its end is missing"
                                   : "the file is no whole JSON, and was read row by row");
    return read_rows(text, made);
}

}  // namespace

imported_section from_google_benchmark(const std::string& file, std::string_view raw) {
    imported_section made;
    made.format = "google-benchmark";
    made.file = program::printable(file);
    const auto wrong = [&](const std::string& what) {
        return std::runtime_error{made.file + ": " + what};
    };
    if (raw.find_first_not_of(" \t\r\n") == std::string_view::npos) throw wrong("is empty");
    const auto text = without_bare_words(raw);
    const auto start = start_of_json(text);
    if (start == std::string::npos) {
        throw wrong(
            "holds no JSON of Google Benchmark, which begins with \"context\": run the program "
            "with --benchmark_format=json, or --benchmark_out=FILE");
    }
    const auto rows = rows_of(text, start, made);
    std::set<std::string> names;
    for (const auto& one : rows) names.insert(text_of(one, "name"));

    families found;
    bool old = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto one = row_of(rows[i], names);
        if (one.name.empty()) {
            say_left_out(made, "row " + std::to_string(i + 1) + ": has no name");
            continue;
        }
        old = old || (!one.repetition && one.aggregate.empty());
        found.add(std::move(one), made.warnings);
    }
    std::map<std::string, int> seen;
    bool repeated = false;
    for (const auto& one : found.all()) {
        const int number = ++seen[one.name];
        auto name = program::printable(one.name);
        if (number > 1) name += " (" + std::to_string(number) + ")";
        repeated = repeated || one.samples.size() > 1;
        auto made_case = case_of(one, name);
        if (made_case.failed > 0) {
            say_left_out(made, name + ": " + std::to_string(made_case.failed) +
                                   (made_case.failed == 1 ? " repetition" : " repetitions") +
                                   " failed, were skipped or gave no time");
        }
        made.cases.push_back(std::move(made_case));
    }
    if (old && repeated) {
        made.warnings.emplace_back(
            "the version that wrote the file numbers no repetitions: rows of one name are taken "
            "as such");
    }
    const auto usable = [](const imported_case& one) {
        return !one.rates.empty() || one.aggregate;
    };
    if (std::ranges::none_of(made.cases, usable)) {
        throw wrong(rows.empty() ? "holds no benchmark: no row could be read"
                                 : "holds no benchmark with a time or a rate");
    }
    return made;
}

imported_section read_google_benchmark(const std::string& file) try {
    auto input = workloads::text_input::open(file);
    std::string text;
    for (auto part = input.read(); !part.empty(); part = input.read()) {
        text += part;
        if (text.size() > text_bytes_max)
            throw std::runtime_error{program::printable(file) + ": is larger than 256 MiB"};
    }
    auto made = from_google_benchmark(file, text);
    if (!input.damage().empty()) made.warnings.push_back(input.damage());
    return made;
} catch (const workloads::unusable& error) {
    throw std::runtime_error{error.what()};
}

}  // namespace lanewise::bench
