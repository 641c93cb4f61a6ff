#include "bench/services/services.hpp"

#include <doctest/doctest.h>
#include <malloc.h>
#include <zlib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "bench/documents/files.hpp"
#include "bench/documents/sha256.hpp"
#include "bench/measure/workload.hpp"
#include "bench/services/sample_data.hpp"
#include "tests/bench/temporary_folder.hpp"

using namespace lanewise::bench;
namespace machine = lanewise::machine;

namespace {

machine::facts recorded(const std::string& name, const char* program) {
    return machine::read(LANEWISE_TEST_DATA "/machines/" + name, program);
}

std::size_t packed_size(const std::string& text) {
    std::vector<Bytef> to(compressBound(text.size()));
    uLongf size = to.size();
    REQUIRE(compress2(to.data(), &size, reinterpret_cast<const Bytef*>(text.data()), text.size(),
                      6) == Z_OK);
    return size;
}

}  // namespace

TEST_CASE("samples are the same bytes on every machine") {
    CHECK(sha256_hex(sample_text(1, 4096)) ==
          "19264607dac883e6ce1f2ea4085caee495295bb8fce6edcf3e72651995072070");
    CHECK(sha256_hex(sample_json(1, 4096)) ==
          "4eeb57073b46602a2c4c4c624945c1e4be7fea9699056cd20022b7fb09372fe5");
    // As long as those that are worked on.
    CHECK(sha256_hex(sample_text(1, 262'144)) ==
          "b4a9c83f292d3b9071978aac7c660dae3702ac432d8da9b2384761fbf5cc71b1");
    CHECK(sha256_hex(sample_json(1, 100'000)) ==
          "7b5fa96e42b16d4c8a37ca3f77ad743fbb0ea34c9630c7b4742b342c56064b54");
    CHECK(sha256_hex(sample_noise(1, 4096)) ==
          "1ea9e12823e7284eaf3d600378687fe4ba856a4b0d8ea34aa8b5f799c9d2ff43");
    CHECK(sample_text(1, 4096) != sample_text(2, 4096));
    CHECK(sample_noise(1, 64) == sample_noise(1, 64));
}

TEST_CASE("the text is as compressible as text is, the noise is not") {
    const auto text = sample_text(1, 262'144);
    CHECK(text.size() == 262'144);
    const auto share = static_cast<double>(packed_size(text)) / static_cast<double>(text.size());
    CHECK(share > 0.2);
    CHECK(share < 0.5);
    CHECK(packed_size(sample_noise(1, 65'536)) > 65'000);
}

TEST_CASE("the JSON is one, of about the size that was asked for") {
    const auto text = sample_json(1, 100'000);
    CHECK(text.size() > 90'000);
    CHECK(text.size() < 110'000);
    const auto value = boost::json::parse(text);
    CHECK(value.at("orders").as_array().size() > 100);
}

TEST_CASE("services are grouped, and each does its work") {
    machine::facts facts;
    facts.caches = {{1, 32 << 10, 1}, {2, 256 << 10, 1}};
    facts.memory_bytes = 256 << 20;
    data_pool memory{4096};
    std::map<std::string, std::set<std::string>> groups;
    for (const auto& one : services_of(facts, true, 1)) {
        CAPTURE(one.name);
        groups[one.group].insert(one.name);
        CHECK(one.kind == "service");
        const auto work = one.make(memory);
        CHECK(work->call(1) > 0);
        CHECK(work->call(2) > 0);
        CHECK(work->seconds_beside() >= 0);
        CHECK((work->seconds_beside() > 0) == (one.name == "tls_handshake"));
    }
    CHECK(groups["crypto"] == std::set<std::string>{"tls_handshake", "aes_256_gcm",
                                                    "chacha20_poly1305", "sha256", "x25519"});
    CHECK(groups["compression"] == std::set<std::string>{"zstd_compress", "zstd_decompress",
                                                         "gzip_compress", "gzip_decompress"});
    CHECK(groups["parsing"] == std::set<std::string>{"json_parse", "json_write"});
    CHECK(groups["memory"] ==
          std::set<std::string>{"pointer_chase", "random_read", "sort_u64", "hash_lookup"});
    CHECK(groups.size() == 4);
}

TEST_CASE("n calls count n times what one call does, and a call does what its parameters name") {
    machine::facts facts;
    facts.caches = {{1, 32 << 10, 1}, {2, 256 << 10, 1}};
    facts.memory_bytes = 256 << 20;
    data_pool memory{4096};
    // The number behind "text:", "n:" and so on.
    const auto named = [](const std::string& parameters, const std::string& what) {
        const auto at = parameters.find(what);
        return at == std::string::npos ? 0 : std::stod(parameters.substr(at + what.size()));
    };
    for (const auto& one : services_of(facts, true, 1)) {
        CAPTURE(one.name + " " + one.parameters);
        const auto work = one.make(memory);
        CHECK(work->call(0) == 0);
        CHECK(work->seconds_beside() == 0);
        const double items = work->call(1);
        CHECK(items > 0);
        CHECK(work->call(3) == 3 * items);
        if (one.unit == "handshakes" || one.unit == "secrets") CHECK(items == 1);
        for (const auto* what : {"message:", "n:"}) {
            if (const auto bytes = named(one.parameters, what); bytes > 0) CHECK(items == bytes);
        }
        if (const auto bytes = named(one.parameters, "text:"); bytes > 0) {
            if (one.group == "compression") {
                CHECK(items == bytes);
            } else {
                CHECK(items == doctest::Approx(bytes).epsilon(0.05));
            }
        }
    }
}

TEST_CASE("what services work on is written as files, and a folder that is none is named") {
    const temporary_folder here;
    write_samples(here.path());
    CHECK(read_file(here / "text.txt").size() == 262'144);
    CHECK(boost::json::parse(read_file(here / "orders.json")).is_object());
    CHECK_THROWS_WITH_AS(write_samples(here / "none"), doctest::Contains("none/text.txt"),
                         std::system_error);
}

TEST_CASE("a task keeps no more memory than the plan of memory says") {
    machine::facts facts;
    facts.caches = {{1, 32 << 10, 1}, {2, 1 << 20, 1}};
    facts.memory_bytes = std::uint64_t{1} << 30;
    for (const auto& one : services_of(facts, true, 2)) {
        CAPTURE(one.name + " " + one.level);
        data_pool memory{4096};
        const auto before = ::mallinfo2();
        const auto work = one.make(memory);
        CHECK(work->call(1) > 0);
        const auto after = ::mallinfo2();
        CHECK(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd <= one.bytes_kept);
    }
}

TEST_CASE("services and kernels together stay below the cgroup's limit, whatever it is") {
    auto facts = recorded("m7i-2xlarge-pod", "x86_64");
    for (const std::size_t threads : {1, 2, 8, 64}) {
        for (std::uint64_t limit = 16; limit <= 65'536; limit *= 2) {
            CAPTURE(threads);
            CAPTURE(limit);
            facts.memory_limit_bytes = limit << 20;
            const auto planned = plan_services(facts, false, threads);
            CHECK(planned.subjects.size() + planned.left_out.size() ==
                  services_of(facts, false, threads).size());
            std::uint64_t kept = 0;
            for (const auto& one : planned.subjects) kept += one.bytes_kept * threads;
            // What the services take is the kernels' no more, and costs them no level.
            CHECK(kept + *planned.beside.memory_limit_bytes == limit << 20);
            CHECK(kept <= *memory_beside_program(facts) / 2);
            CHECK(levels_of(planned.beside, false).size() == levels_of(facts, false).size());
        }
    }
    facts.memory_limit_bytes = std::uint64_t{64} << 20;
    const auto tight = plan_services(facts, false, 8);
    REQUIRE_FALSE(tight.left_out.empty());
    CHECK(tight.left_out.front() ==
          "tls_handshake is left out: its 4 MiB on each of 8 threads have no room beside the "
          "kernels' data; the cgroup's memory limit is 64 MiB");
    facts.memory_limit_bytes = std::uint64_t{64} << 30;
    CHECK(plan_services(facts, false, 8).left_out.empty());
    facts.memory_limit_bytes.reset();
    const auto free = plan_services(facts, false, 8);
    CHECK(free.left_out.empty());
    CHECK(free.beside.memory_limit_bytes == std::nullopt);
}

TEST_CASE("what is large goes first where memory is short: the small works stay") {
    auto facts = recorded("m7i-2xlarge-pod", "x86_64");
    facts.memory_limit_bytes = std::uint64_t{1} << 30;
    const auto planned = plan_services(facts, false, 8);
    std::set<std::string> names;
    for (const auto& one : planned.subjects) names.insert(one.name);
    CHECK(names.contains("tls_handshake"));
    CHECK(names.contains("json_parse"));
    for (const auto& sentence : planned.left_out) {
        CHECK((sentence.starts_with("hash_lookup") || sentence.starts_with("pointer_chase in ") ||
               sentence.starts_with("random_read in ")));
    }
    CHECK_FALSE(planned.left_out.empty());
}

TEST_CASE("a chase runs through each level beyond the first, as large as a thread's share of it") {
    const auto facts = recorded("epyc-guest", "x86_64");
    std::vector<std::string> levels;
    for (const auto& one : services_of(facts, true, 8)) {
        if (one.name == "pointer_chase") levels.push_back(one.level + " " + one.parameters);
    }
    REQUIRE(levels.size() >= 3);
    CHECK(levels.front().starts_with("L2 bytes:"));
    CHECK(levels.back().starts_with("DRAM bytes:"));
}
