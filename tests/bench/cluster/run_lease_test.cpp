// The Lease that lets one run at a time measure, beside a kubectl of the test's own.
#include "bench/cluster/run_lease.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "bench/cluster/fields.hpp"
#include "stand_in_kubectl.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const auto noon = std::chrono::system_clock::from_time_t(1'900'000'000);  // 2030-03-17T17:46:40Z

const kubectl_answer not_found{"", "Error from server (NotFound): leases \"x\" not found\n", 1};
const kubectl_answer conflict{"", "Error from server (Conflict): it was changed\n", 1};
const kubectl_answer forbidden{
    "", "Error from server (Forbidden): User \"ann\" cannot update leases\n", 1};
const kubectl_answer exists{"", "Error from server (AlreadyExists): leases \"x\"\n", 1};
const kubectl_answer silent{"", "Unable to connect to the server: EOF\n", 1};

/// A Lease as the API server tells it.
json::value lease_of(const std::string& holder, const std::string& renewed,
                     const std::string& version = "7") {
    json::object spec{{"leaseDurationSeconds", 60}, {"renewTime", renewed}};
    if (!holder.empty()) spec["holderIdentity"] = holder;
    return json::object{
        {"kind", "Lease"},
        {"metadata",
         json::object{{"name", "lanewise-bench"}, {"uid", "uid-1"}, {"resourceVersion", version}}},
        {"spec", std::move(spec)}};
}

kubectl_answer told(const json::value& value) {
    return {json::serialize(value), "", 0};
}

/// Answers each call by the next of a list, or with what was sent.
struct scene {
    std::deque<kubectl_answer> answers;
    std::vector<json::value> sent;
    std::vector<double> paused;
    std::vector<std::string> said;
    stand_in_kubectl program{[this](const auto& words, const std::string& input) {
        if (!input.empty()) sent.push_back(json::parse(input));
        if (answers.empty()) return words[0] == "delete" ? kubectl_answer{} : echoed();
        auto answer = answers.front();
        answers.pop_front();
        if (answer.output == "echo") return echoed();
        return answer;
    }};
    kubectl cluster{program.options()};
    run_lease::clock::time_point now;
    run_lease lease{cluster,
                    "shop",
                    "run001",
                    [this](double s) { paused.push_back(s); },
                    [this](const std::string& text) { said.push_back(text); },
                    [this] { return now; }};

    kubectl_answer echoed() {
        auto made = sent.back();
        made.at("metadata").as_object()["uid"] = "uid-2";
        return told(made);
    }
    /// Why the Lease is not to be had; empty: it is had.
    std::string acquired() {
        try {
            lease.acquire();
        } catch (const std::exception& error) {
            return error.what();
        }
        return "";
    }
    std::vector<std::string> verbs() const {
        std::vector<std::string> all;
        for (const auto& one : program.calls) all.push_back(one.substr(0, one.find(' ')));
        return all;
    }
};
const kubectl_answer echo{"echo", "", 0};
using list = std::vector<std::string>;

std::string now_text(std::chrono::seconds ago = 0s) {
    const auto when = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - ago);
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    char text[64];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", &parts);
    return text;
}

}  // namespace

TEST_CASE("a Lease says who holds it, since when, and until when nobody else may") {
    const auto held = holder_of(lease_of("abc123 ann@laptop", "2030-03-17T17:46:00.000000Z"), noon);
    CHECK(held.run == "abc123");
    CHECK(held.who == "ann@laptop");
    CHECK(held.age_s == 40);
    CHECK(held.duration_s == 60);
    CHECK_FALSE(held.overdue());
    const auto at = [](const char* renewed) { return holder_of(lease_of("a b", renewed), noon); };
    CHECK_FALSE(at("2030-03-17T17:45:40Z").overdue());  // 60 s ago: its last
    CHECK(at("2030-03-17T17:45:39Z").overdue());
    CHECK(at("never").overdue());
    CHECK_FALSE(at("never").age_s);
    // What a clock that is far ahead wrote is still ahead.
    for (const auto* ahead :
         {"2030-03-17T17:46:41Z", "2262-04-12T00:00:00Z", "9999-12-31T00:00:00Z"}) {
        REQUIRE(at(ahead).age_s);
        CHECK(*at(ahead).age_s < 0);
        CHECK_FALSE(at(ahead).overdue());
    }
    const auto nobodys = holder_of(lease_of("", "2030-03-17T17:46:00Z"), noon);
    CHECK(nobodys.run.empty());
    CHECK(nobodys.who.empty());
    CHECK(holder_of(lease_of("alone", ""), noon).run == "alone");
    for (const auto* odd : {"0", "-1", "\"60\"", "null"}) {
        auto lease = lease_of("a b", "2030-03-17T17:46:00Z");
        lease.at("spec").as_object()["leaseDurationSeconds"] = json::parse(odd);
        CHECK(holder_of(lease, noon).duration_s == 60);
    }
    auto longer = lease_of("a b", "2030-03-17T17:46:00Z");
    longer.at("spec").as_object()["leaseDurationSeconds"] = 1;
    CHECK(holder_of(longer, noon).duration_s == 1);
}

