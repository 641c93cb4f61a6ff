// How pods of a run are made, awaited, read and taken down, beside a kubectl of the test's own.
#include "bench/cluster/run_pods.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <string>
#include <vector>

#include "printed_document.hpp"
#include "stand_in_kubectl.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using list = std::vector<std::string>;

/// Pods by name and status, and what else is asked for by the first words of a call.
struct scene {
    std::map<std::string, std::string> pods;  ///< the status of each, as JSON
    std::map<std::string, kubectl_answer> says;
    std::vector<std::string> said;
    std::function<void()> before_look = [] {};
    stand_in_kubectl program{[this](const stand_in_kubectl::words& words, const auto& input) {
        const auto call = joined(words);
        for (const auto& [beginning, answer] : says)
            if (call.starts_with(beginning)) return answer;
        if (words[0] == "get" && words[1] == "pods") return listed();
        if (words[0] == "create") return kubectl_answer{input, "", 0};
        if (words[0] == "get") return kubectl_answer{"{\"items\":[]}", "", 0};
        return kubectl_answer{};
    }};
    kubectl cluster{program.options()};
    run_pods run{cluster,
                 {"run001", "shop", "lanewise-bench", "uid"},
                 {.look_every_s = 0.001,
                  .api_patience_s = 600,
                  .pulse = [] {},
                  .say = [this](const std::string& text) { said.push_back(text); }}};

    kubectl_answer listed() {
        before_look();
        json::array items;
        for (const auto& [name, status] : pods) {
            items.push_back(json::object{
                {"metadata", json::object{{"name", name}}},
                {"spec",
                 json::object{{"containers", json::array{json::object{{"image", "shop/cart:2"}}}}}},
                {"status", json::parse(status)}});
        }
        return {json::serialize(json::object{{"items", std::move(items)}}), "", 0};
    }
    /// What became of one pod: its gap, or "ready" and the like.
    std::string awaited(pod_stage stage, double patience_s = 600) {
        cluster_node node;
        node.name = "arm-1";
        node.architecture = "arm64";
        const auto found = run.wait_for({{"one", node}}, stage, patience_s);
        if (!found.at("one").gap.empty()) return found.at("one").gap;
        const char* const names[] = {"waiting", "ready", "succeeded", "lost"};
        return names[static_cast<int>(found.at("one").look.stage)];
    }
};

const char* const ready = R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}]})";
const char* const over = R"({"phase":"Succeeded"})";
const char* const pending = R"({"phase":"Pending"})";

std::string pulling(const std::string& message) {
    return R"({"phase":"Pending","containerStatuses":[{"state":{"waiting":{"reason":)"
           R"("ImagePullBackOff","message":")" +
           message + "\"}}}]}";
}

std::string events(const list& messages, const std::string& type = "Warning") {
    json::array items;
    for (const auto& message : messages)
        items.push_back(json::object{{"type", type}, {"message", message}});
    return json::serialize(json::object{{"items", std::move(items)}});
}

}  // namespace

TEST_CASE("a pod that is made already is made; one that the API server refuses says why") {
    scene here;
    CHECK_FALSE(here.run.make(json::object{{"kind", "Pod"}}));
    here.says["create"] = failing("Error from server (AlreadyExists): pods \"one\"");
    CHECK_FALSE(here.run.make(json::object{}));
    here.says["create"] = failing("Error from server (Forbidden): exceeded quota");
    CHECK(here.run.make(json::object{}) ==
          "kubectl: Error from server (Forbidden): exceeded quota");
    here.says["create"] = failing("Error from server (Forbidden): \"ann\" cannot create pods");
    CHECK_THROWS_AS((void)here.run.make(json::object{}), kubectl_failure);
    here.says["create"] = failing("Error from server (NotFound): namespaces \"shop\"");
    CHECK_THROWS_AS((void)here.run.make(json::object{}), kubectl_failure);
}

