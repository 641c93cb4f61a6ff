// Whole runs of a service on every bench node, beside a kubectl of the test's own with a small
// cluster behind it: what a run makes, what becomes a gap, and that nothing stays behind.
#include "bench/cluster/cluster_bench.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <string>
#include <vector>

#include "bench/cluster/fields.hpp"
#include "bench/cluster/pod_plan.hpp"
#include "bench/cluster/run_lease.hpp"
#include "bench/cluster/run_pods.hpp"
#include "bench/documents/document.hpp"
#include "bench/documents/files.hpp"
#include "printed_document.hpp"
#include "stand_in_kubectl.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using list = std::vector<std::string>;

kubectl_answer not_found() {
    return failing("Error from server (NotFound): not found");
}

const json::object& example() {
    static const auto read =
        json::parse(read_file(LANEWISE_EXAMPLES "/synthetic-amd64-1.json")).as_object();
    return read;
}

json::object node(const std::string& name, const std::string& architecture, const std::string& role,
                  const std::string& instance) {
    json::object labels{{"kubernetes.io/arch", architecture}, {"lanewise/role", role}};
    if (!instance.empty()) labels["node.kubernetes.io/instance-type"] = instance;
    return {{"metadata", json::object{{"name", name}, {"labels", std::move(labels)}}},
            {"spec", json::object{}},
            {"status", json::object{{"nodeInfo", json::object{{"architecture", architecture},
                                                              {"operatingSystem", "linux"}}},
                                    {"conditions", json::array{json::object{
                                                       {"type", "Ready"}, {"status", "True"}}}}}}};
}

std::string part_of(const json::value& pod) {
    return text_of(pod, {"metadata", "labels", "app.kubernetes.io/component"});
}
std::string name_of(const json::value& pod) {
    return text_of(pod, {"metadata", "name"});
}
list command_of(const json::value& pod) {
    list words;
    for (const auto& word : list_of(list_of(pod, {"spec", "containers"}).at(0), {"command"}))
        words.emplace_back(word.as_string());
    return words;
}

