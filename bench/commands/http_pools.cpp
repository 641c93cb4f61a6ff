#include "http_pools.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <functional>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "bench/load/http_target.hpp"
#include "program/nearest.hpp"
#include "program/printable.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t name_length_max = 253;  // of a Kubernetes object; a label holds 63

std::invalid_argument wrong(const std::string& flag, const std::string& text,
                            const std::string& what) {
    return std::invalid_argument{
        program::printable(flag + (flag.empty() ? "" : " ") + "\"" + text + "\" " + what)};
}

void check_name(const std::string& flag, const std::string& text, const std::string& name) {
    if (name.empty()) throw wrong(flag, text, "names no pool before the =");
    if (name.size() > name_length_max)
        throw wrong(flag, text.substr(0, 60) + "...", "has a name of over 253 characters");
    if (std::ranges::any_of(name, [](unsigned char one) { return one < ' ' || one == 127; }))
        throw wrong(flag, text, "has a control character in its pool's name");
}

/// A URL may hold = itself: a name ends where a URL begins, and no URL begins behind its own ://.
std::pair<std::string, std::string> named_url(const std::string& text) {
    if (looks_like_url(text)) return {"", text};
    const auto equals = text.find('=');
    if (equals == std::string::npos || text.find("://") < equals) return {"", text};
    auto name = text.substr(0, equals);
    check_name("", text, name);
    return {std::move(name), text.substr(equals + 1)};
}

std::vector<std::string> names_of(const std::vector<http_pool>& pools) {
    std::vector<std::string> names;
    for (const auto& pool : pools) {
        if (!pool.name.empty() && std::ranges::find(names, pool.name) == names.end())
            names.push_back(pool.name);
    }
    return names;
}

/// Gives each pool its value, by a function that says whether it had one already.
void assign(const std::string& flag, const std::string& value_is,
            const std::vector<std::string>& typed, std::vector<http_pool>& pools,
            const std::function<bool(http_pool&, const std::string&)>& set) {
    const auto names = names_of(pools);
    for (const auto& text : typed) {
        const auto equals = text.find('=');
        if (equals == std::string::npos) throw wrong(flag, text, "is no POOL=" + value_is);
        const auto name = text.substr(0, equals), value = text.substr(equals + 1);
        check_name(flag, text, name);
        if (value.empty())
            throw wrong(flag, text, "has nothing behind the =; it is POOL=" + value_is);
        if (names.empty()) {
            throw wrong(flag, text,
                        "is of a pool, and no URL has a pool's name; write " + name + "=URL");
        }
        if (std::ranges::find(names, name) == names.end()) {
            throw wrong(flag, text,
                        "names no pool of this command" + program::known_names(name, names));
        }
        for (auto& pool : pools) {
            if (pool.name == name && !set(pool, value))
                throw wrong(flag, text, "says it of " + name + " a second time");
        }
    }
}

/// The number that a text is, whole and within the bounds.
template <class Number>
Number number_in(const std::string& flag, const std::string& text, Number least, Number most,
                 const std::string& right) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= least) ||
        !(value <= most))
        throw wrong(flag, text, "is no " + right);
    return value;
}

/// Runs what throws for a value, and names the flag where it does.
template <class Action>
void naming(const std::string& flag, const Action& action) {
    try {
        action();
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{program::printable(flag + ": " + error.what())};
    }
}

