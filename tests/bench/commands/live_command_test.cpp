// What `lanewise-bench live` says of a Prometheus, which a server of the test's own stands in for.
#include <doctest/doctest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/load/scripted_server.hpp"
#include "tests/bench/temporary_folder.hpp"
#include "typed_command.hpp"

using namespace lanewise::bench;
namespace json = boost::json;

namespace {

using list = std::vector<std::string>;

/// A number behind a word of the target, such as "start=".
double number_behind(const std::string& text, const std::string& word) {
    const auto at = text.find(word);
    return at == text.npos ? 0 : std::strtod(text.c_str() + at + word.size(), nullptr);
}

/// Counters of a service with so many requests a second on two pools.
struct stand_in {
    struct pool {
        double rate, errors;
    };
    std::map<std::string, pool> pools{{"amd64", {100, 0.05}}, {"arm64", {50, 0.02}}};
    json::array warnings;
    std::map<std::string, double> nodes;  ///< by "arm64 m7g.large"
    std::map<std::string, double> costs;  ///< by architecture
    list authorizations;
    scripted_server server{[this](const asked& request) { return answer_to(request); }};

    answer answer_to(const asked& request) {
        const auto& head = request.head;
        const auto authorization = head.find("Bearer ");
        authorizations.push_back(
            authorization == head.npos
                ? ""
                : head.substr(authorization, head.find("\r\n", authorization) - authorization));
        const auto has = [&](const char* part) { return head.find(part) != head.npos; };
        const double start = number_behind(head, "start="), end = number_behind(head, "end="),
                     step = number_behind(head, "step=");
        json::array result;
        const auto add = [&](json::object metric, const std::function<double(double)>& at) {
            json::array values;
            for (double time = start; time <= end + 1e-6; time += step)
                values.push_back(json::array{time, std::to_string(at(time - 1'790'000'000))});
            result.push_back(json::object{{"metric", metric}, {"values", values}});
        };
        for (const auto& [name, of] : pools) {
            if (has("last_over_time") && has("lanewise_http_requests_total")) {
                const double rate = has("5xx") ? of.errors : of.rate;
                add({{"arch", name}, {"job", "shop"}, {"instance", name}},
                    [=](double time) { return std::floor(time * rate); });
            } else if (has("_bucket")) {
                for (const auto& [bound, share] : {std::pair{"0.1", 0.995}, {"+Inf", 1.0}})
                    add({{"arch", name}, {"le", bound}},
                        [rate = of.rate, share](double) { return rate * 60 * share; });
            }
        }
        if (has("kube_node_labels")) {
            for (const auto& [name, count] : nodes) {
                const auto blank = name.find(' ');
                add({{"label_kubernetes_io_arch", name.substr(0, blank)},
                     {"label_node_kubernetes_io_instance_type", name.substr(blank + 1)}},
                    [count](double) { return count; });
            }
        }
        if (has("node_total_hourly_cost")) {
            for (const auto& [name, cost] : costs)
                add({{"arch", name}}, [cost](double) { return cost; });
        }
        json::object body{
            {"status", "success"},
            {"data", json::object{{"resultType", "matrix"}, {"result", std::move(result)}}}};
        if (!warnings.empty()) body["warnings"] = warnings;
        const auto text = json::serialize(body);
        return {{"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                 std::to_string(text.size()) + "\r\n\r\n" + text}};
    }

    told live(list words) {
        list all{"live", "--prometheus", server.url("/")};
        const auto give = [&](const char* option, const char* value) {
            if (std::ranges::find(words, option) == words.end())
                all.insert(all.end(), {option, value});
        };
        give("--since", "30m");
        give("--until", "1800000000");
        all.insert(all.end(), words.begin(), words.end());
        return typed(add_live, all);
    }
    /// The section of the document that is made.
    json::object section(list words) {
        words.insert(words.end(), {"-o", "-"});
        const auto made = live(words);
        CAPTURE(made.errors);
        REQUIRE(made.output.starts_with("{"));
        return json::parse(made.output).as_object().at("live").as_object();
    }
    json::object pool_of(const list& words, std::size_t which) {
        return section(words).at("pools").as_array().at(which).as_object();
    }
};

}  // namespace

TEST_CASE("not worse ends with 0, worse with 3, what is not decided with 4") {
    stand_in from;
    auto made = from.live({});
    CHECK(made.status == 0);
    CHECK(made.errors.empty());
    CHECK(made.output.starts_with("By 30 windows of live traffic, arm64 is not worse than amd64"));
    CHECK_FALSE(contains(made.output, "do not count"));
    CHECK_FALSE(contains(made.output, "--curve"));
    from.pools["arm64"] = {50, 2};
    CHECK(from.live({}).status == 3);
    from.pools = {{"amd64", {0.5, 0}}, {"arm64", {0.1, 0}}};
    CHECK(from.live({}).status == 4);
}

TEST_CASE(
    "an answer that may not be whole speaks for no pool, and decides against one all the same") {
    stand_in from;
    from.warnings = {"store gateway is gone"};
    const auto made = from.live({});
    CHECK(made.status == 4);
    CHECK(contains(made.output, "The Prometheus warned: its answer may not be whole."));
    CHECK(contains(made.output, "The Prometheus warns: store gateway is gone\n"));
    from.pools["arm64"] = {50, 2};
    const auto worse = from.live({});
    CHECK(worse.status == 3);
    CHECK_FALSE(contains(worse.output, "may not be whole"));
}

TEST_CASE("a time is a number with s, m, h or d, or of seconds, up to a year of 366 days") {
    stand_in from;
    const auto windows = [&](const char* since, const char* window) {
        const auto made = from.section({"--since", since, "--window", window});
        return made.at("windows").to_number<double>() *
               made.at("window_seconds").to_number<double>();
    };
    CHECK(windows("1800", "60") == 1800);
    CHECK(windows("1800s", "60s") == 1800);
    CHECK(windows("30m", "1m") == 1800);
    CHECK(windows("2h", "0.5h") == 7200);
    CHECK(windows("2d", "1h") == 172'800);
    CHECK(windows("366d", "1d") == 366 * 86'400);
    CHECK(windows("59s", "2s") == 58);  // whole windows
    CHECK(windows("3s", "1s") == 3);
    for (const auto* wrong : {"", "s", "0s", "-1m", "nan", "1w", "1mm", "m1", "367d", "1e9d"}) {
        CAPTURE(wrong);
        const auto made = from.live({"--since", wrong});
        CHECK(made.status == 2);
        CHECK(contains(made.errors, "is no time such as 90s, 30m, 6h or 2d"));
    }
}

TEST_CASE("windows are whole seconds, as many as a Prometheus answers for at once") {
    stand_in from;
    for (const auto& [since, window, says] :
         {std::tuple{"30m", "0.5s", "--window 0.5s: is no whole second"},
          {"30m", "1.5", "--window 1.5: is no whole second"},
          {"59s", "60s", "--since 59s holds 0 windows: 1 to 2000 can be read (--window)"},
          {"2001m", "1m", "--since 2001m holds 2001 windows"}}) {
        const auto made = from.live({"--since", since, "--window", window});
        CHECK(made.status == 2);
        CHECK(contains(made.errors, says));
    }
    CHECK(from.section({"--since", "2000m", "--window", "1m"}).at("windows") == 2000);
    CHECK(from.section({"--since", "60s", "--window", "60s"}).at("windows") == 1);
    // By default 120 windows, of a minute at least and of whole quarters of one.
    const auto by_default = [&](const char* since) {
        return from.section({"--since", since}).at("window_seconds").to_number<double>();
    };
    CHECK(by_default("30m") == 60);
    CHECK(by_default("6h") == 180);
    CHECK(by_default("181m") == 105);
}

TEST_CASE("the windows end at the time that is named") {
    stand_in from;
    const auto start = [&](const char* until) {
        return from.section({"--until", until}).at("start").to_number<double>();
    };
    CHECK(start("1800000000") == 1'800'000'000 - 1800);
    CHECK(start("1800000000.9") == 1'800'000'000 - 1800);
    CHECK(start("2026-11-29T17:00:00Z") == 1'795'971'600 - 1800);
    CHECK(start("99999999999") == 99'999'999'999 - 1800);
    for (const auto* wrong :
         {"100000000000", "0", "-5", "17:00", "2026-11-29T17:00:00Zx", "2026-11-29", "18e8x"}) {
        const auto made = from.live({"--until", wrong});
        CHECK(made.status == 2);
        CHECK(contains(made.errors, "is no time such as 2026-11-29T17:00:00Z"));
    }
    const auto now = static_cast<double>(std::time(nullptr));
    const auto made = typed(
        add_live, {"live", "--prometheus", from.server.url("/"), "--since", "30m", "-o", "-"});
    const auto begun = json::parse(made.output).at("live").at("start").to_number<double>();
    CHECK(begun >= now - 1801);
    CHECK(begun < now + 3600);
}

TEST_CASE("margins are points of a hundred, and planned looks are counted in windows") {
    stand_in from;
    auto made = from.section({});
    CHECK(made.at("error_margin").to_number<double>() == doctest::Approx(0.001));
    CHECK(made.at("slow_margin").to_number<double>() == doctest::Approx(0.005));
    CHECK(made.at("planned_windows").is_null());
    CHECK(made.at("planned_steps").is_null());
    made = from.section({"--error-margin", "2", "--slow-margin", "4", "--planned", "24m"});
    CHECK(made.at("error_margin").to_number<double>() == doctest::Approx(0.02));
    CHECK(made.at("slow_margin").to_number<double>() == doctest::Approx(0.04));
    CHECK(made.at("planned_windows") == 24.0);
    CHECK(made.at("planned_steps").is_null());
    made = from.section({"--planned", "30s", "--planned-steps", "2"});
    CHECK(made.at("planned_windows") == 1.0);  // a look has one window at least
    CHECK(made.at("planned_steps") == 2);
    CHECK(from.section({"--planned", "24m", "--planned-steps", "1"}).at("planned_steps").is_null());
}

TEST_CASE("a preset has a name or is a file, and a pool's label is what the user says") {
    stand_in from;
    CHECK(contains(from.live({"--preset", "custom"}).errors, "--preset custom needs a file"));
    CHECK(contains(from.live({"--preset", "go", "x"}).errors, "--preset go takes no file"));
    CHECK(from.live({"--preset", "none"}).status == 2);
    CHECK(from.live({"--pool-label", "a b"}).status == 2);
    CHECK(from.section({"--pool-label", "arch"}).at("preset") == "lanewise");
}

TEST_CASE("what is said of a pool is of one that is compared") {
    stand_in from;
    const auto wrong = [&](const list& words) {
        const auto made = from.live(words);
        CHECK(made.status == 2);
        return made.errors;
    };
    CHECK(wrong({"--price", "arm64"}) == "--price arm64: is no pair such as arm64=0.32");
    CHECK(wrong({"--price", "arm64="}) == "--price arm64=: is no pair such as arm64=0.32");
    CHECK(wrong({"--cpus", "arm=4"}) == "--cpus arm=4: the pools are amd64 and arm64");
    for (const auto* amount : {"0", "-1", "1x", "nan", "1000000001"})
        CHECK(wrong({"--price", std::string{"arm64="} + amount}) ==
              "--price: \"" + std::string{amount} + "\" is no number above 0");
    CHECK(wrong({"--cpus", "amd64=0"}) == "--cpus: \"0\" is no number above 0");
    CHECK(contains(wrong({"--instance", "arm64=m99.none"}),
                   "the price of m99.none is not known; give the pool's by --price "
                   "arm64=USD_PER_HOUR"));
    CHECK(wrong({"--instance", "arm64=0xm7g.large"}) == "--instance: \"0\" is no number above 0");
    CHECK(from.pool_of({"--price", "arm64=1000000000"}, 1).at("usd_per_hour") == 1e9);
    CHECK(from.pool_of({"--price", "amd64=2", "--cpus", "amd64=6"}, 0).at("cpus") == 6.0);
}

TEST_CASE("a pool of instances costs what they cost together, and has their CPUs") {
    stand_in from;
    const auto one = from.pool_of({"--instance", "arm64=m7g.2xlarge"}, 1);
    const auto three = from.pool_of({"--instance", "arm64=3xm7g.2xlarge"}, 1);
    const auto usd = [](const json::object& pool) {
        return pool.at("usd_per_hour").to_number<double>();
    };
    CHECK(usd(three) == doctest::Approx(3 * usd(one)));
    CHECK(one.at("cpus") == 8.0);
    CHECK(three.at("cpus") == 24.0);
    CHECK(one.at("price_source") == "--instance m7g.2xlarge");
    // A letter x that ends no number belongs to the name.
    CHECK(contains(from.live({"--instance", "arm64=x1"}).errors, "the price of x1 is"));
    CHECK(contains(from.live({"--instance", "arm64=axb"}).errors, "the price of axb is"));
    CHECK(contains(from.live({"--instance", "arm64=/xb"}).errors, "the price of /xb is"));
    CHECK(contains(from.live({"--instance", "arm64=:xb"}).errors, "the price of :xb is"));
    CHECK(usd(from.pool_of({"--instance", "arm64=90xm7g.2xlarge"}, 1)) ==
          doctest::Approx(90 * usd(one)));
    // The user's own price wins, and the CPUs stay.
    const auto own = from.pool_of({"--instance", "arm64=m7g.2xlarge", "--price", "arm64=7"}, 1);
    CHECK(usd(own) == 7);
    CHECK(own.at("price_source") == "--price");
    CHECK(own.at("cpus") == 8.0);
}

TEST_CASE("nodes that the Prometheus knows have their price, where nobody says another") {
    stand_in from;
    const auto one = from.pool_of({"--instance", "arm64=m7g.2xlarge"}, 1);
    const auto price = one.at("usd_per_hour").to_number<double>();
    from.nodes = {{"arm64 m7g.2xlarge", 2}, {"amd64 m7i.2xlarge", 1}, {"amd64 m99.none", 1}};
    const auto seen = from.pool_of({}, 1);
    CHECK(seen.at("usd_per_hour").to_number<double>() == doctest::Approx(2 * price));
    CHECK(seen.at("cpus") == 16.0);
    CHECK(seen.at("price_source") == "nodes by kube_node_labels, whole nodes");
    // A pool with a node whose price nobody knows has none.
    CHECK(from.pool_of({}, 0).at("usd_per_hour").is_null());
    from.costs = {{"amd64", 1.5}, {"arm64", 0}};
    CHECK(from.pool_of({}, 0).at("usd_per_hour").to_number<double>() == doctest::Approx(1.5));
    CHECK(from.pool_of({}, 0).at("price_source") ==
          "node_total_hourly_cost (OpenCost), whole nodes");
    CHECK(from.pool_of({}, 1).at("price_source") == "nodes by kube_node_labels, whole nodes");
    // Where the user says both, nobody is asked for nodes.
    const auto before = from.authorizations.size();
    (void)from.section({"--price", "amd64=1", "--price", "arm64=1"});
    const auto of_two = from.authorizations.size() - before;
    (void)from.section({"--price", "amd64=1"});
    CHECK(from.authorizations.size() - before == 2 * of_two + 2);
    (void)from.section({"--price", "amd64=1", "--instance", "arm64=m7g.2xlarge"});
    CHECK(from.authorizations.size() - before == 3 * of_two + 2);
}

TEST_CASE("a token is one word of visible letters, and goes with each question") {
    const temporary_folder here;
    stand_in from;
    (void)from.live({});
    CHECK(from.authorizations.back().empty());
    CHECK(from.live({"--token-file", here.with("token", "abc!~\r\n\n")}).status == 0);
    CHECK(from.authorizations.back() == "Bearer abc!~");
    for (const auto* wrong : {"", "\n", "two words", "tab\tbed", "caf\xc3\xa9", "del\x7f"}) {
        const auto made = from.live({"--token-file", here.with("wrong", wrong)});
        CHECK(made.status == 2);
        CHECK(contains(made.errors, "holds no token, one word of visible letters"));
    }
    const std::string most(64 << 10, 'a');
    CHECK(from.live({"--token-file", here.with("long", most + "a")}).status == 2);
    const auto none = from.live({"--token-file", here / "none"});
    CHECK(none.status == 2);
    CHECK(contains(none.errors, "--token-file "));
}

TEST_CASE("the document is one, and where it goes to standard output the words do not") {
    const temporary_folder here;
    stand_in from;
    const auto made = from.live({"-o", here / "live.json"});
    CHECK(made.output.starts_with("By 30 windows"));
    CHECK(typed(add_report, {"report", here / "live.json"}).status == 0);
    const auto shown = from.live({"-o", "-"});
    CHECK(shown.errors.starts_with("By 30 windows"));
    CHECK(json::parse(shown.output).at("live").at("candidate") == "arm64");
}

TEST_CASE("a curve is read before anybody is asked, and one of another pool is of no use") {
    stand_in from;
    const auto missing = from.live({"--curve", "/none/curve.json"});
    CHECK(missing.status == 2);
    CHECK(contains(missing.errors, "--curve /none/curve.json"));
    CHECK(from.authorizations.empty());
    const auto other = from.live({"--curve", LANEWISE_EXAMPLES "/synthetic-amd64-1.json", "--price",
                                  "amd64=3", "--price", "arm64=2"});
    CHECK(contains(other.output, "The documents of --curve have no headroom curve of arm64.\n"));
}
