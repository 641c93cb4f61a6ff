// What kubectl is asked, what it answers, and which of its failures are which.
#include "bench/cluster/kubectl.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "bench/cluster/child_process.hpp"
#include "bench/cluster/cluster_bench.hpp"
#include "bench/cluster/fields.hpp"
#include "bench/cluster/preflight.hpp"
#include "bench/cluster/run_lease.hpp"
#include "bench/cluster/run_pods.hpp"
#include "bench/cluster/run_rights.hpp"
#include "bench/cluster/web_challenges.hpp"
#include "stand_in_kubectl.hpp"
#include "tests/bench/load/scripted_server.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using kind = kubectl_failure::kind;
using list = std::vector<std::string>;

/// A kubectl that says the same to every call.
struct saying {
    explicit saying(kubectl_answer answer)
        : program{[answer](const auto&, const auto&) { return answer; }} {}
    stand_in_kubectl program;
    kubectl cluster{program.options()};
};

/// The failure of a `get`, as "kind: words".
std::string failure_of(const kubectl_answer& answer) {
    saying here{answer};
    try {
        (void)here.cluster.get({"pods"});
    } catch (const kubectl_failure& failure) {
        const char* const kinds[] = {"not found", "forbidden", "exists", "conflict", "other"};
        return std::string{kinds[static_cast<int>(failure.what_kind())]} + ": " + failure.what();
    }
    return "none";
}

/// Pods of these names, as the API server lists them.
std::string pods_named(const list& names, const std::string& run = "dead01") {
    json::array items;
    for (const auto& name : names) {
        json::object labels;
        labels[run_label] = run;
        items.push_back(json::object{
            {"metadata", json::object{{"name", name}, {"labels", std::move(labels)}}}});
    }
    return json::serialize(json::object{{"items", std::move(items)}});
}

}  // namespace

