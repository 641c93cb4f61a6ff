// A registry asked for an image's platforms over HTTP, as a server of the test's own answers it.
#include "bench/cluster/registry.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/cluster/web_challenges.hpp"
#include "bench/cluster/web_client.hpp"
#include "bench/documents/sha256.hpp"
#include "tests/bench/load/scripted_server.hpp"
#include "tests/bench/temporary_folder.hpp"

namespace lanewise::bench::cluster {
namespace {

namespace json = boost::json;
using list = std::vector<std::string>;

struct page {
    int status = 200;
    std::string body;
    std::string fields;  ///< lines of the head, each with its end
};

answer as_http(const page& one) {
    return {{"HTTP/1.1 " + std::to_string(one.status) + " Some\r\n" + one.fields +
             "Content-Length: " + std::to_string(one.body.size()) + "\r\n\r\n" + one.body},
            answer::end::close};
}

std::string field_of(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return "";
    const auto start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
}

const std::string amd64_index =
    R"({"manifests":[{"platform":{"os":"linux","architecture":"amd64"}}]})";

std::string digest_of(const std::string& text) {
    return "sha256:" + sha256_hex(text);
}

/// A registry with pages by their target; what it has not is 404.
struct registry {
    std::map<std::string, page> pages;
    std::function<page(const asked&)> special;  ///< asked first; status 0: the pages are asked
    list targets, authorizations, heads, bodies;
    scripted_server server{[this](const asked& request) {
        const auto first = request.head.find(' ') + 1;
        const auto target = request.head.substr(first, request.head.find(' ', first) - first);
        targets.push_back(target);
        heads.push_back(request.head);
        bodies.push_back(request.body);
        authorizations.push_back(field_of(request.head, "Authorization"));
        if (special) {
            if (auto one = special(request); one.status != 0) return as_http(one);
        }
        const auto found = pages.find(target);
        return as_http(found == pages.end() ? page{404, "", ""} : found->second);
    }};
    registry_accounts accounts;
    registry_options options;

    std::string host() const {
        const auto url = server.url("/");
        return url.substr(7, url.size() - 8);
    }
    void account(const std::string& user, const std::string& password) {
        accounts.add_config(json::parse(R"({"auths":{")" + host() + R"(":{"username":")" + user +
                                        R"(","password":")" + password + "\"}}}"),
                            false);
    }
    image_answer ask(const std::string& image = "team/app:1", bool anonymously = true) {
        return ask_registry(*parse_image(host() + "/" + image), accounts, anonymously, options);
    }
    /// The platforms, else why they are not known.
    std::string told(const std::string& image = "team/app:1") {
        const auto found = ask(image);
        if (!found.platforms) return found.unknown + (found.denied ? " (denied)" : "");
        std::string all;
        for (const auto& one : *found.platforms) all += (all.empty() ? "" : " ") + one.name();
        return all;
    }
    std::string why(const std::string& words) const { return host() + ": " + words; }
};

}  // namespace

TEST_CASE("an index is one question, an image's configuration a second") {
    registry here;
    here.pages["/v2/team/app/manifests/1"] = {200, amd64_index, ""};
    CHECK(here.told() == "linux/amd64");
    CHECK(here.targets == list{"/v2/team/app/manifests/1"});
    CHECK(field_of(here.heads[0], "Accept").find("oci.image.index") != std::string::npos);
    CHECK(field_of(here.heads[0], "Host") == here.host());
    CHECK(here.authorizations[0].empty());
    const auto asked = here.ask().asked;
    CHECK(asked == "http://" + here.host() + "/v2/team/app/manifests/1");
    const std::string config = R"({"os":"linux","architecture":"arm64"})";
    here.pages["/v2/team/app/manifests/2"] = {
        200, R"({"config":{"digest":")" + digest_of(config) + "\"}}", ""};
    here.pages["/v2/team/app/blobs/" + digest_of(config)] = {200, config, ""};
    CHECK(here.told("team/app:2") == "linux/arm64");
    here.pages["/v2/team/app/blobs/" + digest_of(config)].body += " ";
    CHECK(here.told("team/app:2").find("what came is not what sha256:") != std::string::npos);
    const std::string chart = "{}";
    here.pages["/v2/team/app/manifests/3"] = {
        200, R"({"config":{"digest":")" + digest_of(chart) + "\"}}", ""};
    here.pages["/v2/team/app/blobs/" + digest_of(chart)] = {200, chart, ""};
    CHECK(here.told("team/app:3").find("it is no container image") != std::string::npos);
}

