// Who may compute, and which pages may read replies: --token-file and --cors-origin.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/endpoints/token_gate.hpp"
#include "tests/server/conformance/conformance.hpp"

using namespace lanewise::server;

namespace {

namespace fs = std::filesystem;

// A folder of its own for one test.
struct folder {
    folder() {
        std::string name = (fs::temp_directory_path() / "lanewise-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~folder() { fs::remove_all(path); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path / name; }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << text;
    }
    fs::path path;
};

std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
}

}  // namespace

TEST_CASE("RFC 6750, 2.1: the gate admits the token, whatever the case of its scheme") {
    const folder here;
    here.write("token", "s3cret/+=\n");
    const token_gate gate(here.file("token"));
    for (const char* text :
         {"Bearer s3cret/+=", "bearer s3cret/+=", "BEARER s3cret/+=", "Bearer   s3cret/+="}) {
        CAPTURE(text);
        CHECK(gate.admits(text));
    }
    for (const char* text : {"", "Bearer", "Bearer ", "s3cret/+=", "Bearer s3cret/+",
                             "Bearer s3cret/+==", "Bearer S3cret/+=", "Bearer x3cret/+=",
                             "Basic s3cret/+=", "Bearers3cret/+=", "Bearer s3cret/+= x",
                             "Bearer s3cret/+=s3cret/+=", "Bearer \ns3cret/+="}) {
        CAPTURE(text);
        CHECK_FALSE(gate.admits(text));
    }
}