TEST_CASE("a free namespace gives the Lease to the first run that asks") {
    scene here;
    here.answers = {not_found, echo};
    CHECK(here.acquired() == "");
    CHECK(here.lease.held());
    CHECK(here.lease.uid() == "uid-2");
    CHECK(here.lease.dead_run().empty());
    REQUIRE(here.sent.size() == 1);
    const auto& made = here.sent[0];
    CHECK(text_of(made, {"metadata", "namespace"}) == "shop");
    CHECK(text_of(made, {"metadata", "name"}) == "lanewise-bench");
    CHECK(text_of(made, {"spec", "holderIdentity"}).starts_with("run001 "));
    char host[256] = {};
    REQUIRE(::gethostname(host, sizeof host - 1) == 0);
    CHECK(text_of(made, {"spec", "holderIdentity"}).find('@' + std::string{host}.substr(0, 60)) !=
          std::string::npos);
    CHECK(text_of(made, {"spec", "acquireTime"}) == text_of(made, {"spec", "renewTime"}));
    CHECK_FALSE(field(made, {"metadata", "resourceVersion"}));
    // Its time is one that a reader knows, and is now.
    const auto read = holder_of(made, std::chrono::system_clock::now());
    REQUIRE(read.age_s);
    CHECK(*read.age_s < 3600);
    CHECK(*read.age_s > -3600);
    CHECK(text_of(made, {"spec", "renewTime"}).size() == 27);
    CHECK(here.program.calls[0] == "get leases.coordination.k8s.io lanewise-bench -n shop -o json");
}

TEST_CASE("a run in the context's own namespace names none") {
    scene here;
    run_lease lease{here.cluster, "", "run001", [](double) {}, [](const std::string&) {}};
    here.answers = {not_found, echo};
    lease.acquire();
    CHECK(here.program.calls[0] == "get leases.coordination.k8s.io lanewise-bench -o json");
    CHECK_FALSE(field(here.sent[0], {"metadata", "namespace"}));
}

TEST_CASE("a run that is at work keeps its Lease, and whoever asks learns whose it is") {
    scene here;
    here.answers = {told(lease_of("abc123 ann@laptop", now_text(20s)))};
    const auto why = here.acquired();
    CHECK(
        why.starts_with("one run at a time: the run abc123 of ann@laptop has the Lease "
                        "lanewise-bench, renewed 2"));
    CHECK(why.find("if that run is dead, the Lease is free in ") != std::string::npos);
    const auto left = std::stod(why.substr(why.find("free in ") + 8));
    CHECK(left <= 41);
    CHECK(left > 0);
    CHECK_FALSE(here.lease.held());
    CHECK(here.paused.empty());
    CHECK(here.sent.empty());
    here.lease.release();  // what it does not have it does not give back
    here.lease.keep();
    CHECK(here.program.calls.size() == 1);
}

TEST_CASE("the Lease of a run that died is watched for its duration, and then taken over") {
    scene here;
    const auto dead = told(lease_of("abc123 ann@laptop", now_text(600s), "7"));
    here.answers = {dead, dead, echo};
    CHECK(here.acquired() == "");
    CHECK(here.lease.dead_run() == "abc123");
    CHECK(here.paused == std::vector<double>{60});
    REQUIRE(here.said.size() == 1);
    CHECK(here.said[0].find("renewed 10 minutes ago: waiting 60 s to see") != std::string::npos);
    REQUIRE(here.sent.size() == 1);
    CHECK(text_of(here.sent[0], {"metadata", "resourceVersion"}) == "7");
    CHECK(text_of(here.sent[0], {"spec", "holderIdentity"}).starts_with("run001 "));
    CHECK(here.verbs() == list{"get", "get", "replace"});
}