TEST_CASE("what is asked for by its digest has it") {
    registry here;
    const auto by = "/v2/team/app/manifests/" + digest_of(amd64_index);
    here.pages[by] = {200, amd64_index, ""};
    CHECK(here.told("team/app@" + digest_of(amd64_index)) == "linux/amd64");
    here.pages[by].body += "\n";
    CHECK(here.told("team/app@" + digest_of(amd64_index)) ==
          here.why("what came is not what " + digest_of(amd64_index).substr(0, 19) + "... names"));
}

TEST_CASE("indexes within indexes are read to the second level, and in bounds") {
    registry here;
    std::string inner = amd64_index;
    const auto within = [&](const std::string& one) {
        here.pages["/v2/team/app/manifests/" + digest_of(one)] = {200, one, ""};
        return R"({"manifests":[{"digest":")" + digest_of(one) + "\"}]}";
    };
    const auto second = within(inner), third = within(second), fourth = within(third);
    here.pages["/v2/team/app/manifests/1"] = {200, third, ""};
    CHECK(here.told() == "linux/amd64");
    here.pages["/v2/team/app/manifests/1"] = {200, fourth, ""};
    CHECK(here.told() == here.why("indexes within indexes without an end"));
    // Twenty-four questions are enough for any image.
    std::string many;
    for (int i = 0; i < 24; ++i) {
        const auto one = amd64_index + std::string(static_cast<std::size_t>(i), ' ');
        here.pages["/v2/team/app/manifests/" + digest_of(one)] = {200, one, ""};
        many += (many.empty() ? "" : ",") + (R"({"digest":")" + digest_of(one) + "\"}");
        here.pages["/v2/team/app/manifests/1"] = {200, "{\"manifests\":[" + many + "]}", ""};
        if (i == 22) CHECK(here.told() == "linux/amd64");
    }
    CHECK(here.told() == here.why("more than 24 requests are needed"));
}

TEST_CASE("what a registry answers in its own words is passed on, cut to a sentence's length") {
    registry here;
    const auto answers = [&](int status, const std::string& body) {
        here.pages["/v2/team/app/manifests/1"] = {status, body, ""};
        return here.told();
    };
    CHECK(answers(500, "") == here.why("the registry answers 500"));
    CHECK(answers(500, "{\"errors\":[]}") == here.why("the registry answers 500"));
    CHECK(answers(429, R"({"errors":[{"message":"slow down"}]})") ==
          here.why("the registry answers 429 (slow down)"));
    CHECK(answers(429, R"({"errors":[{"code":"TOOMANY"}]})") ==
          here.why("the registry answers 429 (TOOMANY)"));
    CHECK(answers(429, R"({"errors":[{"message":")" + std::string(300, 'a') + "\"}]}") ==
          here.why("the registry answers 429 (" + std::string(200, 'a') + ")"));
    CHECK(answers(404, "") == here.why("the registry has no such image: 404 (denied)"));
    CHECK(answers(401, "") == here.why("the registry wants another account: 401 (denied)"));
    CHECK(answers(403, "") == here.why("the registry wants another account: 403 (denied)"));
    CHECK(answers(200, "<html>").find("the reply is no manifest") != std::string::npos);
}

