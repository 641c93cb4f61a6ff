// The cluster command as it is typed, beside a kubectl of the test's own: what it refuses, how it
// ends, and where it says that the rights stand.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/documents/files.hpp"
#include "tests/bench/cluster/printed_document.hpp"
#include "tests/bench/cluster/stand_in_kubectl.hpp"
#include "typed_command.hpp"

using namespace lanewise::bench;
using cluster::kubectl_answer;
using cluster::stand_in_kubectl;
namespace json = boost::json;

namespace {

using list = std::vector<std::string>;

const std::string no_right = "Error from server (Forbidden): User \"ann\" cannot list nodes\n";

told bench(const std::string& kubectl, const list& more) {
    list words{"cluster", "bench", "--kubectl", kubectl, "--image", "lanewise:1"};
    words.insert(words.end(), more.begin(), more.end());
    return typed(add_cluster, words);
}

/// A cluster of one node, on which kernels are measured.
struct small_cluster {
    json::array pods;
    json::value lease;
    kubectl_answer of_pods{"", "", 0};  ///< status 0: a pod is made
    stand_in_kubectl program{[this](const stand_in_kubectl::words& words,
                                    const std::string& input) { return answer(words, input); }};

    kubectl_answer answer(const stand_in_kubectl::words& words, const std::string& input) {
        if (words[0] == "get" && words[1].starts_with("leases"))
            return lease.is_null() ? cluster::failing("(NotFound)")
                                   : kubectl_answer{json::serialize(lease), "", 0};
        if (words[0] == "get" && words[1] == "nodes")
            return {R"({"items":[{"metadata":{"name":"a","labels":{"kubernetes.io/arch":"amd64",)"
                    R"("lanewise/role":"bench"}},"spec":{},"status":{"nodeInfo":{"architecture":)"
                    R"("amd64","operatingSystem":"linux"},"conditions":[{"type":"Ready",)"
                    R"("status":"True"}]}}]})",
                    "", 0};
        if (words[0] == "get" && words[1] == "pods")
            return {json::serialize(json::object{{"items", pods}}), "", 0};
        if (words[0] == "get") return {R"({"items":[]})", "", 0};
        if (words[0] == "logs") return {cluster::printed("{\"of\":\"kernels\"}"), "", 0};
        if (words[0] == "delete") {
            if (words[1] == "pods") pods.clear();
            return {};
        }
        auto given = json::parse(input).as_object();
        if (given.at("kind") == "List") {
            std::string all;
            for (std::size_t i = 0; i < given.at("items").as_array().size(); ++i)
                all += R"({"status":{"allowed":true}})";
            return {all, "", 0};
        }
        if (given.at("kind") == "Pod" && of_pods.status != 0) return of_pods;
        given.at("metadata").as_object()["uid"] = "uid-1";
        if (given.at("kind") == "Lease") lease = given;
        if (given.at("kind") == "Pod") {
            given["status"] = json::object{{"phase", "Succeeded"}};
            pods.push_back(given);
        }
        return {json::serialize(given), "", 0};
    }
};

}  // namespace

TEST_CASE("what cluster bench can't measure is bad usage, said before the cluster is asked") {
    const temporary_folder here;
    stand_in_kubectl program{
        [](const auto&, const auto&) { return kubectl_answer{"", no_right, 1}; }};
    const auto kubectl = program.options().program;
    const auto refused = [&](const list& words) {
        const auto made = bench(kubectl, words);
        CHECK(made.status == 2);
        CHECK(program.calls.empty());
        return made.errors;
    };
    CHECK(contains(refused({}), "there is nothing to measure: --service deployment/NAME"));
    for (const auto* service :
         {"cart", "deployment/", "deployment/A", "statefulset/cart", "/cart", "deploymentx/cart"}) {
        CAPTURE(service);
        CHECK(contains(refused({"--service", service}), "is no deployment/NAME"));
    }
    const auto with = [](list more) {
        more.insert(more.begin(), {"--service", "deployment/cart"});
        return more;
    };
    CHECK(refused(with({"--path", "x"})) == "--path x does not begin with /");
    CHECK(contains(refused(with({"-n", "Shop"})), "\"Shop\" is no name of a Kubernetes object"));
    CHECK(contains(refused(with({"--image-pull-secret", "a b"})), "\"a b\" is no name"));
    CHECK(contains(refused(with({"--bench-nodes", "x"})), "--bench-nodes \"x\" is no label"));
    CHECK(contains(refused(with({"--load-nodes", "x"})), "--load-nodes \"x\" is no label"));
    CHECK(contains(refused(with({"--workload", here / "none"})), "No such file"));
    // What can be measured is asked for; a right that is missing stands in a file.
    for (const auto* type :
         {"deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"}) {
        const auto made = bench(kubectl, {"--service", std::string{type} + "/cart", "-n", "shop",
                                          "--image-pull-secret", "regcred"});
        CHECK(made.status == 1);
        CHECK(made.errors.ends_with(
            "cannot list nodes; deploy/rights/cluster-bench.yaml holds the rights that it takes"));
    }
    CHECK_FALSE(program.calls.empty());
    stand_in_kubectl down{[](const auto&, const auto&) {
        return cluster::failing("Unable to connect to the server");
    }};
    const auto lost = bench(down.options().program, {"--service", "deployment/cart"});
    CHECK(lost.status == 1);
    CHECK_FALSE(contains(lost.errors, "rights"));
}