TEST_CASE(
    "no Lease is watched for longer than a minute, and an age is told in minutes from two on") {
    for (const auto& [seconds, watched] : {std::pair{61, 60.0}, {30, 30.0}}) {
        scene here;
        auto old = lease_of("abc123 ann", now_text(600s));
        old.at("spec").as_object()["leaseDurationSeconds"] = seconds;
        here.answers = {told(old), told(old), echo};
        CHECK(here.acquired() == "");
        CHECK(here.paused == std::vector<double>{watched});
    }
    scene never;
    never.answers = {told(lease_of("abc123 ann", "")), told(lease_of("abc123 ann", "")), echo};
    CHECK(never.acquired() == "");
    CHECK(never.said[0].find("renewed at no time") != std::string::npos);
    scene short_of_two;
    const auto old = told(lease_of("abc123 ann", now_text(100s)));
    short_of_two.answers = {old, old, echo};
    CHECK(short_of_two.acquired() == "");
    CHECK(short_of_two.said[0].find(" s ago: waiting") != std::string::npos);
}

TEST_CASE("a Lease that is renewed while one watches belongs to a run that lives") {
    scene here;
    here.answers = {told(lease_of("abc123 ann", now_text(600s))),
                    told(lease_of("abc123 ann", now_text()))};
    CHECK(here.acquired().ends_with(", and is at work"));
    CHECK_FALSE(here.lease.held());
    CHECK(here.sent.empty());
}

TEST_CASE("a Lease that goes while one watches is made anew, and its run is dead all the same") {
    scene here;
    here.answers = {told(lease_of("abc123 ann", now_text(600s))), not_found, echo};
    CHECK(here.acquired() == "");
    CHECK(here.lease.dead_run() == "abc123");
    CHECK(here.verbs() == list{"get", "get", "create"});
}

TEST_CASE("a Lease that was given back is about to go: it is looked at again before it is taken") {
    scene gone;
    gone.answers = {told(lease_of("", now_text())), not_found, echo};
    CHECK(gone.acquired() == "");
    CHECK(gone.paused.size() == 1);
    CHECK(gone.lease.dead_run().empty());
    CHECK(gone.verbs() == list{"get", "get", "create"});
    scene left;
    left.answers = {told(lease_of("", now_text(), "7")), told(lease_of("", now_text(), "8")), echo};
    CHECK(left.acquired() == "");
    CHECK(text_of(left.sent[0], {"metadata", "resourceVersion"}) == "8");
    scene taken;
    taken.answers = {told(lease_of("", now_text())), told(lease_of("other1 bob", now_text()))};
    CHECK(taken.acquired().find("the run other1 of bob") != std::string::npos);
}

TEST_CASE("of two runs that ask at once one has the Lease, the other learns that it came late") {
    for (const auto& late : {exists, conflict}) {
        scene here;
        here.answers = {not_found, late, told(lease_of("other1 bob", now_text()))};
        CHECK(here.acquired() ==
              "one run at a time: another run took the Lease lanewise-bench in this moment");
        CHECK_FALSE(here.lease.held());
    }
    // The answer was lost, and the Lease is this run's.
    scene here;
    here.answers = {not_found, silent, told(lease_of("run001 me", now_text()))};
    CHECK(here.acquired() == "");
    CHECK(here.lease.held());
    CHECK(here.lease.uid() == "uid-1");
    // What fails otherwise is told as it is; a missing right is not asked about again.
    scene lost;
    lost.answers = {not_found, silent, silent};
    CHECK(lost.acquired().find("Unable to connect") != std::string::npos);
    scene refused;
    refused.answers = {not_found, forbidden};
    CHECK(refused.acquired().find("cannot update leases") != std::string::npos);
    CHECK(refused.verbs() == list{"get", "create"});
    scene unreadable;
    unreadable.answers = {forbidden};
    CHECK(unreadable.acquired().find("cannot update leases") != std::string::npos);
}

TEST_CASE("a run that has just taken the Lease does not renew it yet") {
    scene here;
    here.answers = {not_found, echo};
    CHECK(here.acquired() == "");
    here.lease.keep();
    CHECK(here.program.calls.size() == 2);
}