TEST_CASE("a token service is asked for each scope, and its token goes to the registry") {
    registry here;
    const auto realm = "http://" + here.host() + "/token";
    std::string challenge, token = R"({"token":"abc"})";
    int token_status = 200;
    here.special = [&](const asked& request) -> page {
        if (request.head.find(" /token") != std::string::npos) return {token_status, token, ""};
        if (field_of(request.head, "Authorization") == "Bearer abc") return {200, amd64_index, ""};
        return {401, "", "WWW-Authenticate: " + challenge + "\r\n"};
    };
    challenge = "Bearer realm=\"" + realm +
                "\",service=\"a b\",scope=\"repository:team/app:pull  repository:x:pull\"";
    CHECK(here.told() == "linux/amd64");
    CHECK(here.targets ==
          list{"/v2/team/app/manifests/1",
               "/token?service=a%20b&scope=repository%3Ateam%2Fapp%3Apull&scope=repository%3Ax%"
               "3Apull",
               "/v2/team/app/manifests/1"});
    CHECK(here.authorizations == list{"", "", "Bearer abc"});
    // Without a scope it is the image's own; a realm may have a query already.
    here.targets.clear();
    challenge = "Basic realm=\"x\", Bearer realm=\"" + realm + "?a=b\"";
    CHECK(here.told() == "linux/amd64");
    CHECK(here.targets[1] == "/token?a=b&scope=repository%3Ateam%2Fapp%3Apull");
    token = R"({"access_token":"abc"})";
    CHECK(here.told() == "linux/amd64");
    for (const std::string wrong : {"", "{}", "no JSON", R"({"token":"a b"})"}) {
        token = wrong;
        CHECK(here.told() ==
              here.why("its token service gives no token that a header field can hold"));
    }
    token = R"({"token":")" + std::string(32 << 10, 'a') + "\"}";
    CHECK(here.told().find("wants another account") != std::string::npos);
    token = R"({"token":")" + std::string((32 << 10) + 1, 'a') + "\"}";
    CHECK(here.told().find("gives no token") != std::string::npos);
    token = "";
    for (const int denied : {400, 401, 403}) {
        token_status = denied;
        CHECK(here.told() ==
              here.why("its token service answers " + std::to_string(denied) + " (denied)"));
    }
    token_status = 500;
    CHECK(here.told() == here.why("its token service answers 500"));
    challenge = "Bearer realm=\"http://127.0.0.1:1/token\"";
    CHECK(here.told().find("its token service: ") != std::string::npos);
    challenge = "Bearer service=x";
    CHECK(here.told().find("wants another account") != std::string::npos);
}

TEST_CASE("an account goes to the token service, or to the registry where it asks for one itself") {
    registry here;
    here.account("ann", "s3cret");
    const auto basic = "Basic " + base64_of("ann:s3cret");
    std::string challenge = "Basic realm=\"x\"";
    here.special = [&](const asked& request) -> page {
        if (request.head.find(" /token") != std::string::npos)
            return {200, R"({"token":"abc"})", ""};
        const auto given = field_of(request.head, "Authorization");
        if (given == basic || given == "Bearer abc") return {200, amd64_index, ""};
        return {401, "", "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: " + challenge + "\r\n"};
    };
    CHECK(here.told() == "linux/amd64");
    CHECK(here.authorizations == list{"", basic});
    here.authorizations.clear();
    challenge = "Bearer realm=\"http://" + here.host() + "/token\"";
    CHECK(here.told() == "linux/amd64");
    CHECK(here.authorizations == list{"", basic, "Bearer abc"});
    challenge = "Digest realm=\"x\"";
    here.targets.clear();
    CHECK(here.told().find("wants another account") != std::string::npos);
    CHECK(here.targets.size() == 2);  // with the account and without, and not once more each
    // Who has no account can't log in.
    registry open;
    open.special = [](const asked&) -> page {
        return {401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n"};
    };
    CHECK(open.told().find("wants another account") != std::string::npos);
    CHECK(open.authorizations == list{""});
}

TEST_CASE("an identity token is exchanged for a token, a registry's token goes to it as it is") {
    registry here;
    here.accounts.add_config(
        json::parse(R"({"auths":{")" + here.host() + R"(":{"identitytoken":"id/1"}}})"), false);
    here.special = [&](const asked& request) -> page {
        if (request.head.starts_with("POST /token")) return {200, R"({"token":"abc"})", ""};
        if (field_of(request.head, "Authorization") == "Bearer abc") return {200, amd64_index, ""};
        return {401, "",
                "WWW-Authenticate: Bearer realm=\"http://" + here.host() +
                    "/token\",service=\"s\"\r\n"};
    };
    CHECK(here.told() == "linux/amd64");
    CHECK(here.bodies[1] ==
          "grant_type=refresh_token&client_id=lanewise-bench&service=s&scope=repository%3Ateam%"
          "2Fapp%3Apull&refresh_token=id%2F1");
    CHECK(field_of(here.heads[1], "Content-Type") == "application/x-www-form-urlencoded");
    registry own;
    own.accounts.add_config(
        json::parse(R"({"auths":{")" + own.host() + R"(":{"registrytoken":"abc"}}})"), false);
    own.pages["/v2/team/app/manifests/1"] = {200, amd64_index, ""};
    CHECK(own.told() == "linux/amd64");
    CHECK(own.authorizations == list{"Bearer abc"});
}

TEST_CASE("accounts that are denied are followed by the next, and in the end by nobody's") {
    registry here;
    here.account("ann", "x");
    here.accounts.add_config(json::parse(R"({"auths":{")" + here.host() +
                                         R"(/team":{"username":"team","password":"x"}}})"),
                             false);
    here.special = [&](const asked& request) -> page {
        const auto given = field_of(request.head, "Authorization");
        if (given.empty()) return {401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n"};
        return {given == "Basic " + base64_of("team:x") ? 403 : 200, amd64_index, ""};
    };
    CHECK(here.told() == "linux/amd64");
    CHECK(here.authorizations ==
          list{"", "Basic " + base64_of("team:x"), "", "Basic " + base64_of("ann:x")});
    here.special = [](const asked&) -> page { return {403, "", ""}; };
    CHECK(here.told() == here.why("the registry wants another account: 403 (denied)"));
    CHECK(here.targets.size() == 7);  // two accounts, and none
    here.special = [](const asked&) -> page { return {500, "", ""}; };
    CHECK(here.told() == here.why("the registry answers 500"));
    CHECK(here.targets.size() == 8);  // a failure is no refusal
    registry closed;
    const auto none = closed.ask("team/app:1", false);
    CHECK(none.unknown == closed.why("no account fits"));
    CHECK(none.denied);
    CHECK(closed.targets.empty());
}

