#include "bench/services/services.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "bench/documents/sha256.hpp"
#include "bench/services/sample_data.hpp"

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