/// Servers are ready and jobs are over as soon as they are looked at, unless a test says else.
struct scene {
    json::array nodes{node("x86-1", "amd64", "bench", "m7i.2xlarge"),
                      node("arm-1", "arm64", "bench", "m7g.2xlarge"),
                      node("load-1", "amd64", "load", "m7i.2xlarge")};
    json::value deployment = json::parse(R"({"metadata":{"name":"cart","namespace":"shop"},
        "spec":{"template":{"spec":{"containers":[{"name":"web","image":"shop/cart:2",
        "ports":[{"containerPort":8080}],"resources":{"limits":{"cpu":"2"}}}]}}}})");
    json::value lease;
    std::vector<json::object> pods;     ///< as they are now
    std::vector<json::object> secrets;  ///< the same
    std::vector<json::object> made;     ///< all pods that were ever made
    std::string claims;
    std::function<void(json::object&)> live = [this](json::object& pod) { usual(pod); };
    std::function<std::string(const json::object&)> log = [this](const json::object& pod) {
        return usual_log(pod);
    };
    /// An answer in place of the cluster's; its status 0 without output: none.
    std::function<kubectl_answer(const std::string& call)> fault = [](const auto&) {
        return kubectl_answer{};
    };
    list said;
    std::vector<std::pair<std::string, std::string>> kernels;
    bool interrupted = false;
    bench_options options;
    int addresses = 0;
    stand_in_kubectl program{
        [this](const auto& words, const auto& input) { return answer(words, input); }};

    scene() {
        options.kubectl = program.options();
        options.name_space = "shop";
        options.deployment = "cart";
        options.image = "lanewise:1";
        options.look_every_s = 0.001;
        options.load_flags = {"--rounds", "3"};
        options.command = {"lanewise-bench", "cluster", "bench"};
    }

    void usual(json::object& pod) {
        const auto part = part_of(pod);
        if (part == "target") {
            pod["status"] = json::parse(
                R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}]})");
            if (!pod.contains("address")) pod["address"] = "10.0.0." + std::to_string(++addresses);
            pod["status"].as_object()["podIP"] = pod["address"];
        } else if (!part.empty()) {
            pod["status"] = json::parse(R"({"phase":"Succeeded"})");
        }
    }
    std::string usual_log(const json::object& pod) {
        if (part_of(pod) == "machine") return printed(json::serialize(example().at("machine")));
        if (part_of(pod) == "kernels") return printed("{\"kernels of\":\"" + name_of(pod) + "\"}");
        auto document = example();
        document.erase("synthetic");
        json::array http;
        for (const auto& word : command_of(pod)) {
            const auto at = word.find("=http");
            if (at == word.npos) continue;
            auto entry = example().at("http").at(0).as_object();
            entry["url"] = word.substr(at + 1);
            entry["pool"] = word.substr(0, at);
            entry["server"] = entry["machine"] = nullptr;
            http.push_back(std::move(entry));
        }
        document["http"] = std::move(http);
        return "progress\n" + printed(document_text(std::move(document)));
    }

    kubectl_answer answer(const stand_in_kubectl::words& words, const std::string& input) {
        const auto call = joined(words);
        if (auto other = fault(call); other.status != 0 || !other.output.empty()) return other;
        const auto told = [](const json::value& value) {
            return kubectl_answer{json::serialize(value), "", 0};
        };
        if (words[0] == "get") {
            if (words[1] == "deployments.apps") return told(deployment);
            if (words[1] == "nodes") return told(json::object{{"items", nodes}});
            if (words[1] == "persistentvolumeclaims")
                return claims.empty() ? not_found() : kubectl_answer{claims, "", 0};
            if (words[1] == "leases.coordination.k8s.io")
                return lease.is_null() ? not_found() : told(lease);
            if (words[1] == "node") return told(json::object{});
            if (words[1] != "pods") return told(json::object{{"items", json::array{}}});
            json::array items;
            for (auto& pod : pods) {
                live(pod);
                items.push_back(pod);
            }
            return told(json::object{{"items", std::move(items)}});
        }
        if (words[0] == "logs") {
            for (const auto& pod : pods)
                if (name_of(pod) == words[1]) return {log(pod), "", 0};
            return not_found();
        }
        if (words[0] == "delete") {
            if (words[1].starts_with("leases")) lease = nullptr;
            if (words[1] == "secrets") secrets.clear();
            if (words[1] == "pods" && words[2] == "-l") pods.clear();
            if (words[1] == "pods")
                std::erase_if(pods, [&](const auto& pod) {
                    return std::ranges::count(words, name_of(pod)) > 0;
                });
            return {};
        }
        auto given = json::parse(input);
        const auto kind = text_of(given, {"kind"});
        if (kind == "List") {
            std::string all;
            for (std::size_t i = 0; i < given.at("items").as_array().size(); ++i)
                all += R"({"status":{"allowed":true}})";
            return {all, "", 0};
        }
        given.at("metadata").as_object()["uid"] = "uid-of-lease";
        if (kind == "Lease") lease = given;
        if (kind == "Secret") secrets.push_back(given.as_object());
        if (kind == "Pod") {
            pods.push_back(given.as_object());
            made.push_back(given.as_object());
        }
        return told(given);
    }

    bench_result run() {
        return run_bench(options, {.interrupted = [this] { return interrupted; },
                                   .say = [this](const std::string& text) { said.push_back(text); },
                                   .kernels =
                                       [this](const std::string& name, const std::string& text) {
                                           kernels.emplace_back(name, text);
                                       }});
    }
    /// Why nothing was measured.
    std::string refused() {
        try {
            (void)run();
        } catch (const std::exception& error) {
            return error.what();
        }
        return "";
    }
    std::vector<json::object> made_as(const std::string& part) const {
        auto some = made;
        std::erase_if(some, [&](const auto& pod) { return part_of(pod) != part; });
        return some;
    }
    bool nothing_stays() const { return pods.empty() && secrets.empty() && lease.is_null(); }
};

list gaps_of(const bench_result& result) {
    list all;
    for (const auto& one : result.gaps) all.push_back(one.what + ": " + one.why);
    return all;
}

void fail_with(json::object& pod, const std::string& message) {
    pod["status"] = json::object{{"phase", "Failed"}, {"reason", "Evicted"}, {"message", message}};
}

}  // namespace