TEST_CASE("a redirect is followed, and what is for the origin alone stays there") {
    registry here, other;
    other.pages["/blob"] = {200, "there", ""};
    here.pages["/same"] = {302, "", "Location: /again\r\n"};
    here.pages["/again"] = {200, "here", ""};
    web_client client{{}, web_client::clock::now() + std::chrono::minutes{5}, {}};
    const auto url = [](const registry& of, const std::string& path) {
        return "http://" + of.host() + path;
    };
    CHECK(client.ask({url(here, "/same"), "", "Basic x", "", {{"x-team", "shop"}}}).body == "here");
    CHECK(here.authorizations == list{"Basic x", "Basic x"});
    CHECK(field_of(here.heads[1], "x-team") == "shop");
    CHECK(field_of(here.heads[1], "Accept").empty());
    for (const int status : {301, 302, 303, 307, 308}) {
        here.pages["/away"] = {status, "", "Location: " + url(other, "/blob") + "\r\n"};
        CHECK(client.ask({url(here, "/away"), "*/*", "Basic x", "", {{"x-team", "shop"}}}).body ==
              "there");
        CHECK(other.authorizations.back().empty());
        CHECK(field_of(other.heads.back(), "x-team").empty());
        CHECK(field_of(other.heads.back(), "Accept") == "*/*");
    }
    for (const int status : {300, 304, 305, 306}) {
        here.pages["/away"] = {status, "", "Location: " + url(other, "/blob") + "\r\n"};
        CHECK(client.ask({url(here, "/away"), "", "", "", {}}).status == status);
    }
    // What is posted is not posted elsewhere.
    here.pages["/away"] = {302, "", "Location: " + url(other, "/blob") + "\r\n"};
    CHECK(client.ask({url(here, "/away"), "", "", "a=b", {}}).status == 302);
    const auto why = [&](const std::string& path) {
        try {
            (void)client.ask({url(here, path), "", "", "", {}});
        } catch (const web_failure& failure) {
            return std::string{failure.what()};
        }
        return std::string{};
    };
    here.pages["/away"].fields = "";
    CHECK(why("/away") == "a redirect that leads nowhere");
    here.pages["/away"].fields = "Location: ftp://x/\r\n";
    CHECK(why("/away") == "a redirect that leads nowhere");
    for (int i = 0; i < 6; ++i)
        here.pages["/" + std::to_string(i)] = {302, "",
                                               "Location: /" + std::to_string(i + 1) + "\r\n"};
    here.pages["/6"] = {200, "", ""};
    CHECK(why("/1").empty());
    CHECK(why("/0") == "more than 5 redirects");
}