TEST_CASE("an API server that fails is asked again for as long as the user has patience") {
    scene here;
    here.says["get pods"] = failing("it is down");
    run_pods patient{here.cluster,
                     {"run001", "shop", "", ""},
                     {.look_every_s = 0.001,
                      .api_patience_s = 600,
                      .pulse =
                          [&] {
                              if (here.program.calls.size() == 3) here.says.clear();
                          },
                      .say = [&](const std::string& text) { here.said.push_back(text); }}};
    here.pods["one"] = ready;
    CHECK(patient.all().size() == 1);
    CHECK(here.said == list{"kubectl: it is down; it is asked again"});
    CHECK(here.program.calls.size() == 4);
    CHECK(here.program.calls[0] == "get pods -l lanewise/run=run001 -n shop -o json");
    here.says["get pods"] = failing("it is down");
    run_pods hasty{here.cluster,
                   {"run001", "", "", ""},
                   {.look_every_s = 0.001,
                    .api_patience_s = 0,
                    .pulse = [] {},
                    .say = [](const std::string&) {}}};
    CHECK_THROWS_AS((void)hasty.all(), kubectl_failure);
    CHECK(here.program.calls.back() == "get pods -l lanewise/run=run001 -o json");
    const auto before = here.program.calls.size();
    here.says["get pods"] = failing("(Forbidden): cannot list pods");
    CHECK_THROWS_AS((void)here.run.all(), kubectl_failure);
    CHECK(here.program.calls.size() == before + 1);
}

TEST_CASE("a pod is awaited until it is what it was awaited to be") {
    scene here;
    here.pods["one"] = pending;
    int looks = 0;
    here.before_look = [&] {
        if (++looks == 3) here.pods["one"] = ready;
    };
    CHECK(here.awaited(pod_stage::ready) == "ready");
    CHECK(looks == 3);
    here.pods["one"] = over;
    CHECK(here.awaited(pod_stage::succeeded) == "succeeded");
    CHECK(here.awaited(pod_stage::ready) == "its pod ended by itself, with exit code 0");
    here.pods.clear();
    CHECK(here.awaited(pod_stage::ready) == "its pod is gone: somebody deleted it");
    here.pods["one"] = R"({"phase":"Failed","reason":"Evicted","message":"low on memory"})";
    CHECK(here.awaited(pod_stage::ready) == "Evicted: low on memory");
    CHECK(here.program.count("logs") == 0);
}

TEST_CASE("a pod whose time is over says what it waits for, else what its events say") {
    scene here;
    here.pods["one"] = pending;
    CHECK(here.awaited(pod_stage::ready, 0) == "not ready after 0 s");
    CHECK(here.awaited(pod_stage::succeeded, 0) == "not over after 0 s");
    here.says["get events"] = {events({"no room"}), "", 0};
    CHECK(here.awaited(pod_stage::ready, 0) == "not ready after 0 s (no room)");
    CHECK(here.program.calls.back() ==
          "get events --field-selector involvedObject.name=one -n shop -o json");
    here.says["get events"] = {events({"no room"}, "Normal"), "", 0};
    CHECK(here.awaited(pod_stage::ready, 0) == "not ready after 0 s");
    here.says["get events"] = {events({"", "first", "second"}), "", 0};
    CHECK(here.awaited(pod_stage::ready, 0) == "not ready after 0 s (first)");
    here.says["get events"] = failing("it is down");
    CHECK(here.awaited(pod_stage::ready, 0) == "not ready after 0 s");
    // What is ready at the last look is ready.
    here.pods["one"] = ready;
    CHECK(here.awaited(pod_stage::ready, 0) == "ready");
}

TEST_CASE("an image that will never come is no longer waited for") {
    scene here;
    here.pods["one"] = pulling("manifest unknown");
    CHECK(here.awaited(pod_stage::ready) == "ImagePullBackOff: manifest unknown");
    here.pods["one"] = pulling("Back-off");
    here.says["get events"] = {events({"pull failed", "cart:2: not found", "Back-off"}), "", 0};
    CHECK(here.awaited(pod_stage::ready) == "cart:2: not found");
    here.says["get events"] = {events({"x: repository does not exist or needs a login"}), "", 0};
    CHECK(here.awaited(pod_stage::ready) == "x: repository does not exist or needs a login");
    here.says["get events"] = {events({"failed", "no match for platform in manifest"}), "", 0};
    CHECK(here.awaited(pod_stage::ready) == "the image shop/cart:2 has no linux/arm64");
    here.says["get events"] = {events({"slow"}), "", 0};
    CHECK(here.awaited(pod_stage::ready, 0) == "not ready after 0 s (slow)");
}