TEST_CASE("each bench node is measured, the document says on which node, and nothing stays") {
    scene here;
    const auto result = here.run();
    CHECK(gaps_of(result).empty());
    CHECK(result.measured == 2);
    CHECK_FALSE(result.interrupted);
    CHECK(here.nothing_stays());
    const auto& http = result.document.at("http").as_array();
    REQUIRE(http.size() == 2);
    CHECK(http[0].at("node") == "arm-1");
    CHECK(http[0].at("pool") == "m7g.2xlarge");
    CHECK(http[0].at("url") == "http://10.0.0.1:8080/");
    CHECK(http[0].at("machine") == example().at("machine"));
    CHECK(http[1].at("node") == "x86-1");
    CHECK(json::serialize(result.document.at("made").at("command")) ==
          R"(["lanewise-bench","cluster","bench"])");
    CHECK_FALSE(result.document.contains("gaps"));
    CHECK(json::serialize(result.document.at("notes")).find("limit of 2 CPUs") !=
          std::string::npos);
    const auto run = "lanewise-bench-" + result.run;
    CHECK(result.run.size() == 6);
    CHECK(result.run.find_first_not_of("bcdfghjkmnpqrstvwxz23456789") == std::string::npos);

    REQUIRE(here.made.size() == 5);
    CHECK(name_of(here.made[0]) == run + "-machine-1");
    CHECK(joined(command_of(here.made[0])) == "lanewise-job - lanewise-bench machine --json");
    CHECK(name_of(here.made[3]) == run + "-target-2");
    const auto& load = here.made[4];
    CHECK(name_of(load) == run + "-load");
    CHECK(joined(command_of(load)) ==
          "lanewise-job /tmp/result.json lanewise-bench http --output /tmp/result.json --rounds 3 "
          "m7g.2xlarge=http://10.0.0.1:8080/ m7i.2xlarge=http://10.0.0.2:8080/ --instance "
          "m7g.2xlarge=m7g.2xlarge --instance m7i.2xlarge=m7i.2xlarge");
    // Each pod outlives what it has time for, and its run by ten minutes.
    const auto lifetime = [](const json::object& pod) {
        return pod.at("spec").at("activeDeadlineSeconds").to_number<int>();
    };
    CHECK(lifetime(here.made[0]) == 300 + 600);
    CHECK(lifetime(here.made[3]) == 300 + 7200 + 600);
    CHECK(lifetime(load) == 7200 + 600);
    for (const auto& pod : here.made) {
        CHECK(text_of(pod, {"metadata", "labels", run_label}) == result.run);
        CHECK(list_of(pod, {"metadata", "ownerReferences"}).at(0).at("uid") == "uid-of-lease");
    }
    CHECK(here.said.front().starts_with("the pods kept the template's limit of 2 CPUs"));
    CHECK(std::ranges::count(here.said, "asking 2 bench nodes what they are") == 1);
    CHECK(std::ranges::count(here.said, "the load of 2 servers, from the node load-1") == 1);
}

TEST_CASE(
    "a workload comes as a Secret, TLS is told to the load, and limits are lifted on demand") {
    scene here;
    here.options.workload = "{}";
    here.options.https = true;
    here.options.path = "/cart";
    here.options.whole_node = true;
    std::string secret;
    here.live = [&](json::object& pod) {
        if (part_of(pod) == "load") secret = json::serialize(here.secrets.at(0));
        here.usual(pod);
    };
    const auto result = here.run();
    CHECK(gaps_of(result).empty());
    CHECK(here.nothing_stays());
    const auto made = json::parse(secret);
    CHECK(text_of(made, {"metadata", "name"}) == "lanewise-bench-" + result.run);
    CHECK(from_base64(text_of(made, {"data", "workload.json"})) == "{}");
    const auto load = here.made_as("load").at(0);
    const auto words = joined(command_of(load));
    CHECK(words.find("--rounds 3 --insecure --workload /workload/workload.json m7g") !=
          std::string::npos);
    CHECK(words.find("m7g.2xlarge=https://10.0.0.1:8080/cart ") != std::string::npos);
    CHECK(load.at("spec").at("volumes").at(1).at("secret").at("secretName") ==
          made.at("metadata").at("name"));
    CHECK_FALSE(field(list_of(here.made_as("target").at(0), {"spec", "containers"}).at(0),
                      {"resources", "limits"}));
    CHECK(json::serialize(result.document.at("notes")).find("limit of") == std::string::npos);
    CHECK(here.program.count("delete secrets lanewise-bench-" + result.run) == 1);
    here.options.workload = std::string(1'000'000, ' ');
    CHECK(here.refused() == "");
    here.options.workload += ' ';
    CHECK(here.refused() == "the workload has 1000001 bytes; a Secret takes 1000000");
    scene full;
    full.options.workload = "{}";
    full.fault = [](const std::string& call) {
        static int creations = 0;
        // After the review of rights, the Lease, two machines and two servers.
        return call.starts_with("create") && ++creations == 7
                   ? failing("(Forbidden): exceeded quota")
                   : kubectl_answer{};
    };
    CHECK(gaps_of(full.run()) ==
          list{"the load of 2 servers: its workload: kubectl: (Forbidden): exceeded quota"});
}