TEST_CASE("a reply is read whole or not at all, and within its bounds") {
    std::deque<answer> answers;
    scripted_server server{[&](const asked&) {
        auto one = answers.front();
        answers.pop_front();
        return one;
    }};
    const auto told = [&](list pieces, answer::end then = answer::end::close) {
        answers.push_back({std::move(pieces), then});
        web_client client{{}, web_client::clock::now() + std::chrono::minutes{5}, {}};
        try {
            const auto reply = client.ask({server.url("/"), "", "", "", {}});
            return std::to_string(reply.status) + " " + std::to_string(reply.body.size());
        } catch (const web_failure& failure) {
            return std::string{failure.what()};
        }
    };
    CHECK(told({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"}) == "200 2");
    CHECK(told({"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"}) ==
          "the connection ended before the reply was whole");
    CHECK(told({""}) == "the connection ended before the reply was whole");
    CHECK(told({"SSH-2.0-x\r\n\r\n"}).starts_with("the reply is no HTTP ("));
    const std::string larger = "the reply is larger than any that is read";
    const auto sized = [&](std::size_t bytes) {
        return told({"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                     std::string(bytes, 'a')});
    };
    CHECK(sized(4 << 20) == "200 4194304");
    CHECK(sized((4 << 20) + 1) == larger);
    CHECK(told({"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n"}) == larger);
    // Interim replies without an end.
    std::string many;
    for (int i = 0; i < 400'000; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(told({many}) == larger);
    web_client late{{}, web_client::clock::now(), {}};
    CHECK_THROWS_WITH_AS((void)late.ask({server.url("/"), "", "", "", {}}), "its time is over",
                         web_failure);
    scripted_server silent{[](const asked&) { return answer{}; }};
    web_client hasty{{}, web_client::clock::now() + std::chrono::milliseconds{100}, {}};
    CHECK_THROWS_WITH_AS((void)hasty.ask({silent.url("/"), "", "", "", {}}),
                         "no whole reply within its time", web_failure);
}

TEST_CASE("a proxy is asked for the whole URL, with its own account") {
    registry proxy;
    proxy.pages["http://registry.invalid:81/x"] = {200, "by proxy", ""};
    web_client client{{},
                      web_client::clock::now() + std::chrono::minutes{5},
                      {"http://" + proxy.host(), "http://ann:x@" + proxy.host(), ""}};
    CHECK(client.ask({"http://registry.invalid:81/x", "", "", "", {}}).body == "by proxy");
    CHECK(field_of(proxy.heads[0], "Proxy-Authorization") == "Basic " + base64_of("ann:x"));
    CHECK(field_of(proxy.heads[0], "Host") == "registry.invalid:81");
    // For TLS it is asked for a tunnel, by an address in brackets where that has colons.
    CHECK_THROWS_WITH_AS((void)client.ask({"https://registry.invalid/x", "", "", "", {}}),
                         doctest::Contains("answers 404 to CONNECT"), web_failure);
    CHECK(proxy.targets.back() == "registry.invalid:443");
    CHECK(field_of(proxy.heads.back(), "Host") == "registry.invalid:443");
    CHECK(field_of(proxy.heads.back(), "Proxy-Authorization").empty());
    CHECK_THROWS_AS((void)client.ask({"https://[fd00::1]:5000/x", "", "", "", {}}), web_failure);
    CHECK(proxy.targets.back() == "[fd00::1]:5000");
    // A tunnel is open where the answer is a success, whichever; then the host's TLS fails here.
    web_client tunnelled{{},
                         web_client::clock::now() + std::chrono::minutes{5},
                         {"http://ann:x@" + proxy.host(), "", ""}};
    for (const int status : {200, 299, 300, 407}) {
        CAPTURE(status);
        proxy.pages["registry.invalid:443"] = {status, "", ""};
        const auto refused = "answers " + std::to_string(status) + " to CONNECT";
        try {
            (void)tunnelled.ask({"https://registry.invalid/x", "", "", "", {}});
            FAIL("there is no such registry");
        } catch (const web_failure& failure) {
            CHECK((std::string{failure.what()}.find(refused) != std::string::npos) ==
                  (status >= 300));
        }
        CHECK(field_of(proxy.heads.back(), "Proxy-Authorization") == "Basic " + base64_of("ann:x"));
    }
    web_client lost{{}, web_client::clock::now() + std::chrono::minutes{5}, {"", "", ""}};
    CHECK_THROWS_WITH_AS((void)lost.ask({"http://127.0.0.1:1/x?secret=y", "", "", "", {}}),
                         "can't be connected to: 127.0.0.1: connection refused", web_failure);
    web_client gone{
        {}, web_client::clock::now() + std::chrono::minutes{5}, {"", "http://127.0.0.1:1", ""}};
    CHECK_THROWS_AS((void)gone.ask({"http://registry.invalid/x", "", "", "", {}}), web_failure);
}

TEST_CASE("a registry of this machine is tried by plain HTTP, then by TLS, whose failure is told") {
    const test_certificates certificates;
    int count = 0;
    scripted_server server{[&](const asked&) {
                               ++count;
                               return as_http({200, amd64_index, ""});
                           },
                           &certificates};
    const auto url = server.url("/");
    const auto host = url.substr(8, url.size() - 9);
    registry_options options;
    options.tls.ca_file = certificates.file();
    const auto image = *parse_image(host + "/team/app:1");
    const auto found = ask_registry(image, {}, true, options);
    REQUIRE(found.platforms);
    CHECK(found.asked == "https://" + host + "/v2/team/app/manifests/1");
    CHECK(count == 1);
    options.tls.ca_file.clear();
    const auto unknown = ask_registry(image, {}, true, options);
    CHECK_FALSE(unknown.platforms);
    CHECK(unknown.unknown.find("certificate") != std::string::npos);
    options.tls.verify = false;
    CHECK(ask_registry(image, {}, true, options).platforms);
    // Nor does a redirect lead away from TLS.
    scripted_server leading{
        [](const asked&) { return as_http({302, "", "Location: http://127.0.0.1:1/x\r\n"}); },
        &certificates};
    web_client client{options.tls, web_client::clock::now() + std::chrono::minutes{5}, {}};
    CHECK_THROWS_WITH_AS((void)client.ask({leading.url("/"), "", "", "", {}}),
                         "a redirect from https to http", web_failure);
    // An account would go to everybody on the way there.
    scripted_server careless{[](const asked&) {
                                 return as_http({401, "",
                                                 "WWW-Authenticate: Bearer "
                                                 "realm=\"http://127.0.0.1:1/token\"\r\n"});
                             },
                             &certificates};
    const auto there = careless.url("/");
    CHECK(ask_registry(*parse_image(there.substr(8, there.size() - 9) + "/team/app:1"), {}, true,
                       options)
              .unknown.find("its token service is not https") != std::string::npos);
}

TEST_CASE("a registry whose settings name a proxy is asked by that one") {
    registry proxy;
    proxy.pages["http://registry.invalid:81/v2/team/app/manifests/1"] = {200, amd64_index, ""};
    temporary_folder certs;
    std::filesystem::create_directory(certs / "registry.invalid_81_");
    (void)certs.with(
        "registry.invalid_81_/hosts.toml",
        "server = \"http://registry.invalid:81\"\nproxy = \"http://" + proxy.host() + "\"\n");
    registry_options options;
    options.mirrors.hosts = hosts_folder::read(certs.path());
    const auto found =
        ask_registry(*parse_image("registry.invalid:81/team/app:1"), {}, true, options);
    REQUIRE_MESSAGE(found.platforms, found.unknown);
    CHECK(proxy.targets.size() == 1);
}

}  // namespace lanewise::bench::cluster
