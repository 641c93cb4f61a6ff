// The page of a browser and /report: what they say, how they are sent, and what their policies let
// run.
#include <unistd.h>

#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/endpoints/html_document.hpp"
#include "server/endpoints/watched_file.hpp"
#include "server/http/gzip.hpp"
#include "server/page/page.hpp"
#include "tests/server/http_peer.hpp"

using namespace lanewise;
using namespace lanewise::server;

namespace {

constexpr const char* as_html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

std::string as_html_and(std::string_view fields) {
    return as_html + std::string{fields};
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return number;
}

// The content of one gzip member without a name, whose check sum and length are checked.
std::string gunzip(std::string_view member) {
    namespace zlib = boost::beast::zlib;
    REQUIRE(member.starts_with(std::string_view("\x1f\x8b\x08\0", 4)));
    const auto tail = member.substr(member.size() - 8);
    std::string out(little_endian(tail.substr(4)), '\0');
    zlib::z_params at;
    at.next_in = member.data() + 10;
    at.avail_in = member.size() - 18;
    at.next_out = out.data();
    at.avail_out = out.size();
    zlib::inflate_stream stream;
    boost::system::error_code error;
    stream.write(at, zlib::Flush::finish, error);
    CHECK(error == zlib::error::end_of_stream);
    CHECK(at.avail_out == 0);
    CHECK(at.avail_in == 0);
    boost::crc_32_type sum;
    sum.process_bytes(out.data(), out.size());
    CHECK(sum.checksum() == little_endian(tail));
    return out;
}

// A file that is gone at the end of the test.
struct scratch_file {
    std::string path = (std::filesystem::temp_directory_path() /
                        ("lanewise-page-test-" + std::to_string(getpid()) + ".html"))
                           .string();