TEST_CASE("an address of IPv6 stands in brackets") {
    scene here;
    here.live = [&](json::object& pod) {
        here.usual(pod);
        if (part_of(pod) == "target") pod["status"].as_object()["podIP"] = "fd00::1";
    };
    here.nodes.erase(here.nodes.begin());
    const auto result = here.run();
    CHECK(command_of(here.made_as("load").at(0)).at(8) == "m7g.2xlarge=http://[fd00::1]:8080/");
    CHECK(result.measured == 1);
    // One pool alone lacks the other side.
    CHECK(gaps_of(result) == list{"amd64: no node of it has the label lanewise/role=bench"});
    CHECK(result.document.contains("gaps"));
}

TEST_CASE("kernels are measured on each node in each round, in another order in the next") {
    scene here;
    here.options.deployment.clear();
    here.options.kernel_rounds = 2;
    here.options.kernel_flags = {"--quick"};
    here.nodes.pop_back();  // nobody sends load
    const auto result = here.run();
    CHECK(gaps_of(result).empty());
    CHECK(result.measured == 4);
    list names, on;
    for (const auto& [name, text] : here.kernels) names.push_back(name);
    CHECK(names == list{"run-1-x86-1", "run-1-arm-1", "run-2-arm-1", "run-2-x86-1"});
    CHECK(here.kernels[3].second ==
          "{\"kernels of\":\"lanewise-bench-" + result.run + "-run-2-2\"}");
    CHECK(joined(command_of(here.made.at(0))) ==
          "lanewise-job /tmp/result.json lanewise-bench run --output /tmp/result.json --quick");
    CHECK(here.made.at(0).at("spec").at("activeDeadlineSeconds") == 7200 + 600);
    CHECK(std::ranges::count(here.said, "measuring kernels, round 2 of 2, on 2 nodes") == 1);
    CHECK(json::serialize(result.document.at("notes"))
              .find("no load of the service came back whole") != std::string::npos);
    CHECK(here.nothing_stays());
}

TEST_CASE("kernels that fail on one node are a gap there, and measured on the others") {
    scene here;
    here.options.deployment.clear();
    here.options.kernel_rounds = 1;
    here.live = [&](json::object& pod) {
        here.usual(pod);
        if (name_of(pod).ends_with("run-1-1")) fail_with(pod, "low on memory");
    };
    here.log = [&](const json::object& pod) {
        return name_of(pod).ends_with("run-1-1") ? "last words\n" : here.usual_log(pod);
    };
    auto result = here.run();
    CHECK(gaps_of(result) == list{"kernels, round 1, m7i.2xlarge, node x86-1: Evicted: low on "
                                  "memory; it says: last words"});
    CHECK(result.measured == 1);
    here.live = [&](json::object& pod) { here.usual(pod); };
    here.log = [&](const json::object& pod) {
        return name_of(pod).ends_with("run-1-1") ? printed("a") + printed("b")
                                                 : here.usual_log(pod);
    };
    result = here.run();
    CHECK(result.measured == 2);  // what comes first is whole
    here.fault = [](const std::string& call) {
        return call.starts_with("logs lanewise-bench-") && call.find("run-1-2 ") != call.npos
                   ? not_found()
                   : kubectl_answer{};
    };
    CHECK(gaps_of(here.run()) == list{"kernels, round 1, m7g.2xlarge, node arm-1: its pod is gone: "
                                      "somebody deleted it before its log was read"});
    here.fault = [](const std::string& call) {
        static int creations = 0;
        return call.starts_with("create") && ++creations == 3
                   ? failing("(Forbidden): exceeded quota")
                   : kubectl_answer{};
    };
    CHECK(gaps_of(here.run()) == list{"kernels, round 1, m7i.2xlarge, node x86-1: kubectl: "
                                      "(Forbidden): exceeded quota"});
}