TEST_CASE(
    "a program's output is whole, or is said to be longer than may be; a signal has a status") {
    const auto said = [](const std::string& script, std::size_t bytes_max, std::string input = "") {
        child_call call;
        call.words = {"/bin/sh", "-c", script};
        call.input = std::move(input);
        call.bytes_max = bytes_max;
        return run_child(call);
    };
    const auto whole = said("printf hello; printf oh >&2; exit 3", 5);
    CHECK(whole.output == "hello");
    CHECK(whole.errors == "oh");
    CHECK(whole.status == 3);
    CHECK_FALSE(whole.long_output);
    CHECK_FALSE(whole.succeeded());
    CHECK(said("printf hello", 5).succeeded());
    CHECK(said("printf hello", 4).long_output);
    CHECK(said("kill -TERM $$", 5).status == 128 + SIGTERM);
    const std::string large(300'000, 'x');
    CHECK(said("cat", large.size(), large).output == large);
    // What a program complains of beyond 64 KiB is dropped, and it goes on.
    const auto noisy = said("head -c 200000 /dev/zero >&2; printf done", 5);
    CHECK(noisy.errors.size() == std::size_t{64} << 10);
    CHECK(noisy.output == "done");
}

TEST_CASE("the context and the configuration that the user names go with each call") {
    stand_in_kubectl program{
        [](const auto&, const auto&) { return kubectl_answer{"{\"a\":1}", "", 0}; }};
    auto options = program.options();
    CHECK(kubectl{options}.get({"pods", "-l", "x"}).at("a") == 1);
    options.context = "prod";
    options.kubeconfig = "/home/ann/config";
    (void)kubectl{options}.get({"nodes"});
    CHECK(program.calls == list{"get pods -l x -o json",
                                "get nodes -o json --context=prod --kubeconfig=/home/ann/config"});
}

TEST_CASE("a failure is told in kubectl's own words, its kind by the reason that it gives") {
    const auto error = [](const std::string& reason) {
        return kubectl_answer{"", "Error from server (" + reason + "): x y\n", 1};
    };
    CHECK(failure_of(error("NotFound")) == "not found: kubectl: Error from server (NotFound): x y");
    CHECK(failure_of(error("Forbidden")).starts_with("forbidden: "));
    CHECK(failure_of(error("AlreadyExists")).starts_with("exists: "));
    CHECK(failure_of(error("Conflict")).starts_with("conflict: "));
    CHECK(failure_of(error("InternalError")).starts_with("other: "));
    CHECK(failure_of({"", "Warning: old\nW1129 cache\n\nNo resources found\nno host\nmore\n", 1}) ==
          "other: kubectl: no host");
    CHECK(failure_of({"", "no host", 1}) == "other: kubectl: no host");
    CHECK(failure_of({"", "Warning: old\n", 3}) ==
          "other: kubectl get pods: exit status 3 without a word");
    CHECK(failure_of({"{\"items\":", "", 0}) ==
          "other: kubectl get pods: the answer is cut off or no JSON");
    CHECK(failure_of({"{}", "Warning: old\n", 0}) == "none");
    CHECK(failure_of({"", std::string(600, 'a'), 1}) == "other: kubectl: " + std::string(500, 'a'));
}

TEST_CASE("kinds that are refused leave the others of a list; any other failure leaves none") {
    const std::string refused = "Error from server (Forbidden): no secrets\n";
    const auto some = [](const kubectl_answer& answer) {
        saying here{answer};
        try {
            const auto found = here.cluster.get_some({"pods,secrets"});
            return std::to_string(list_of(found.list, {"items"}).size()) + " items, " +
                   std::to_string(found.failures.size()) + " refused";
        } catch (const kubectl_failure& failure) {
            return std::string{failure.what()};
        }
    };
    CHECK(some({R"({"items":[1]})", "", 0}) == "1 items, 0 refused");
    CHECK(some({R"({"items":[1]})", refused, 1}) == "1 items, 1 refused");
    CHECK(some({R"({"items":[]})", refused + refused, 1}) == "0 items, 2 refused");
    CHECK(some({"", refused, 1}).find("no secrets") != std::string::npos);
    CHECK(some({"{}", refused, 1}).find("no secrets") != std::string::npos);
    CHECK(some({R"({"items":[1]})", refused + "it is down\n", 1}).find("no secrets") !=
          std::string::npos);
    CHECK(some({R"({"items":[1]})", "it is down\n", 1}) == "kubectl: it is down");
    CHECK(some({R"({"items":[1]})", "", 1}).ends_with("exit status 1 without a word"));
    CHECK_THROWS_AS((void)saying({R"({"items":[1]})", refused, 1}).cluster.get({"pods"}),
                    kubectl_failure);
}

TEST_CASE("a quota that is full is forbidden too, and is no right that lacks") {
    const auto lacks = [](kind what, const char* text) {
        return kubectl_failure{what, text}.lacks_right();
    };
    CHECK(lacks(kind::forbidden, "User \"ann\" cannot create pods"));
    CHECK_FALSE(lacks(kind::forbidden, "exceeded quota"));
    CHECK_FALSE(lacks(kind::other, "cannot connect"));
}

TEST_CASE("what is made and what is put in its place goes in as JSON and comes back as made") {
    saying one{{"{\"made\":1}{\"made\":2}", "", 0}};
    CHECK(one.cluster.create(json::object{{"kind", "List"}}).size() == 2);
    CHECK(one.program.calls[0] == "create -f - --validate=false -o json");
    CHECK_THROWS_WITH_AS((void)one.cluster.replace(json::object{}),
                         "kubectl replace: the answer is cut off or no JSON", kubectl_failure);
    saying cut{{"{\"made\":", "", 0}};
    CHECK_THROWS_WITH_AS((void)cut.cluster.create(json::object{}),
                         "kubectl create: the answer is cut off or no JSON", kubectl_failure);
    saying mute{{"", "", 2}};
    CHECK_THROWS_WITH_AS((void)mute.cluster.create(json::object{}),
                         "kubectl create: exit status 2 without a word", kubectl_failure);
    CHECK_THROWS_WITH_AS((void)mute.cluster.logs({"pod"}),
                         "kubectl logs: exit status 2 without a word", kubectl_failure);
    saying whole{{"line\n", "", 0}};
    CHECK(whole.cluster.logs({"pod", "-c", "job"}) == "line\n");
    CHECK(whole.program.calls[0] == "logs pod -c job");
}

TEST_CASE("a kubectl that is missing, or does not answer, is told so") {
    kubectl_options none;
    none.program = "/none/kubectl";
    CHECK_THROWS_WITH_AS(
        (void)kubectl{none}.get({"pods"}),
        "/none/kubectl can't be started: No such file or directory; it is the only way to the "
        "cluster",
        kubectl_failure);
    const temporary_folder folder;
    kubectl_options silent;
    silent.program = folder.with("silent", "#!/bin/sh\nexec sleep 600\n");
    std::filesystem::permissions(silent.program, std::filesystem::perms::owner_all);
    silent.patience = std::chrono::duration<double>{0.05};
    CHECK_THROWS_WITH_AS((void)kubectl{silent}.get({"pods"}),
                         "kubectl get pods: no answer within 0.05 s", kubectl_failure);
}

TEST_CASE("what is taken down is taken down through a user's Ctrl-C, though not for ever") {
    int calls = 0;
    int ended_by_signal = 0;
    stand_in_kubectl program{[&](const auto&, const auto&) {
        return ++calls <= ended_by_signal ? kubectl_answer{"", "", 130} : kubectl_answer{};
    }};
    const kubectl cluster{program.options()};
    cluster.remove({"pods", "a"});
    CHECK(program.calls[0] == "delete pods a --ignore-not-found --wait=false");
    calls = 0, ended_by_signal = 4;
    cluster.remove({"pods", "a"});
    CHECK(calls == 5);
    calls = 0, ended_by_signal = 100;
    CHECK_THROWS_AS(cluster.remove({"pods", "a"}), kubectl_failure);
    CHECK(calls == 5);
    saying failing{{"", "", 128}};
    CHECK_THROWS_AS(failing.cluster.remove({"pods", "a"}), kubectl_failure);
    CHECK(failing.program.calls.size() == 1);
}

TEST_CASE("rights that lack are named; where the cluster does not say, none is missing") {
    const std::vector<needed_right> rights{
        {"create", "", "pods", ""}, {"get", "", "pods", "log"}, {"get", "apps", "deployments", ""}};
    CHECK(rights[0].text() == "create pods");
    CHECK(rights[1].text() == "get pods/log");
    CHECK(rights[2].text() == "get deployments.apps");
    const auto missing = [&](const std::string& answer, int status = 0) {
        std::string sent;
        stand_in_kubectl program{[&](const auto&, const std::string& input) {
            sent = input;
            return kubectl_answer{answer, status ? "it is down\n" : "", status};
        }};
        list names;
        for (const auto& one : missing_rights(kubectl{program.options()}, "shop", rights))
            names.push_back(one.text());
        const auto asked = list_of(*parsed(sent), {"items"});
        CHECK(asked.size() == 3);
        const auto attributes = [&](std::size_t i) {
            return json::serialize(*field(asked[i], {"spec", "resourceAttributes"}));
        };
        CHECK(attributes(0) == R"({"verb":"create","resource":"pods","namespace":"shop"})");
        CHECK(attributes(1) ==
              R"({"verb":"get","resource":"pods","subresource":"log","namespace":"shop"})");
        CHECK(attributes(2) ==
              R"({"verb":"get","resource":"deployments","group":"apps","namespace":"shop"})");
        return names;
    };
    const std::string yes = R"({"status":{"allowed":true}})",
                      no = R"({"status":{"allowed":false}})";
    CHECK(missing(yes + yes + yes).empty());
    CHECK(missing(yes + no + no) == list{"get pods/log", "get deployments.apps"});
    CHECK(missing("{\"items\":[" + no + "," + yes + ",{}]}") == list{"create pods"});
    CHECK(missing(no + no).empty());
    CHECK(missing("", 1).empty());
}

TEST_CASE("what a dead run left is taken down: pods, workloads and Lease") {
    const std::string dead =
        R"({"spec":{"holderIdentity":"dead02 ann@laptop","renewTime":"2020-01-01T00:00:00Z"}})";
    bool there = true;
    stand_in_kubectl program{[&](const stand_in_kubectl::words& words, const auto&) {
        if (words[0] == "get" && words[1] == "pods")
            return kubectl_answer{pods_named(there ? list{"one", "two"} : list{}), "", 0};
        if (words[0] == "get") return kubectl_answer{dead, "", 0};
        if (words[1] == "pods") there = false;
        if (words[1] == "secrets") return kubectl_answer{"", "(Forbidden): cannot delete\n", 1};
        return kubectl_answer{};
    }};
    clean_options options;
    options.kubectl = program.options();
    options.name_space = "shop";
    options.look_every_s = 0.001;
    CHECK(run_clean(options) ==
          list{"pod/one of the run dead01", "pod/two of the run dead01", "lease/lanewise-bench"});
    const std::string pods = "pods -l app.kubernetes.io/managed-by=lanewise-bench ";
    CHECK(program.calls ==
          list{"get leases.coordination.k8s.io lanewise-bench -n shop -o json",
               "get pods -l app.kubernetes.io/managed-by=lanewise-bench -n shop -o json",
               "delete " + pods + "--grace-period=5 -n shop --ignore-not-found --wait=false",
               "get pods -l app.kubernetes.io/managed-by=lanewise-bench -n shop -o json",
               "delete secrets lanewise-bench-dead01 -n shop --ignore-not-found --wait=false",
               "delete secrets lanewise-bench-dead02 -n shop --ignore-not-found --wait=false",
               "delete leases.coordination.k8s.io lanewise-bench -n shop --ignore-not-found "
               "--wait=false"});
}

TEST_CASE("where nothing was left, nothing is deleted; a run that is at work stays but by force") {
    std::string lease;
    stand_in_kubectl program{[&](const stand_in_kubectl::words& words, const auto&) {
        if (words[0] == "get" && words[1] == "pods") return kubectl_answer{pods_named({}), "", 0};
        if (words[0] == "get")
            return lease.empty() ? kubectl_answer{"", "(NotFound)\n", 1}
                                 : kubectl_answer{lease, "", 0};
        return kubectl_answer{};
    }};
    clean_options options;
    options.kubectl = program.options();
    CHECK(run_clean(options).empty());
    CHECK(program.calls == list{"get leases.coordination.k8s.io lanewise-bench -o json",
                                "get pods -l app.kubernetes.io/managed-by=lanewise-bench -o json"});
    lease = R"({"spec":{"holderIdentity":"live01 ann","renewTime":"2200-01-01T00:00:00Z"}})";
    CHECK_THROWS_WITH_AS((void)run_clean(options),
                         "the run live01 of ann is at work, or died within the last 60 s; --force "
                         "takes it down all the same",
                         lease_taken);
    CHECK(program.count("delete") == 0);
    options.force = true;
    CHECK(run_clean(options) == list{"lease/lanewise-bench"});
    // A holder whose name is no object's has no workload to be deleted by that name.
    lease = R"({"spec":{"holderIdentity":"--all x","renewTime":"2020-01-01T00:00:00Z"}})";
    CHECK(run_clean(options).size() == 1);
    CHECK(program.count("delete secrets") == 1);
    lease = R"({"spec":{"renewTime":"2200-01-01T00:00:00Z"}})";
    options.force = false;
    CHECK(run_clean(options).size() == 1);
    saying failing{{"", "it is down\n", 1}};
    options.kubectl = failing.program.options();
    CHECK_THROWS_AS((void)run_clean(options), kubectl_failure);
}

TEST_CASE("pods that do not go away are named, ten at most") {
    list names;
    for (int i = 0; i < 12; ++i) names.push_back("p" + std::to_string(i));
    saying here{{pods_named(names), "", 0}};
    CHECK_THROWS_WITH_AS(delete_pods(here.cluster, "", "a=b", 0, 0.001),
                         "these pods do not go away: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9",
                         std::runtime_error);
    CHECK(here.program.calls[0] ==
          "delete pods -l a=b --grace-period=5 --ignore-not-found --wait=false");
    CHECK(here.program.calls[1] == "get pods -l a=b -o json");
    // A server that fails for a moment is asked again; one that refuses is not.
    int calls = 0;
    stand_in_kubectl program{[&](const auto&, const auto&) {
        return ++calls == 1 ? kubectl_answer{"", "it is down\n", 1}
                            : kubectl_answer{pods_named({}), "", 0};
    }};
    delete_pods(kubectl{program.options()}, "shop", "a=b", 600, 0.001);
    CHECK(calls == 3);
    saying refused{{"", "(Forbidden): cannot delete\n", 1}};
    CHECK_THROWS_AS(delete_pods(refused.cluster, "", "a=b", 600, 0.001), kubectl_failure);
    saying down{{"", "it is down\n", 1}};
    CHECK_THROWS_AS(delete_pods(down.cluster, "", "a=b", 0, 0.001), kubectl_failure);
}

TEST_CASE("preflight looks at the workloads of a namespace, its nodes, and says what it lacks") {
    const std::string denied = "Error from server (Forbidden): cannot list\n";
    const std::string workload =
        R"({"items":[{"kind":"Deployment","metadata":{"name":"cart","namespace":"shop"},"spec":)"
        R"({"template":{"spec":{"containers":[{"name":"web","image":"A B"}]}}}}]})";
    kubectl_answer workloads{workload, "", 0},
        nodes{R"({"items":[{"metadata":{"name":"a",)"
              R"("labels":{"kubernetes.io/arch":"amd64"}}}]})",
              "", 0},
        name_space{"{}", "", 0};
    stand_in_kubectl program{[&](const stand_in_kubectl::words& words, const auto&) {
        if (words[1] == "nodes") return nodes;
        if (words[1] == "namespace") return name_space;
        return workloads;
    }};
    preflight_options options;
    options.kubectl = program.options();
    options.name_space = "shop";
    auto found = run_preflight(options);
    CHECK(program.calls[0] ==
          "get deployments,statefulsets,daemonsets,cronjobs,jobs -n shop -o json");
    CHECK(program.count("get namespace") == 0);
    REQUIRE(found.workloads.size() == 1);
    CHECK(found.workloads[0].what == need::unknown);
    CHECK(found.workloads[0].images.at(0).answer.unknown == "this is no name of an image");
    CHECK(found.gaps.empty());
    CHECK(std::ranges::count(found.notes,
                             "the cluster has no arm64 node: what labels and taints such nodes "
                             "will have is not known") == 1);
    CHECK(std::ranges::none_of(
        found.notes, [](const auto& one) { return one.find("no amd64 node") != one.npos; }));
    nodes = {"", denied, 1};
    found = run_preflight(options);
    CHECK_FALSE(found.nodes_known);
    CHECK(found.gaps == list{"nodes, so that their taints are not known: kubectl: Error from "
                             "server (Forbidden): cannot list"});
    // A kind that is refused is a gap, where others are given.
    workloads = {workload, denied, 1};
    CHECK(run_preflight(options).gaps.size() == 2);
    workloads = {"{\"items\":[]}", denied, 1};
    CHECK_THROWS_AS((void)run_preflight(options), kubectl_failure);
    // Nothing at all: the namespace is asked for, unless there is none.
    workloads = {"{\"items\":[]}", "", 0};
    CHECK(run_preflight(options).workloads.empty());
    CHECK(program.count("get namespace shop -o json") == 1);
    name_space = {"", denied, 1};
    CHECK(run_preflight(options).workloads.empty());
    name_space = {"", "Error from server (NotFound): namespaces \"shop\"\n", 1};
    CHECK_THROWS_AS((void)run_preflight(options), kubectl_failure);
    options.all_name_spaces = true;
    CHECK(run_preflight(options).workloads.empty());
    CHECK(program.count("get deployments,statefulsets,daemonsets,cronjobs,jobs --all-namespaces "
                        "-o json") == 1);
    options.all_name_spaces = false;
    options.name_space.clear();
    CHECK(run_preflight(options).workloads.empty());
    CHECK(program.count("get deployments,statefulsets,daemonsets,cronjobs,jobs -o json") == 1);
}

TEST_CASE("an image that is denied is asked for again with the workload's own pull secrets") {
    kubectl_answer account{R"({"imagePullSecrets":[{"name":"of-account"},{"name":""}]})", "", 0},
        secret{"", "(Forbidden): cannot get\n", 1};
    const auto with = [&](const std::string& pod) {
        stand_in_kubectl program{[&, pod](const stand_in_kubectl::words& words, const auto&) {
            if (words[1] == "nodes") return kubectl_answer{"{\"items\":[]}", "", 0};
            if (words[1] == "serviceaccount") return account;
            if (words[1] == "secret") return secret;
            return kubectl_answer{R"({"items":[{"kind":"Deployment","metadata":{"name":"cart",)"
                                  R"("namespace":"shop"},"spec":{"template":{"spec":)" +
                                      pod + "}}}]}",
                                  "", 0};
        }};
        preflight_options options;
        options.kubectl = program.options();
        const auto found = run_preflight(options);
        list calls;
        for (const auto& one : program.calls)
            if (one.find("secret") != one.npos || one.find("serviceaccount") != one.npos)
                calls.push_back(one);
        calls.push_back(found.workloads.at(0).images.at(0).answer.unknown);
        return calls;
    };
    scripted_server registry{[](const asked&) {
        return answer{{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}, answer::end::close};
    }};
    const auto image = registry.url("/team/app:1").substr(7);
    const auto pod = [&](const std::string& more) {
        return R"({"containers":[{"name":"web","image":")" + image + "\"}]" + more + "}";
    };
    auto calls = with(pod(R"(,"imagePullSecrets":[{"name":"own"},{"name":"--all"}])"));
    REQUIRE(calls.size() == 2);
    CHECK(calls[0] == "get secret own -n shop -o json");
    CHECK(calls[1].ends_with("; its pull secrets can't be read: kubectl: (Forbidden): cannot get"));
    calls = with(pod(R"(,"serviceAccountName":"shopper")"));
    REQUIRE(calls.size() == 3);
    CHECK(calls[0] == "get serviceaccount shopper -n shop -o json");
    CHECK(calls[1] == "get secret of-account -n shop -o json");
    CHECK(with(pod(R"(,"serviceAccountName":"--all")")).size() == 1);
    CHECK(with(pod(""))[0] == "get serviceaccount default -n shop -o json");
    // An account that is not there has no secrets; one that can't be read may have some.
    account = {"", "Error from server (NotFound): serviceaccounts\n", 1};
    CHECK(with(pod("")).back().find("can't be read") == std::string::npos);
    account = {"", "(Forbidden): cannot get\n", 1};
    CHECK(with(pod("")).back().find("its pull secrets can't be read") != std::string::npos);
    // What the registry says to the secret's account is told, too.
    secret = {R"({"data":{".dockerconfigjson":")" +
                  base64_of(R"({"auths":{")" + image.substr(0, image.find('/')) +
                            R"(":{"username":"u","password":"p"}}})") +
                  "\"}}",
              "", 0};
    CHECK(with(pod(R"(,"imagePullSecrets":[{"name":"own"}])"))
              .back()
              .find("; with its pull secrets: ") != std::string::npos);
}

}  // namespace lanewise::bench::cluster