    explicit scratch_file(std::string_view text) { write(text); }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    ~scratch_file() { remove(); }
    void write(std::string_view text) const { std::ofstream(path, std::ios::binary) << text; }
    void remove() const { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("gzip makes one member that holds the data, and the same bytes each time") {
    std::string noise;
    std::uint32_t state = 1;
    for (int i = 0; i < 300'000; ++i)
        noise += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
    for (const std::string& data :
         {std::string{}, std::string{"a"}, std::string(200'000, 'x'), noise}) {
        CHECK(gunzip(gzip(data)) == data);
        CHECK(gzip(data) == gzip(data));
    }
}

TEST_CASE(
    "a policy names each inline script and style sheet by its hash, and lets nothing else run") {
    // The example of the Content Security Policy specification, level 3.
    const auto policy = content_policy(
        "<!doctype html><STYLE media=\"a > b\">p{}</STYLE><script type=module>alert('Hello, "
        "world.');</script>"
        "<scripture>x</scripture><script src=x></script>",
        origin::page);
    CHECK(policy.find("script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=';") !=
          std::string::npos);
    CHECK(policy.find("style-src " + hash_source("p{}") + ";") != std::string::npos);
    CHECK(policy.starts_with("default-src 'none';"));
    CHECK(content_policy("<p>plain", origin::page).find("script-src 'none'; style-src 'none';") !=
          std::string::npos);
    // Browsers hash what they parsed: line ends are LF there, and a script may come twice.
    CHECK(content_policy("<script>a\r\nb\rc</script><script>a\nb\nc</script>", origin::report)
              .find("script-src " + hash_source("a\nb\nc") + ";") != std::string::npos);
    // What has no end is not run.
    CHECK(content_policy("<script>never", origin::report).find("script-src 'none'") !=
          std::string::npos);
}

TEST_CASE("the page says the facts of its node without scripts") {
    auto machine = test_machine();
    machine.core_threads = {{0, 4}, {1}};
    machine.caches = {{1, 48 << 10, 2}, {3, 32 << 20, 1}};
    auto settings = test_settings();
    settings.node = "<node>&\"a\"";
    const auto html = page_html(settings, machine);
    for (const char* words :
         {"<title>Lanewise: arm64 answered</title>", "linux/arm64</h1>",
          "pod <code>pod-1</code>, kernels on <code>", "&lt;node&gt;&amp;&quot;a&quot;", "pod-1",
          "m7g.large", "Neoverse-V1", "<span><b>0</b><b>4</b></span><span><b>1</b></span>",
          "48 KiB", "shared by 2 threads", "32 MiB", "one thread", "<dt>Build</dt>"}) {
        CHECK_MESSAGE(html.find(words) != std::string::npos, words);
    }
    for (const auto& variant : kernels::variants())
        CHECK(html.find("<code>" + std::string{variant.name} + "</code>") != std::string::npos);
    for (const auto& kernel : kernels::catalogue())
        CHECK(html.find("<option>" + std::string{kernel.name} + "</option>") != std::string::npos);
    CHECK(html.find("<node>") == std::string::npos);
    CHECK(html.find("{{") == std::string::npos);
    // A path from the root would leave the prefix that a proxy puts the page under.
    for (const char* words : {"href=\"/", "src=\"/", "\"/v1/", "`/v1/"})
        CHECK_MESSAGE(html.find(words) == std::string::npos, words);
    CHECK(html.find("href=\"report\"") == std::string::npos);
    settings.report = "report.html";
    CHECK(page_html(settings, machine).find("href=\"report\"") != std::string::npos);
}

TEST_CASE(
    "the page says what a machine tells of cores, caches, memory and quota, in round numbers") {
    const auto says = [](const machine::facts& machine, const std::string& words) {
        const auto html = page_html(test_settings(), machine);
        CHECK_MESSAGE(html.find(words) != std::string::npos, words);
    };
    auto machine = test_machine();
    says(machine, "2 cores, one hardware thread each");
    says(machine, "<dt>Memory</dt><dd><i>not known</i></dd>");
    says(machine, "<dt>CPU quota</dt><dd>none</dd>");
    says(machine, "<dt>Emulated</dt><dd>no</dd>");
    says(machine, "<dt>Hypervisor</dt><dd>none seen</dd>");
    says(machine, "<tr><td>not known</td></tr>");
    machine.cores = machine.threads = 1;
    says(machine, "1 core, one hardware thread each");
    machine.threads = machine.threads_per_core = 2;
    says(machine, "1 core, 2 hardware threads each");
    machine.cores = 3;  // of which one has its second thread in use by others
    machine.threads = 5;
    says(machine, "3 cores with 5 hardware threads");
    machine.threads.reset();
    says(machine, "This machine does not tell its cores.");
    machine.cores.reset();
    machine.threads = 5;
    says(machine, "This machine does not tell its cores.");

    const auto memory = [&](std::uint64_t bytes, const std::string& text) {
        machine.memory_bytes = bytes;
        says(machine, "<dt>Memory</dt><dd>" + text + "</dd>");
    };
    memory(1'023, "1023 B");
    memory(1'024, "1 KiB");
    memory(1'000 << 10, "1000 KiB");
    memory(1'555 << 10, "1.52 MiB");
    memory(std::uint64_t{5} << 40, "5 TiB");
    memory(std::uint64_t{5'000} << 40, "5000 TiB");
    machine.quota_cpus = 2.5;
    says(machine, "<dt>CPU quota</dt><dd>2.5 CPUs</dd>");
    machine.emulated = true;
    says(machine, "<dt>Emulated</dt><dd>yes: its speed says nothing of real machines</dd>");
    says(machine, "<em class=\"mark\">emulated</em>");
    machine.emulated.reset();
    says(machine, "<dt>Emulated</dt><dd><i>not known</i></dd>");
    machine.contradictions = {"a < b"};
    says(machine, "<dt>Contradiction</dt><dd>a &lt; b</dd>");

    // A bar for each cache, the longer the larger it is, and never out of its place.
    machine.caches = {{1, 1 << 10, 1}, {2, 1 << 20, 1}, {3, 32 << 20, 1}, {4, 8ULL << 30, 1}};
    const auto html = page_html(test_settings(), machine);
    std::vector<double> bars;
    constexpr std::string_view bar = "<rect width=\"";
    for (auto at = html.find(bar); at != std::string::npos; at = html.find(bar, at + 1))
        bars.push_back(std::stod(html.substr(at + bar.size())));
    REQUIRE(bars.size() == 4);
    CHECK(bars[0] == 1);
    CHECK(bars[1] == doctest::Approx(100.0 * 7 / 17).epsilon(0.01));  // 2^13 to 2^30
    CHECK(bars[2] == doctest::Approx(100.0 * 12 / 17).epsilon(0.01));
    CHECK(bars[3] == 100);
}

TEST_CASE("each variant is chosen, runs here, or lacks what it says") {
    const auto html = page_html(test_settings(), test_machine());
    for (const auto& one : kernels::variants()) {
        const bool chosen = one.name == kernels::active_variant();
        const std::string line = std::string{"<li class=\""} +
                                 (chosen         ? "chosen"
                                  : one.runnable ? "runnable"
                                                 : "lacking") +
                                 "\"><code>" + std::string{one.name} + "</code> <span>" +
                                 (chosen         ? "chosen</span>"
                                  : one.runnable ? "runs here</span>"
                                                 : "lacks ");
        CHECK_MESSAGE(html.find(line) != std::string::npos, line);
    }
}

TEST_CASE("the line for curl says architecture, variant, node and pod, and emulation where it is") {
    auto machine = test_machine();
    const auto settings = test_settings();
    const auto variant = std::string{kernels::active_variant()};
    const auto names = " node=" + settings.node + " pod=" + settings.pod;
    CHECK(hello_line(settings, machine) == "Hello from linux/arm64 (" + variant + ")" + names);
    machine.emulated = true;
    CHECK(hello_line(settings, machine) ==
          "Hello from linux/arm64 (" + variant + ", emulated)" + names);
    machine.emulated.reset();
    CHECK(hello_line(settings, machine) == "Hello from linux/arm64 (" + variant + ")" + names);
}

TEST_CASE(
    "the page is sent gzipped to those who take that, with a strict policy, in under 60 KiB") {
    const running_server server;
    peer client(server.port());
    const auto plain = client.ask(get("/", as_html));
    CHECK(plain.status == 200);
    CHECK(plain.fields.at("content-type") == "text/html; charset=utf-8");
    CHECK(plain.fields.at("vary") == "Accept, Accept-Encoding");
    CHECK(plain.fields.at("cache-control") == "no-cache");
    CHECK_FALSE(plain.fields.contains("content-encoding"));
    const auto& policy = plain.fields.at("content-security-policy");
    CHECK(policy == content_policy(plain.body, origin::page));
    CHECK(policy.find("unsafe") == std::string::npos);

    const auto gzipped = client.ask(get("/", as_html_and("Accept-Encoding: br, gzip\r\n")));
    CHECK(gzipped.fields.at("content-encoding") == "gzip");
    CHECK(gzipped.fields.at("vary") == "Accept, Accept-Encoding");
    CHECK(gzipped.fields.at("content-security-policy") == policy);
    CHECK(gunzip(gzipped.body) == plain.body);
    CHECK(gzipped.head.size() + gzipped.body.size() < 60 << 10);
    for (const char* coding : {"br", "gzip;q=0", "identity, *;q=0"}) {
        const auto reply =
            client.ask(get("/", as_html_and("Accept-Encoding: " + std::string{coding} + "\r\n")));
        CHECK_MESSAGE(!reply.fields.contains("content-encoding"), coding);
    }
    const auto head =
        client.ask("HEAD / HTTP/1.1\r\nHost: test\r\n" + std::string{as_html} + "\r\n", false);
    CHECK(head.fields.at("content-length") == plain.fields.at("content-length"));
    CHECK(head.fields.at("etag") == plain.fields.at("etag"));
}

TEST_CASE("a browser that has the page is told so, and each coding has a tag of its own") {
    const running_server server;
    peer client(server.port());
    const auto plain = client.ask(get("/", as_html));
    const auto gzipped = client.ask(get("/", as_html_and("Accept-Encoding: gzip\r\n")));
    const auto tag = plain.fields.at("etag");
    CHECK(tag != gzipped.fields.at("etag"));
    for (const auto& named : {tag, "W/" + tag, "\"other\", " + tag, std::string{"*"}}) {
        const auto reply = client.ask(get("/", as_html_and("If-None-Match: " + named + "\r\n")));
        CHECK_MESSAGE(reply.status == 304, named);
        CHECK(reply.body.empty());
        CHECK(reply.fields.at("etag") == tag);
        CHECK(reply.fields.at("vary") == plain.fields.at("vary"));
        CHECK(reply.fields.at("cache-control") == "no-cache");
    }
    const auto other = client.ask(
        get("/", as_html_and("Accept-Encoding: gzip\r\nIf-None-Match: " + tag + "\r\n")));
    CHECK(other.status == 200);
    CHECK(client
              .ask(get("/", as_html_and("Accept-Encoding: gzip\r\nIf-None-Match: " +
                                        gzipped.fields.at("etag") + "\r\n")))
              .status == 304);
    // Another node's page has other facts, and so another tag.
    auto settings = test_settings();
    settings.node = "node-b";
    running_server second(settings);
    peer of_second(second.port());
    CHECK(of_second.ask(get("/", as_html)).fields.at("etag") != tag);
}

TEST_CASE("identity tells which hardware threads share a core, or that it is not known") {
    auto machine = test_machine();
    machine.core_threads = {{0, 2}, {1, 3}};
    app known(test_settings(), machine);
    CHECK(known.fixed.identity.body.find(R"("core_threads":[[0,2],[1,3]])") != std::string::npos);
    app unknown(test_settings(), test_machine());
    CHECK(unknown.fixed.identity.body.find(R"("core_threads":null)") != std::string::npos);
}

TEST_CASE("identity says of variants that do not run here what they lack, of others nothing") {
    app known(test_settings(), test_machine());
    const auto& body = known.fixed.identity.body;
    for (const auto& one : kernels::variants()) {
        const auto row = R"({"name":")" + std::string{one.name} + R"(","runnable":)" +
                         (one.runnable ? "true}" : R"(false,"lacks":")");
        CHECK_MESSAGE(body.find(row) != std::string::npos, row);
    }
}

TEST_CASE("there is a report only where one is given") {
    running_server server;
    peer client(server.port());
    const auto reply = client.ask(get("/report"));
    CHECK(reply.status == 404);
    CHECK(reply.body.find("--report") != std::string::npos);
    CHECK_FALSE(server.shared.report.refresh());
}

TEST_CASE(
    "the report is served with its scripts allowed by hash, and again when its file changes") {
    const scratch_file file("<title>first</title><script>draw()</script><p style='color:red'>");
    auto settings = test_settings();
    settings.report = file.path;
    running_server server(settings);
    peer client(server.port());
    const auto first = client.ask(get("/report"));
    CHECK(first.status == 200);
    CHECK(first.fields.at("content-type") == "text/html; charset=utf-8");
    CHECK(first.body.starts_with("<title>first</title>"));
    const auto& policy = first.fields.at("content-security-policy");
    CHECK(policy.find("script-src " + hash_source("draw()") + ";") != std::string::npos);
    CHECK(policy.find("connect-src") == std::string::npos);  // default-src 'none' holds
    CHECK(policy.find("style-src-attr 'unsafe-inline'") != std::string::npos);
    CHECK(gunzip(client.ask(get("/report", "Accept-Encoding: gzip\r\n")).body) == first.body);
    const auto unchanged = "If-None-Match: " + first.fields.at("etag") + "\r\n";
    CHECK(client.ask(get("/report", unchanged)).status == 304);
    CHECK_FALSE(server.shared.report.refresh());

    CHECK(client.ask(get("/report")).body == first.body);
    file.write("<title>the second</title><script>redraw()</script>");
    CHECK(server.shared.report.refresh());
    CHECK(client.ask(get("/report")).body.starts_with("<title>the second</title>"));
    const auto second = client.ask(get("/report", unchanged));
    CHECK(second.status == 200);
    CHECK(second.body.starts_with("<title>the second</title>"));
    CHECK(second.fields.at("content-security-policy").find(hash_source("redraw()")) !=
          std::string::npos);

    file.remove();
    CHECK_FALSE(server.shared.report.refresh());
    CHECK(client.ask(get("/report")).body == second.body);
    file.write("");
    CHECK_FALSE(server.shared.report.refresh());
    CHECK(client.ask(get("/report")).body == second.body);
}

TEST_CASE("a report that can't be read at start is an error that names it") {
    auto settings = test_settings();
    settings.report = "/nowhere/report.html";
    CHECK_THROWS_WITH_AS((app{settings, test_machine()}),
                         doctest::Contains("--report: /nowhere/report.html"), std::runtime_error);
    settings.report = "/";  // a folder
    CHECK_THROWS_AS((app{settings, test_machine()}), std::runtime_error);
    const scratch_file empty("");
    settings.report = empty.path;
    CHECK_THROWS_AS((app{settings, test_machine()}), std::runtime_error);
}

TEST_CASE("a watched file is read once, again when it changes, and not beyond its bound") {
    const scratch_file file("12345678");
    watched_file watched(file.path, 8);
    CHECK(watched.read_if_changed() == "12345678");
    CHECK_FALSE(watched.read_if_changed().has_value());
    file.write("123456789");
    CHECK_FALSE(watched.read_if_changed().has_value());
    file.write("1234");
    CHECK(watched.read_if_changed() == "1234");
}