TEST_CASE("a node whose server is not to be had is a gap, and the others are loaded without it") {
    scene here;
    here.live = [&](json::object& pod) {
        here.usual(pod);
        if (part_of(pod) == "target" && name_of(pod).ends_with("-1"))
            fail_with(pod, "low on memory");
    };
    auto result = here.run();
    CHECK(gaps_of(result) == list{"m7g.2xlarge, node arm-1: Evicted: low on memory"});
    CHECK(result.measured == 1);
    CHECK(result.document.at("http").as_array().size() == 1);
    const auto words = joined(command_of(here.made_as("load").at(0)));
    CHECK(words.find("m7g.2xlarge") == std::string::npos);
    CHECK(words.ends_with("m7i.2xlarge=http://10.0.0.2:8080/ --instance m7i.2xlarge=m7i.2xlarge"));
    // It is taken down before the others are loaded.
    CHECK(here.program.count("delete pods lanewise-bench-" + result.run + "-target-1 ") == 1);
    CHECK(result.document.at("gaps").as_array().size() == 1);

    scene nobody;
    nobody.live = [&](json::object& pod) {
        nobody.usual(pod);
        if (part_of(pod) == "target") fail_with(pod, "low");
    };
    result = nobody.run();
    CHECK(gaps_of(result).size() == 2);
    CHECK(result.measured == 0);
    CHECK(nobody.made_as("load").empty());
    CHECK(result.document.at("http").is_null());
    CHECK(nobody.nothing_stays());
}

TEST_CASE("what a node says of itself may lack or not fit; its server is measured all the same") {
    scene here;
    here.log = [&](const json::object& pod) {
        if (name_of(pod).ends_with("machine-1")) return printed("{}");
        if (name_of(pod).ends_with("machine-2")) return printed("no JSON");
        return here.usual_log(pod);
    };
    auto result = here.run();
    REQUIRE(result.gaps.size() == 2);
    CHECK(
        gaps_of(result)[0].starts_with("m7g.2xlarge, node arm-1, its machine: what it says of "
                                       "its machine does not fit: "));
    CHECK(gaps_of(result)[1].find("no JSON") != std::string::npos);
    CHECK(result.measured == 2);
    CHECK(result.document.at("http").at(0).at("machine").is_null());

    scene lost;
    lost.live = [&](json::object& pod) {
        lost.usual(pod);
        if (name_of(pod).ends_with("machine-1")) fail_with(pod, "low");
    };
    lost.log = [&](const json::object& pod) {
        return name_of(pod).ends_with("machine-1") ? "words\n" : lost.usual_log(pod);
    };
    CHECK(gaps_of(lost.run()) ==
          list{"m7g.2xlarge, node arm-1, its machine: Evicted: low; it says: words"});

    // A node that takes no pod takes no server either.
    scene closed;
    closed.live = [&](json::object& pod) {
        closed.usual(pod);
        if (name_of(pod).ends_with("machine-1")) {
            pod["status"] = json::parse(R"({"phase":"Pending","conditions":[
                {"type":"PodScheduled","status":"False","reason":"Unschedulable"}]})");
        }
    };
    closed.fault = [](const std::string& call) {
        return call.starts_with("get node ")
                   ? kubectl_answer{R"({"spec":{"unschedulable":true}})", "", 0}
                   : kubectl_answer{};
    };
    result = closed.run();
    CHECK(gaps_of(result) == list{"m7g.2xlarge, node arm-1: the node is cordoned"});
    CHECK(closed.made_as("target").size() == 1);

    scene full;
    full.fault = [](const std::string& call) {
        static int creations = 0;
        if (call.starts_with("create")) ++creations;
        const bool is_over = creations == 3 || creations == 5;
        return call.starts_with("create") && is_over ? failing("(Forbidden): exceeded quota")
                                                     : kubectl_answer{};
    };
    CHECK(gaps_of(full.run()) ==
          list{"m7g.2xlarge, node arm-1, its machine: kubectl: (Forbidden): exceeded quota",
               "m7g.2xlarge, node arm-1: kubectl: (Forbidden): exceeded quota"});
}