TEST_CASE("a pod that no node takes is not waited for where its node is cordoned or gone") {
    scene here;
    here.pods["one"] = R"({"phase":"Pending","conditions":[{"type":"PodScheduled",
        "status":"False","reason":"Unschedulable","message":"0/4 nodes"}]})";
    here.says["get node "] = {R"({"spec":{"unschedulable":true}})", "", 0};
    CHECK(here.awaited(pod_stage::ready) == "the node is cordoned");
    here.says["get node "] = failing("(NotFound): nodes \"arm-1\" not found");
    CHECK(here.awaited(pod_stage::ready) == "the node is gone");
    for (const auto& answer : {kubectl_answer{R"({"spec":{"unschedulable":false}})", "", 0},
                               kubectl_answer{"{}", "", 0}, failing("it is down")}) {
        here.says["get node "] = answer;
        CHECK(here.awaited(pod_stage::ready, 0) ==
              "not ready after 0 s (Unschedulable: 0/4 nodes)");
    }
}

TEST_CASE("a container that ends again and again is quoted") {
    scene here;
    here.pods["one"] = R"({"phase":"Running","containerStatuses":[{"name":"web","restartCount":3,
        "lastState":{"terminated":{"reason":"Error","exitCode":3}}}]})";
    here.says["logs"] = {"no database\n", "", 0};
    CHECK(here.awaited(pod_stage::ready) ==
          "its container web ends again and again: Error, exit code 3; it says: no database");
    CHECK(here.program.calls.back() == "logs one --tail=20 -n shop --previous");
    here.says["logs"] = failing("it is down");
    CHECK(here.awaited(pod_stage::ready) ==
          "its container web ends again and again: Error, exit code 3");
    here.says["logs"] = {"listening\n", "", 0};
    CHECK(here.run.last_words_of("one", false) == "listening");
    CHECK(here.program.calls.back() == "logs one --tail=20 -n shop");
}

TEST_CASE("whoever looks on may end the wait") {
    scene here;
    here.pods["one"] = pending;
    here.pods["two"] = ready;
    int looks = 0;
    const auto found =
        here.run.wait_for({{"one", {}}, {"two", {}}}, pod_stage::ready, 600, [&](const auto& pods) {
            CHECK(pods.size() == 2);
            return ++looks < 3;
        });
    CHECK(looks == 3);
    CHECK(found.size() == 1);
    CHECK(found.at("two").gap.empty());
}

TEST_CASE("a document is read of a pod's log; a log that is gone or cut is a fault") {
    scene here;
    here.says["logs"] = {printed("{\"a\":1}"), "", 0};
    CHECK(std::get<std::string>(here.run.document_of("one")) == "{\"a\":1}");
    CHECK(here.program.calls == list{"logs one -c job -n shop"});
    here.says["logs"] = failing("(NotFound): pods \"one\" not found");
    CHECK(std::get<log_fault>(here.run.document_of("one")).why ==
          "its pod is gone: somebody deleted it before its log was read");
    CHECK(here.program.calls.size() == 2);
    here.says["logs"] = failing("(Forbidden): cannot get pods/log");
    CHECK_THROWS_AS((void)here.run.document_of("one"), kubectl_failure);
    here.says["logs"] = failing("(Conflict): odd");
    int pauses = 0;
    run_pods quick{here.cluster,
                   {"run001", "", "", ""},
                   {.look_every_s = 0.001,
                    .api_patience_s = 0,
                    .pulse =
                        [&] {
                            // The third try succeeds.
                            if (++pauses > 0 && here.program.count("logs") >= 5)
                                here.says["logs"] = {printed("late"), "", 0};
                        },
                    .say = [](const std::string&) {}}};
    CHECK(std::get<std::string>(quick.document_of("one")) == "late");
    CHECK(here.program.count("logs") == 6);
}

TEST_CASE("pods that are taken down are looked for until they are gone") {
    scene here;
    here.run.take_down({});
    CHECK(here.program.calls.empty());
    here.pods["one"] = ready;
    here.pods["other"] = ready;
    int looks = 0;
    here.before_look = [&] {
        if (++looks == 2) here.pods.erase("one");
    };
    here.run.take_down({"one", "two"});
    CHECK(looks == 2);
    CHECK(here.program.calls[0] ==
          "delete pods one two --grace-period=5 -n shop --ignore-not-found --wait=false");
}

}  // namespace lanewise::bench::cluster