TEST_CASE("without a token file the gate is open; with one that holds no token there is no start") {
    CHECK(token_gate("").admits(""));
    CHECK_FALSE(token_gate("").refresh());
    const folder here;
    CHECK_THROWS_WITH_AS(token_gate(here.file("missing")), doctest::Contains("--token-file"),
                         std::runtime_error);
    here.write("empty", " \n");
    CHECK_THROWS_AS(token_gate(here.file("empty")), std::runtime_error);
    CHECK_THROWS_AS(token_gate(here.path.string()), std::runtime_error);
    // Nor would a start wait for whoever writes to a pipe.
    REQUIRE(mkfifo(here.file("pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(token_gate(here.file("pipe")), std::runtime_error);
}

TEST_CASE("a token file that changes is read again, and one that vanishes changes nothing") {
    const folder here;
    here.write("token", "first");
    token_gate gate(here.file("token"));
    CHECK_FALSE(gate.refresh());
    here.write("new", "second");
    fs::rename(here.file("new"), here.file("token"));
    CHECK(gate.refresh());
    CHECK(gate.admits("Bearer second"));
    CHECK_FALSE(gate.admits("Bearer first"));
    here.write("token", "third, in the same file");
    CHECK(gate.refresh());
    CHECK(gate.admits("Bearer third, in the same file"));
    here.write("token", "");
    CHECK_FALSE(gate.refresh());
    fs::remove(here.file("token"));
    CHECK_FALSE(gate.refresh());
    CHECK(gate.admits("Bearer third, in the same file"));
    here.write("token", "fourth");
    CHECK(gate.refresh());
    CHECK(gate.admits("Bearer fourth"));
}

TEST_CASE("a mounted Secret changes by the swap of a link to its folder, and is read again") {
    const folder here;
    here.write("..2026_a/token", "first");
    fs::create_directory_symlink("..2026_a", here.path / "..data");
    fs::create_symlink("..data/token", here.path / "token");
    token_gate gate(here.file("token"));
    CHECK(gate.admits("Bearer first"));
    here.write("..2026_b/token", "other");
    fs::create_directory_symlink("..2026_b", here.path / "..data_tmp");
    fs::rename(here.path / "..data_tmp", here.path / "..data");
    fs::remove_all(here.path / "..2026_a");
    CHECK(gate.refresh());
    CHECK(gate.admits("Bearer other"));
    CHECK_FALSE(gate.admits("Bearer first"));
}

TEST_CASE(
    "RFC 9110, 11.6.1: kernels without the token are 401 with WWW-Authenticate, the rest is open") {
    const folder here;
    here.write("token", "s3cret");
    auto settings = test_settings();
    settings.token_file = here.file("token");
    const running_server server(settings);
    const auto body = std::string{R"({"x":[1],"y":[2]})"};
    const auto call = [&body](const std::string& fields) {
        return post("/v1/kernels/dot_f32", "application/json", body, fields);
    };
    for (const auto& request :
         {call(""), call(bearer("wrong")), call("Authorization: Basic czpz\r\n"),
          get("/v1/kernels/dot_f32?n=1"), get("/v1/kernels/nope", bearer("wrong")),
          get("/v1/kernels/dot_f32?n=1&token=s3cret")}) {
        const auto reply = check_taken(server, request, 401);
        CHECK(reply.fields.at("www-authenticate") == "Bearer realm=\"lanewise\"");
        CHECK(reply.fields.at("content-type") == "application/problem+json");
    }
    check_taken(server, "HEAD /v1/kernels/dot_f32?n=1 HTTP/1.1\r\nHost: a\r\n\r\n", 401);
    CHECK(check_taken(server, call(bearer("s3cret"))).body == "{\"result\":2}\n");
    check_taken(server, get("/v1/kernels/dot_f32?n=1", bearer("s3cret")));
    check_taken(server, get("/v1/kernels/nope", bearer("s3cret")), 404);
    for (const char* path : {"/", "/v1/identity", "/v1/kernels", "/healthz", "/readyz"}) {
        check_taken(server, get(path));
    }
    check_taken(server, "OPTIONS /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\n\r\n", 204);
    // Without the token not a byte of a body is asked for, or kept.
    const auto before = server.shared.bodies.bytes_in_use();
    peer client(server.port());
    const auto reply = client.ask(
        "POST /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(reply.status == 401);
    CHECK(server.shared.bodies.bytes_in_use() == before);
}

TEST_CASE("a token that changes while connections are open holds for their next requests") {
    const folder here;
    here.write("token", "first");
    auto settings = test_settings();
    settings.token_file = here.file("token");
    running_server server(settings);
    peer client(server.port());
    const auto call = [](const std::string& token) {
        return get("/v1/kernels/sum_f32?n=1", bearer(token));
    };
    CHECK(client.ask(call("first")).status == 200);
    here.write("next", "second");
    fs::rename(here.file("next"), here.file("token"));
    CHECK(server.shared.token.refresh());
    CHECK(client.ask(call("first")).status == 401);
    CHECK(client.ask(call("second")).status == 200);
}

TEST_CASE("a page of another origin gets nothing by default") {
    const running_server server;
    for (const auto& request :
         {get("/v1/identity", "Origin: http://page.example\r\n"),
          std::string{
              "OPTIONS /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\nOrigin: http://page.example\r\n"
              "Access-Control-Request-Method: POST\r\n\r\n"}}) {
        peer client(server.port());
        CHECK(client.ask(request).head.find("Access-Control") == std::string::npos);
    }
}

TEST_CASE("Fetch, 3.2: pages of the configured origin may read every reply, errors and all") {
    const folder here;
    here.write("token", "s3cret");
    auto settings = test_settings();
    settings.cors_origin = "http://page.example";
    settings.token_file = here.file("token");
    const running_server server(settings);
    const std::string origin = "Origin: http://page.example\r\n";
    for (const auto& request :
         {get("/", origin), get("/v1/identity", origin), get("/v1/kernels", origin),
          get("/nowhere", origin), get("/v1/kernels/sum_f32?n=3", origin),
          get("/v1/kernels/sum_f32?n=3", origin + bearer("s3cret")),
          get("/v1/kernels/sum_f32?n=x", origin + bearer("s3cret")),
          std::string{"nonsense\r\n\r\n"}}) {
        CAPTURE(request);
        peer client(server.port());
        const auto reply = client.ask(request);
        CHECK(reply.fields.at("access-control-allow-origin") == "http://page.example");
        CHECK(reply.fields.at("access-control-expose-headers").find("Server-Timing") !=
              std::string::npos);
    }
    // The preflight needs no token: it asks only whether the request may be sent.
    const auto preflight = check_taken(
        server,
        "OPTIONS /v1/kernels/dot_f32 HTTP/1.1\r\nHost: a\r\n" + origin +
            "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization, "
            "content-type\r\n\r\n",
        204);
    CHECK(preflight.fields.at("access-control-allow-origin") == "http://page.example");
    CHECK(preflight.fields.at("access-control-allow-methods").find("POST") != std::string::npos);
    const auto& headers = preflight.fields.at("access-control-allow-headers");
    CHECK(headers.find("Authorization") != std::string::npos);
    CHECK(headers.find("Content-Type") != std::string::npos);
    CHECK(preflight.fields.contains("access-control-max-age"));
    CHECK_FALSE(preflight.fields.contains("access-control-allow-credentials"));
}

TEST_CASE("an origin that could end a line of a reply's head is refused at start") {
    auto settings = test_settings();
    for (const char* origin : {"http://a\r\nX: b", "http://a b", "http://caf\xc3\xa9"}) {
        settings.cors_origin = origin;
        CHECK_THROWS_AS(app(settings, test_machine()), usage_error);
    }
    settings.cors_origin.clear();
    for (const char* node : {"a\nb", "a b", "a\x7f"}) {
        settings.node = node;
        CHECK_THROWS_AS(app(settings, test_machine()), usage_error);
    }
    settings.node = "!~";  // the first and the last of the visible characters
    CHECK(app(settings, test_machine()).settings.node == "!~");
}

TEST_CASE("a container's memory limit bounds what bodies and connections take, and says so") {
    constexpr std::uint64_t mebi = 1 << 20;
    const auto within = [](config settings, std::uint64_t bytes) {
        auto machine = test_machine();
        machine.memory_limit_bytes = bytes;
        return app(std::move(settings), std::move(machine)).settings;
    };
    const config otherwise;
    const auto small = within(otherwise, 64 * mebi);
    CHECK(small.bodies_bytes_max == 32 * mebi);
    CHECK(small.body_bytes_max == 32 * mebi);  // one has no more than all
    CHECK(small.pending_bytes_max == 4 * mebi);
    // An idle connection takes a KiB, and less than 64.
    CHECK(small.connections_max * 1'024 < 16 * mebi);
    CHECK(small.connections_max * 64 * 1'024 > 16 * mebi);
    CHECK(small.tls_handshakes_max == otherwise.tls_handshakes_max);
    CHECK(small.warnings.size() == 4);
    CHECK(small.warnings.front() ==
          "--bodies-bytes-max is 33554432, not 536870912: the memory limit here is 67108864 bytes");
    CHECK(small.warnings.back() ==
          "--body-bytes-max is 33554432, not 67108864: all bodies together may have no more "
          "(--bodies-bytes-max)");

    config secured = otherwise;
    secured.tls_cert = secured.tls_key = "of no matter";
    const auto small_secured = within(secured, 64 * mebi);
    CHECK(small_secured.connections_max < small.connections_max);
    CHECK(small_secured.tls_handshakes_max * 16 * 1'024 < 4 * mebi);
    CHECK(small_secured.tls_handshakes_max * 1'024 * 1'024 > 4 * mebi);
    CHECK(within(secured, 2 * mebi).tls_handshakes_max == 1);  // less would be no server

    // What the user asked for and what has room stays as it is.
    config exact = otherwise;
    exact.bodies_bytes_max = exact.body_bytes_max = 32 * mebi;
    exact.pending_bytes_max = 4 * mebi;
    exact.connections_max = small.connections_max;
    CHECK(within(exact, 64 * mebi).warnings.empty());
    const auto large = within(secured, std::uint64_t{1} << 50);
    CHECK(large.warnings.empty());
    CHECK(large.bodies_bytes_max == otherwise.bodies_bytes_max);
}

TEST_CASE("generated inputs are kept in a quarter of what bodies may have") {
    auto settings = test_settings();
    settings.bodies_bytes_max = settings.body_bytes_max = 4 << 20;
    app here(settings, test_machine());
    const auto& kernel = *lanewise::kernels::find_kernel("sum_f32");
    const auto kept = [&](std::uint64_t n) {
        const std::vector<std::uint64_t> sizes{n};
        REQUIRE(here.generated.get(kernel, sizes, 1).has_value());
        return here.generated.holds(kernel, sizes, 1);
    };
    CHECK(kept((1 << 20) / sizeof(float)));
    CHECK_FALSE(kept((1 << 20) / sizeof(float) + 1));
}