TEST_CASE("a server that fails while it is loaded does not count, and says why") {
    const auto gap_where = [](const std::function<bool(scene&, json::object&)>& changes) {
        scene here;
        int looks = 0;
        here.live = [&](json::object& pod) {
            here.usual(pod);
            if (part_of(pod) == "load" && ++looks < 2)
                pod["status"] = json::parse(R"({"phase":"Running"})");
            if (!here.made_as("load").empty() && name_of(pod).ends_with("target-1"))
                (void)changes(here, pod);
        };
        here.log = [&](const json::object& pod) {
            return part_of(pod) == "target" ? "no database\n" : here.usual_log(pod);
        };
        const auto result = here.run();
        CHECK(result.measured == 1);
        CHECK(result.document.at("http").as_array().size() == 1);
        CHECK(result.document.at("http").at(0).at("node") == "x86-1");
        const auto gaps = gaps_of(result);
        return gaps.size() == 1 ? gaps[0] : joined(gaps);
    };
    CHECK(gap_where([](scene&, json::object& pod) {
              fail_with(pod, "low on memory");
              return true;
          }) == "m7g.2xlarge, node arm-1: while it was loaded: Evicted: low on memory");
    CHECK(gap_where([](scene&, json::object& pod) {
              pod["status"].as_object()["containerStatuses"] =
                  json::parse(R"([{"restartCount":1}])");
              return true;
          }) ==
          "m7g.2xlarge, node arm-1: its container started again while it was loaded; it "
          "said: no database");
    CHECK(gap_where([](scene&, json::object& pod) {
              pod["metadata"].as_object()["name"] = "another";
              return true;
          }) ==
          "m7g.2xlarge, node arm-1: its pod is gone: somebody deleted it while it was loaded");
}

TEST_CASE("a load that fails, or that no server is left for, is a gap of all") {
    const auto gaps_with = [](scene& here) {
        const auto result = here.run();
        CHECK(result.measured == 0);
        CHECK(result.document.at("http").is_null());
        CHECK(here.nothing_stays());
        return joined(gaps_of(result));
    };
    scene failed;
    failed.live = [&](json::object& pod) {
        failed.usual(pod);
        if (part_of(pod) == "load") fail_with(pod, "low");
    };
    failed.log = [&](const json::object& pod) {
        return part_of(pod) == "load" ? "cannot connect\n" : failed.usual_log(pod);
    };
    CHECK(gaps_with(failed) == "the load of 2 servers: Evicted: low; it says: cannot connect");
    scene mute;
    mute.live = [&](json::object& pod) {
        mute.usual(pod);
        if (part_of(pod) == "load") fail_with(pod, "low");
    };
    mute.log = [&](const json::object& pod) {
        return part_of(pod) == "load" ? "" : mute.usual_log(pod);
    };
    CHECK(gaps_with(mute) == "the load of 2 servers: Evicted: low");
    scene unfit;
    unfit.log = [&](const json::object& pod) {
        return part_of(pod) == "load" ? printed("{}") : unfit.usual_log(pod);
    };
    CHECK(gaps_with(unfit).starts_with("the load of 2 servers: its document does not fit: "));
    scene gone;
    gone.fault = [](const std::string& call) {
        return call.starts_with("logs") && call.find("-load ") != call.npos ? not_found()
                                                                            : kubectl_answer{};
    };
    CHECK(gaps_with(gone).starts_with("the load of 2 servers: its pod is gone"));
    scene alone;
    alone.live = [&](json::object& pod) {
        alone.usual(pod);
        if (part_of(pod) == "load") pod["status"] = json::parse(R"({"phase":"Running"})");
        if (part_of(pod) == "target" && !alone.made_as("load").empty()) fail_with(pod, "low");
    };
    CHECK(gaps_with(alone).ends_with("the load of 2 servers: no server was left"));
    scene full;
    full.fault = [](const std::string& call) {
        static int creations = 0;
        return call.starts_with("create") && ++creations == 7
                   ? failing("(Forbidden): exceeded quota")
                   : kubectl_answer{};
    };
    CHECK(gaps_with(full) == "the load of 2 servers: kubectl: (Forbidden): exceeded quota");
}

