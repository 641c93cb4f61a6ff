// W3C Trace Context, level 1, by the cases that the recommendation's own suite has
// (test/test.py beside the text), as far as they ask of one that passes a trace on.
#include "server/http/trace_context.hpp"
#include "tests/server/http_peer.hpp"

using namespace lanewise::server;

namespace {

const std::string trace = "12345678901234567890123456789012", parent = "1234567890123456";
const std::string plain = "00-" + trace + "-" + parent + "-01";

// What comes back for these lines; empty where none does.
class asker {
public:
    std::string parent_of(const std::string& value) {
        return field("traceparent", "traceparent: " + value + "\r\n");
    }
    std::string state_of(const std::string& lines) {
        return field("tracestate", "traceparent: " + plain + "\r\n" + lines);
    }
    std::string field(const std::string& name, const std::string& lines) {
        const auto reply = client_.ask(get("/healthz", lines));
        CHECK(reply.status == 200);
        return reply.fields.contains(name) ? reply.fields.at(name) : "";
    }

private:
    running_server server_;
    peer client_{server_.port()};
};

std::string state(const std::string& value) {
    return "tracestate: " + value + "\r\n";
}

}  // namespace

TEST_CASE("traceparent of version 00 comes back as it is, white space around it and all names") {
    asker ask;
    CHECK(ask.parent_of(plain) == plain);
    CHECK(ask.parent_of("00-" + trace + "-" + parent + "-00") ==
          "00-" + trace + "-" + parent + "-00");
    for (const char* before : {" ", "\t", "\t \t"})
        CHECK(ask.parent_of(before + plain + before) == plain);
    for (const char* name : {"TraceParent", "TrAcEpArEnT", "TRACEPARENT"})
        CHECK(ask.field("traceparent", name + (": " + plain) + "\r\n") == plain);
    for (const char* name : {"trace-parent", "trace.parent"})
        CHECK(ask.field("traceparent", name + (": " + plain) + "\r\n").empty());
}

TEST_CASE(
    "traceparent of a later version is read up to its fourth field, and goes on as version 00") {
    asker ask;
    const auto later = [](const std::string& version, const std::string& flags,
                          const std::string& rest) {
        return version + "-" + trace + "-" + parent + "-" + flags + rest;
    };
    for (const char* version : {"01", "cc", "fe", "0f"}) {
        for (const char* rest : {"", "-", "-what-the-future-will-be-like", "-.x Y"}) {
            CHECK(ask.parent_of(later(version, "01", rest)) == plain);
            // Of its flags version 00 knows one.
            CHECK(ask.parent_of(later(version, "03", rest)) == plain);
            CHECK(ask.parent_of(later(version, "fe", rest)) ==
                  "00-" + trace + "-" + parent + "-00");
        }
        CHECK(ask.parent_of(later(version, "01", ".what-the-future-will-not-be-like")).empty());
        CHECK(ask.parent_of(later(version, "01", "0")).empty());
    }
}

TEST_CASE("traceparent that is malformed is dropped, and its tracestate with it") {
    asker ask;
    std::vector<std::string> wrong = {"", plain + ".", plain + "-what-the-future-will-be-like",
                                      plain + ", " + plain};
    for (const char* version : {"ff", ".0", "0.", "000", "0000", "0", "0A", "FF"})
        wrong.push_back(std::string{version} + plain.substr(2));
    for (const std::string& id :
         {std::string(32, '0'), "." + trace.substr(1), trace.substr(1) + ".", trace + "3",
          trace.substr(1), "ABCDEF" + trace.substr(6)})
        wrong.push_back("00-" + id + "-" + parent + "-01");
    for (const std::string& id :
         {std::string(16, '0'), "." + parent.substr(1), parent.substr(1) + ".", parent + "7",
          parent.substr(1), "ABCDEF" + parent.substr(6)})
        wrong.push_back("00-" + trace + "-" + id + "-01");
    for (const char* flags : {".0", "0.", "001", "1", "", "0A"})
        wrong.push_back("00-" + trace + "-" + parent + "-" + flags);
    for (const auto& value : wrong) {
        CAPTURE(value);
        CHECK(ask.parent_of(value).empty());
        CHECK(ask.field("tracestate", "traceparent: " + value + "\r\n" + state("foo=1")).empty());
    }
    // Twice is malformed, and a state without a parent says nothing.
    const auto twice = "traceparent: " + plain + "\r\ntraceparent: " + plain + "\r\n";
    CHECK(ask.field("traceparent", twice).empty());
    CHECK(ask.field("tracestate", twice + state("foo=1")).empty());
    CHECK(ask.field("tracestate", state("foo=1")).empty());
}