TEST_CASE("a run renews its Lease every 15 s, well before anybody may take it") {
    scene here;
    here.answers = {not_found, echo};
    CHECK(here.acquired() == "");
    here.now += 14'999ms;
    here.lease.keep();
    CHECK(here.verbs() == list{"get", "create"});
    here.now += 1ms;
    here.lease.keep();
    here.lease.keep();
    CHECK(here.verbs() == list{"get", "create", "replace"});
    CHECK(text_of(here.sent[1], {"spec", "holderIdentity"}).starts_with("run001 "));
    CHECK(text_of(here.sent[1], {"spec", "acquireTime"}) ==
          text_of(here.sent[0], {"spec", "acquireTime"}));
    here.now += 15s;
    here.lease.keep();
    CHECK(here.sent.size() == 3);
    // Another run's time as it was taken is not this one's.
    scene later;
    later.answers = {told(lease_of("", now_text())), told(lease_of("", now_text())), echo};
    CHECK(later.acquired() == "");
    CHECK_FALSE(text_of(later.sent[0], {"spec", "acquireTime"}).empty());
}

TEST_CASE("a Lease that can't be renewed is tried again, unless another run has it") {
    const auto kept = [](std::deque<kubectl_answer> answers) {
        scene here;
        here.answers = {not_found, echo};
        CHECK(here.acquired() == "");
        here.now += 15s;
        here.answers = std::move(answers);
        try {
            here.lease.keep();
        } catch (const lease_taken& error) {
            CHECK_FALSE(here.lease.held());
            return std::string{error.what()};
        }
        CHECK(here.lease.held());
        here.answers.clear();
        const auto calls = here.program.calls.size();
        here.lease.keep();
        return std::string{here.program.calls.size() > calls ? "tried again" : "kept"};
    };
    const std::string lost =
        "the Lease lanewise-bench is no longer this run's: somebody deleted it, or took it over";
    CHECK(kept({silent}) == "tried again");
    CHECK(kept({forbidden}) == "tried again");
    CHECK(kept({not_found, not_found}) == lost);
    CHECK(kept({conflict, told(lease_of("other1 bob", now_text()))}) == lost);
    // An answer that was lost, so that its version is an old one.
    CHECK(kept({conflict, told(lease_of("run001 me", now_text(), "9"))}) == "kept");
}

TEST_CASE("a run gives its Lease back under its version, and then deletes it") {
    scene here;
    here.answers = {not_found, echo};
    CHECK(here.acquired() == "");
    here.lease.release();
    CHECK(here.verbs() == list{"get", "create", "replace", "delete"});
    CHECK_FALSE(field(here.sent[1], {"spec", "holderIdentity"}));
    CHECK(text_of(here.sent[1], {"spec", "acquireTime"}) ==
          text_of(here.sent[0], {"spec", "acquireTime"}));
    CHECK_FALSE(here.lease.held());
    here.lease.release();
    CHECK(here.program.calls.size() == 4);
}

TEST_CASE("a Lease that another run took meanwhile is not deleted") {
    scene taken;
    taken.answers = {not_found, echo, conflict, told(lease_of("other1 bob", now_text())),
                     told(lease_of("other1 bob", now_text()))};
    CHECK(taken.acquired() == "");
    taken.lease.release();
    CHECK(taken.program.count("delete") == 0);
    CHECK_FALSE(taken.lease.held());
    scene gone;
    gone.answers = {not_found, echo, conflict, not_found, not_found};
    CHECK(gone.acquired() == "");
    gone.lease.release();
    CHECK(gone.program.count("delete") == 0);
    // Given back by a call whose answer was lost.
    scene nobodys;
    nobodys.answers = {not_found, echo, conflict, told(lease_of("", now_text())),
                       told(lease_of("", now_text()))};
    CHECK(nobodys.acquired() == "");
    nobodys.lease.release();
    CHECK(nobodys.program.count("delete") == 1);
    // Its own, of a newer version.
    scene own;
    own.answers = {not_found, echo, conflict, told(lease_of("run001 me", now_text(), "9")), echo};
    CHECK(own.acquired() == "");
    own.lease.release();
    CHECK(text_of(own.sent.back(), {"metadata", "resourceVersion"}) == "9");
    CHECK(own.program.count("delete") == 1);
    scene refused;
    refused.answers = {not_found, echo, forbidden};
    CHECK(refused.acquired() == "");
    CHECK_THROWS_AS(refused.lease.release(), kubectl_failure);
}

}  // namespace lanewise::bench::cluster