TEST_CASE("what can't be measured is refused before anything is made") {
    const auto refused = [](const std::function<void(scene&)>& change) {
        scene here;
        change(here);
        const auto why = here.refused();
        CHECK(here.made.empty());
        CHECK(here.lease.is_null());
        return why;
    };
    CHECK(refused([](scene& here) { here.nodes.clear(); }) ==
          "no node with the label lanewise/role=bench can be measured");
    CHECK(refused([](scene& here) {
              for (auto& one : here.nodes) one.at("spec").as_object()["unschedulable"] = true;
          }) ==
          "no node with the label lanewise/role=bench can be measured; m7i.2xlarge, node x86-1: "
          "the node is cordoned; m7g.2xlarge, node arm-1: the node is cordoned");
    CHECK(refused([](scene& here) { here.nodes.pop_back(); }) ==
          "no node that can be used has the label lanewise/role=load: the load comes from a node "
          "that runs no server");
    CHECK(refused([](scene& here) { here.options.load_nodes = here.options.bench_nodes; }) ==
          "the node x86-1 is to be measured and to send the load");
    CHECK(refused([](scene& here) {
              here.deployment = json::parse(R"({"metadata":{"namespace":"shop"}})");
          }) == "deployment/cart names no port, or several: --port says which");
    CHECK(refused([](scene& here) {
              auto& pod = here.deployment.at("spec").at("template").at("spec").as_object();
              pod["hostNetwork"] = true;
              pod["nodeName"] = "x";
          }) ==
          "deployment/cart can't be copied to other nodes: it is bound to the node \"x\" "
          "(nodeName); it takes its ports of its node (hostNetwork). Nothing was made");
    CHECK(refused([](scene& here) {
              here.fault = [](const std::string& call) {
                  return call.starts_with("create")
                             ? kubectl_answer{R"({"items":[{"status":{"allowed":false}},{},{},{},)"
                                              R"({"status":{"allowed":false}},{},{},{},{}]})",
                                              "", 0}
                             : kubectl_answer{};
              };
          }) ==
          "whoever runs this cannot do all that it takes in the namespace shop: create pods; get "
          "pods/log. Nothing was made");
    CHECK(refused([](scene& here) { here.interrupted = true; }) == "interrupted");
    CHECK(refused([](scene& here) {
              here.interrupted = true;
              here.fault = [](const auto&) { return failing("it was stopped"); };
          }) == "interrupted");
    CHECK(refused([](scene& here) {
              here.fault = [](const auto&) { return failing("it is down"); };
          }) == "kubectl: it is down");
}

TEST_CASE("claims are asked for, and one that many may mount keeps nothing from being copied") {
    scene here;
    here.deployment.at("spec").at("template").at("spec").as_object()["volumes"] =
        json::parse(R"([{"name":"data","persistentVolumeClaim":{"claimName":"cart-data"}}])");
    CHECK(here.refused().find("\"cart-data\", which does not exist") != std::string::npos);
    here.claims = R"({"metadata":{"name":"cart-data"},"spec":{"accessModes":["ReadWriteOnce"]}})";
    CHECK(here.refused().find("which only one may mount (ReadWriteOnce)") != std::string::npos);
    here.claims = R"({"metadata":{"name":"cart-data"},"spec":{"accessModes":["ReadWriteMany"]}})";
    CHECK(gaps_of(here.run()).empty());
    here.fault = [](const std::string& call) {
        return call.starts_with("get persistentvolumeclaims") ? failing("it is down")
                                                              : kubectl_answer{};
    };
    CHECK(here.refused() == "kubectl: it is down");
}

TEST_CASE("the port that the user names is loaded, and the context's namespace is the service's") {
    scene here;
    here.options.port = 9000;
    here.options.name_space.clear();
    (void)here.run();
    CHECK(joined(command_of(here.made_as("load").at(0))).find("10.0.0.1:9000/") !=
          std::string::npos);
    CHECK(here.program.calls[0] == "get deployments.apps cart -o json");
    CHECK(here.program.count("get pods -l lanewise/run=") > 0);
    CHECK(std::ranges::all_of(here.program.calls, [](const auto& call) {
        return !call.starts_with("get pods -l") || call.find(" -n shop ") != call.npos;
    }));
}