/// One source of CPU time for each pool: more would have to be compared, and none be believed.
void read_cpu_sources(const pool_flags& flags, std::vector<http_pool>& pools) {
    const auto read_source = [&](const std::string& flag, const std::string& value_is,
                                 const std::vector<std::string>& typed, const auto& set) {
        assign(flag, value_is, typed, pools, [&](http_pool& pool, const std::string& text) {
            if (pool.cpu.given()) {
                throw std::invalid_argument{
                    flag +
                    ": the pool has a source of CPU time already; it takes one of --server-pid, "
                    "--server-cgroup and --server-metrics"};
            }
            set(pool.cpu, text);
            naming(flag, [&] { check_source(pool.cpu); });
            return true;
        });
    };
    read_source("--server-pid", "PID", flags.pids, [](cpu_source& cpu, const std::string& text) {
        cpu.pid = number_in("--server-pid", text, 1, 1 << 22, "number of a process");
    });
    read_source("--server-cgroup", "PATH", flags.cgroups,
                [](cpu_source& cpu, const std::string& text) { cpu.cgroup = text; });
    read_source("--server-metrics", "URL", flags.pages,
                [](cpu_source& cpu, const std::string& text) { cpu.url = text; });
    const auto of_page = [](const std::string& flag, const http_pool& pool) {
        if (pool.cpu.url.empty()) {
            throw std::invalid_argument{flag + ": says which series of a page counts; " +
                                        pool.name + " has no page, by --server-metrics " +
                                        pool.name + "=URL"};
        }
        if (!pool.cpu.pod.empty() || pool.cpu.series) {
            throw std::invalid_argument{
                flag + ": " + pool.name +
                " has its series already, by --server-pod or --server-series"};
        }
    };
    assign(
        "--server-pod", "NAMESPACE/POD", flags.pods, pools,
        [&](http_pool& pool, const std::string& text) {
            of_page("--server-pod", pool);
            if (text.ends_with('/') || text.starts_with('/') || std::ranges::count(text, '/') > 1)
                throw wrong("--server-pod", text, "is no NAMESPACE/POD, and no POD");
            pool.cpu.pod = text;
            return true;
        });
    assign("--server-series", "SERIES", flags.series, pools,
           [&](http_pool& pool, const std::string& text) {
               of_page("--server-series", pool);
               naming("--server-series", [&] { pool.cpu.series = parse_selector(text); });
               return true;
           });
    assign("--server-cpus", "NUMBER", flags.cpus, pools,
           [&](http_pool& pool, const std::string& text) {
               if (pool.cpu.cpus) return false;
               if (!pool.cpu.given()) {
                   throw std::invalid_argument{
                       "--server-cpus: is of no use without the CPU time of " + pool.name +
                       ", by --server-pid, --server-cgroup or --server-metrics"};
               }
               pool.cpu.cpus =
                   number_in("--server-cpus", text, 0.01, 1e5, "number of CPUs such as 4 or 0.5");
               return true;
           });
}

}  // namespace

json::value read_machine(const std::string& file) {
    std::string text;
    try {
        text = read_file(file);
    } catch (const std::system_error& error) {
        throw wrong("--machine", file, "can't be read: " + error.code().message());
    }
    boost::system::error_code error;
    auto parsed = json::parse(text, error);
    const std::string right = "; it is what lanewise-bench machine --json prints";
    if (!parsed.is_object()) throw wrong("--machine", file, "is no JSON object" + right);
    if (const auto* part = parsed.get_object().if_contains("machine");
        part && parsed.get_object().contains("schema")) {
        parsed = json::value(*part);
        if (parsed.is_null()) throw wrong("--machine", file, "is a document of no machine" + right);
    }
    const auto bad = check_part("machine", file, parsed);
    if (!bad.empty()) {
        throw std::invalid_argument{
            "--machine " + bad.front().sentence().substr(0, bad.front().sentence().size() - 1) +
            right};
    }
    return parsed;
}

std::vector<http_pool> read_pools(const pool_flags& flags) {
    std::vector<http_pool> pools;
    for (const auto& text : flags.urls) {
        auto [name, url] = named_url(text);
        static_cast<void>(parse_url(url));
        http_pool pool;
        pool.name = std::move(name);
        pool.url = std::move(url);
        const auto twice = std::ranges::find_if(pools, [&](const http_pool& one) {
            return one.url == pool.url && one.name == pool.name;
        });
        if (twice != pools.end()) throw wrong("", text, "stands there twice");
        pools.push_back(std::move(pool));
    }
    assign("--machine", "FILE", flags.machines, pools,
           [](http_pool& pool, const std::string& file) {
               return pool.machine.is_null() && !(pool.machine = read_machine(file)).is_null();
           });
    assign("--instance", "NAME", flags.instances, pools,
           [](http_pool& pool, const std::string& name) {
               if (!pool.instance.empty()) return false;
               pool.instance = name;
               return true;
           });
    read_cpu_sources(flags, pools);
    return pools;
}

}  // namespace lanewise::bench