TEST_CASE("tracestate comes along, its lines joined in their order") {
    asker ask;
    CHECK(ask.state_of("").empty());
    CHECK(ask.state_of(state("foo=1,bar=2")) == "foo=1,bar=2");
    CHECK(ask.state_of("TraceState: foo=1\r\n") == "foo=1");
    CHECK(ask.state_of("TRACESTATE: foo=1\r\n") == "foo=1");
    CHECK(ask.state_of("trace-state: foo=1\r\n").empty());
    CHECK(ask.state_of(state("foo=1,bar=2") + state("rojo=1,congo=2") + state("baz=3")) ==
          "foo=1,bar=2, rojo=1,congo=2, baz=3");
    CHECK(ask.state_of(state("foo=1 \t , \t bar=2, \t baz=3 \t ")) ==
          "foo=1 \t , \t bar=2, \t baz=3");
    // Empty lines and empty members are allowed, and alone they are nothing.
    CHECK(ask.state_of(state("")).empty());
    CHECK(ask.state_of(state(", ,")).empty());
    CHECK(ask.state_of(state("foo=1,,bar=2,")) == "foo=1,,bar=2,");
    CHECK(ask.state_of(state("foo=1") + state("")).starts_with("foo=1"));
    // Who wrote a key twice has to know why.
    CHECK(ask.state_of(state("foo=1,foo=2")) == "foo=1,foo=2");
}

TEST_CASE("tracestate: each character that a key or a value may hold, and each length") {
    asker ask;
    const std::string key_characters = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    std::string value_characters;
    for (char c = ' '; c <= '~'; ++c) {
        if (c != ',' && c != '=') value_characters += c;
    }
    for (const std::string& good :
         {"a" + key_characters + "=" + value_characters,
          "a" + key_characters + "@a-z0-9_-*/=" + value_characters, std::string{"0tenant@system=1"},
          std::string(256, 'z') + "=1", std::string(241, 't') + "@" + std::string(14, 'v') + "=1",
          "foo=" + std::string(256, 'v'), std::string{"a=1"}, std::string{"foo= 1"}}) {
        CAPTURE(good);
        CHECK(ask.state_of(state(good)) == good);
    }
    for (const std::string& bad : {std::string{"foo =1"},
                                   std::string{"FOO=1"},
                                   std::string{"foo.bar=1"},
                                   std::string{"0foo=1"},
                                   std::string{"_foo=1"},
                                   std::string{"foo@=1,bar=2"},
                                   std::string{"@foo=1,bar=2"},
                                   std::string{"foo@@bar=1,bar=2"},
                                   std::string{"foo@bar@baz=1,bar=2"},
                                   std::string{"foo@0bar=1"},
                                   std::string(257, 'z') + "=1",
                                   std::string(242, 't') + "@" + std::string(14, 'v') + "=1",
                                   std::string(241, 't') + "@" + std::string(15, 'v') + "=1",
                                   std::string{"foo=bar=baz"},
                                   std::string{"foo=,bar=3"},
                                   std::string{"foo"},
                                   std::string{"=1"},
                                   "foo=" + std::string(257, 'v'),
                                   std::string{"foo=a\tb"},
                                   std::string{"foo=\xc3\xa9"}}) {
        CAPTURE(bad);
        CHECK(ask.state_of(state(bad)).empty());
        CHECK(ask.state_of(state("ok=1") + state(bad)).empty());
    }
}

TEST_CASE("a value of tracestate ends before what is not visible") {
    CHECK(trace_state::is_well_formed("a=b c"));
    for (const char* value : {"b\x7f", "\x7f", "b\tc", "b\xc3\xa9", "b="})
        CHECK_FALSE(trace_state::is_well_formed("a=" + std::string{value} + ",c=d"));
}

TEST_CASE("tracestate has 32 members at most, over all its lines") {
    asker ask;
    const auto members = [](int count) {
        std::string list;
        for (int i = 0; i < count; ++i)
            list += (list.empty() ? "bar" : ",bar") + std::to_string(i) + "=" + std::to_string(i);
        return list;
    };
    CHECK(ask.state_of(state(members(32))) == members(32));
    CHECK(ask.state_of(state(members(33))).empty());
    CHECK(ask.state_of(state(members(16)) + state(members(16))) ==
          members(16) + ", " + members(16));
    CHECK(ask.state_of(state(members(17)) + state(members(16))).empty());
}

TEST_CASE("a trace comes back on every kind of reply: computed, refused, not modified, last") {
    running_server server;
    peer client(server.port());
    const auto lines =
        "traceparent: " + plain + "\r\n" + state("foo=1," + std::string(200, 'a') + "=2");
    for (const char* target : {"/v1/identity", "/nowhere", "/v1/kernels/sum_f32?n=4",
                               "/v1/kernels/sum_f32?n=3000000", "/openapi.json", "/v1/identity"}) {
        const auto reply = client.ask(get(target, lines));
        CHECK(reply.fields.at("traceparent") == plain);
        CHECK(reply.fields.at("tracestate").starts_with("foo=1,"));
        const auto without = client.ask(get(target));
        CHECK_FALSE(without.fields.contains("traceparent"));
        CHECK_FALSE(without.fields.contains("tracestate"));
    }
    const auto tag = client.ask(get("/openapi.json")).fields.at("etag");
    const auto again = client.ask(get("/openapi.json", "If-None-Match: " + tag + "\r\n" + lines));
    CHECK(again.status == 304);
    CHECK(again.fields.contains("tracestate"));
    const auto last = client.ask(get("/healthz?close=1", lines));
    CHECK(last.fields.at("connection") == "close");
    CHECK(last.fields.contains("tracestate"));
}