TEST_CASE("kernels of each node are written into a folder; a run without a result failed") {
    const temporary_folder here;
    const auto run = [&](small_cluster& in) {
        return bench(in.program.options().program,
                     {"--kernels", here / "kernels", "--rounds", "1", "--look-every", "0.1", "-o",
                      here / "out.json"});
    };
    small_cluster good;
    const auto made = run(good);
    CAPTURE(made.errors);
    const auto file = here / "kernels/run-1-a.json";
    CHECK(read_file(file) == "{\"of\":\"kernels\"}");
    CHECK(contains(made.errors, "lanewise-bench: " + file + "\n"));
    // It has no node of the other architecture, which is a gap.
    CHECK(made.status == 4);
    CHECK(contains(made.errors, "incomplete: 1 gap; the report lists them\n"));
    small_cluster full;
    full.of_pods = {"", "Error from server (Forbidden): pods \"x\" is forbidden: exceeded quota\n",
                    1};
    const auto none = run(full);
    CHECK(none.status == 1);
    CHECK(contains(none.errors, "incomplete: 2 gaps"));
}

TEST_CASE("preflight ends with 3 where something can't run on both, and 1 where all is not known") {
    std::string workloads = R"({"items":[]})";
    kubectl_answer nodes{R"({"items":[]})", "", 0};
    bool denied = false;
    stand_in_kubectl program{[&](const stand_in_kubectl::words& words, const auto&) {
        if (denied) return kubectl_answer{"", no_right, 1};
        if (words[1] == "nodes") return nodes;
        return kubectl_answer{workloads, "", 0};
    }};
    const std::filesystem::path kubectl = program.options().program;
    const std::string path = ::getenv("PATH");
    ::setenv("PATH", (kubectl.parent_path().string() + ":" + path).c_str(), 1);
    const auto typed_with = [](const list& more) {
        list words{"cluster", "preflight"};
        words.insert(words.end(), more.begin(), more.end());
        return typed(add_cluster, words);
    };
    const std::string rights = "; deploy/rights/preflight.yaml holds the rights that it takes";
    CHECK(typed_with({}).status == 0);
    CHECK(json::parse(typed_with({"--json"}).output).is_object());
    nodes = {"", no_right, 1};
    const auto partly = typed_with({});
    CHECK(partly.status == 1);
    CHECK(contains(partly.errors, "not looked at: nodes"));
    CHECK(contains(partly.errors, rights));
    nodes = {"", "Unable to connect to the server\n", 1};
    CHECK_FALSE(contains(typed_with({}).errors, rights));
    nodes = {R"({"items":[{"metadata":{"name":"a","labels":{"kubernetes.io/arch":"amd64"}}}]})", "",
             0};
    workloads =
        R"({"items":[{"kind":"Deployment","metadata":{"name":"cart"},"spec":{"template":{"spec":)"
        R"({"nodeSelector":{"kubernetes.io/arch":"amd64"},"containers":[{"name":"w",)"
        R"("image":"A B"}]}}}}]})";
    CHECK(typed_with({}).status == 3);
    denied = true;
    CHECK(typed_with({}).status == 1);
    CHECK(typed_with({}).errors.ends_with(rights));
    CHECK(contains(typed_with({"--mirrors", "/none"}).errors, "--mirrors /none: No such file"));
    CHECK(typed_with({"--mirrors", "/none"}).status == 2);
    ::setenv("PATH", path.c_str(), 1);
}