TEST_CASE("what runs of before left is taken down, what another run does on these nodes stays") {
    scene here;
    const auto left = [](const std::string& name) {
        json::object labels;
        labels[maker_label] = maker;
        labels[run_label] = "dead01";
        return json::object{{"metadata", json::object{{"name", name}, {"labels", labels}}}};
    };
    here.pods = {left("one"), left("two")};
    CHECK(gaps_of(here.run()).empty());
    CHECK(std::ranges::count(
              here.said, "a dead run, dead01, left these pods: one, two; they are taken down") ==
          1);
    CHECK(here.program.count("delete pods -l app.kubernetes.io/managed-by=lanewise-bench,"
                             "lanewise/run!=") == 1);
    CHECK(here.program.count("delete secrets lanewise-bench-dead01 -n shop") == 1);

    const auto beside = [](const std::string& namespaced, const std::string& on,
                           const std::string& phase) {
        scene other;
        other.fault = [=](const std::string& call) {
            if (call.find("--all-namespaces") == call.npos) return kubectl_answer{};
            return kubectl_answer{R"({"items":[{"metadata":{"name":"their-pod","namespace":")" +
                                      namespaced + R"(","labels":{"lanewise/run":"live01"}},)" +
                                      R"("spec":{"nodeName":")" + on + R"("},"status":{"phase":")" +
                                      phase + R"("}}]})",
                                  "", 0};
        };
        const auto why = other.refused();
        CHECK(other.nothing_stays());
        return why;
    };
    CHECK(beside("stage", "x86-1", "Running") ==
          "one run at a time: the run live01 of the namespace stage has the pod their-pod on the "
          "node x86-1; where that run is dead, lanewise-bench cluster clean -n stage takes it "
          "down");
    CHECK(beside("stage", "load-1", "Pending").find("on the node load-1") != std::string::npos);
    CHECK(beside("stage", "web-1", "Running") == "");
    CHECK(beside("shop", "x86-1", "Running") == "");
    CHECK(beside("stage", "x86-1", "Succeeded") == "");
    CHECK(beside("stage", "x86-1", "Failed") == "");
    scene refused;
    refused.fault = [](const std::string& call) {
        return call.find("--all-namespaces") != call.npos ? failing("(Forbidden): cannot list")
                                                          : kubectl_answer{};
    };
    CHECK(gaps_of(refused.run()).empty());
    refused.fault = [](const std::string& call) {
        return call.find("--all-namespaces") != call.npos ? failing("it is down")
                                                          : kubectl_answer{};
    };
    CHECK(refused.refused() == "kubectl: it is down");
    CHECK(refused.nothing_stays());
}

TEST_CASE("a run that is interrupted takes down what it made, and says what is missing") {
    scene here;
    here.live = [&](json::object& pod) {
        here.usual(pod);
        if (part_of(pod) == "target") here.interrupted = true;
    };
    const auto result = here.run();
    CHECK(result.interrupted);
    CHECK(result.gaps.back().what == "what had not run by then");
    CHECK(here.nothing_stays());
    CHECK(json::serialize(result.document.at("notes")).find("interrupted: what had not run") !=
          std::string::npos);
    scene ended;
    ended.fault = [&](const std::string& call) {
        if (ended.made_as("target").empty() || ended.interrupted || !call.starts_with("get pods"))
            return kubectl_answer{};
        ended.interrupted = true;
        return failing("(Conflict): ended by the same signal");
    };
    CHECK(ended.run().interrupted);
}

TEST_CASE("what could not be taken down is told, with the command that takes it down") {
    scene here;
    here.fault = [](const std::string& call) {
        return call.starts_with("delete leases") ? failing("(Forbidden): cannot delete")
                                                 : kubectl_answer{};
    };
    CHECK(here.refused() == "kubectl: (Forbidden): cannot delete");
    CHECK(here.said.back().find("made is gone: kubectl: (Forbidden): cannot delete. "
                                "lanewise-bench cluster clean -n shop takes it down") !=
          std::string::npos);
    // The first failure is the one that is told.
    here.fault = [](const std::string& call) {
        if (call.starts_with("delete leases")) return failing("(Forbidden): cannot delete");
        return call.starts_with("get pods -l lanewise/run") ? failing("(Conflict): first")
                                                            : kubectl_answer{};
    };
    here.lease = nullptr;
    CHECK(here.refused() == "kubectl: (Conflict): first");
}

}  // namespace lanewise::bench::cluster
