#include "services.hpp"

#include <cerrno>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include "bench/measure/workload.hpp"
#include "sample_data.hpp"
#include "service_tasks.hpp"

namespace lanewise::bench {
namespace {

/// Tasks by the memory, which is the thread's, that they are made for: a table of a million entries
/// is not filled again for each repetition.
class kept_tasks {
public:
    explicit kept_tasks(task_maker make) : make_{std::move(make)} {}

    task& of(const data_pool& memory) {
        {
            const std::scoped_lock lock{guard_};
            if (const auto known = tasks_.find(&memory); known != tasks_.end())
                return *known->second;
        }
        // Made without the lock, on the thread that uses it: all threads make theirs at once.
        auto made = make_();
        const std::scoped_lock lock{guard_};
        return *tasks_.emplace(&memory, std::move(made)).first->second;
    }

private:
    task_maker make_;
    std::mutex guard_;
    std::map<const data_pool*, std::unique_ptr<task>> tasks_;
};

class kept_task : public task {
public:
    explicit kept_task(task& held) : held_{held} {}
    double call(std::int64_t times) override { return held_.call(times); }
    [[nodiscard]] double seconds_beside() const override { return held_.seconds_beside(); }

private:
    task& held_;
};

placed_maker keeping(task_maker make) {
    auto kept = std::make_shared<kept_tasks>(std::move(make));
    return [kept](data_pool& memory) { return std::make_unique<kept_task>(kept->of(memory)); };
}

subject service(const char* name, const char* group, const char* unit, const char* parameters,
                task_maker make) {
    return {.kind = "service",
            .name = name,
            .level = "",
            .parameters = parameters,
            .operations_per_item = 0,
            .bytes_per_item = 0,
            .make = keeping(std::move(make)),
            .group = group,
            .unit = unit};
}

void add_memory_levels(const machine::facts& facts, bool quick, std::size_t threads,
                       std::vector<subject>& found) {
    for (const auto& at : levels_of(facts, quick)) {
        const auto bytes = bytes_per_thread(facts, at, threads);
        const auto add = [&](const char* name, const char* unit, task_maker make) {
            auto one = service(name, "memory", unit, "", std::move(make));
            one.level = at.name;
            one.parameters = "bytes:" + std::to_string(bytes);
            found.push_back(std::move(one));
        };
        if (at.name != "L1")
            add("pointer_chase", "loads", [bytes] { return pointer_chase_task(bytes); });
        if (at.name == "DRAM")
            add("random_read", "reads", [bytes] { return random_read_task(bytes); });
    }
}

void write(const std::string& file, const std::string& text) {
    std::ofstream to{file, std::ios::binary | std::ios::trunc};
    to << text << std::flush;
    if (!to) throw std::system_error{errno, std::generic_category(), file};
}

}  // namespace

std::vector<subject> services_of(const machine::facts& facts, bool quick, std::size_t threads) {
    std::vector<subject> found{
        service("tls_handshake", "crypto", "handshakes", "TLS 1.3, P-256", tls_handshake_task),
        service("aes_256_gcm", "crypto", "bytes", "message:16384", aes_256_gcm_task),
        service("chacha20_poly1305", "crypto", "bytes", "message:16384", chacha20_poly1305_task),
        service("sha256", "crypto", "bytes", "message:16384", sha256_task),
        service("x25519", "crypto", "secrets", "", x25519_task),
        service("zstd_compress", "compression", "bytes", "level:3/text:262144", zstd_compress_task),
        service("zstd_decompress", "compression", "bytes", "level:3/text:262144",
                zstd_decompress_task),
        service("gzip_compress", "compression", "bytes", "level:6/text:262144", gzip_compress_task),
        service("gzip_decompress", "compression", "bytes", "level:6/text:262144",
                gzip_decompress_task),
        service("json_parse", "parsing", "bytes", "text:100000", json_parse_task),
        service("json_write", "parsing", "bytes", "text:100000", json_write_task),
        service("sort_u64", "memory", "keys", "n:65536", sort_task),
        service("hash_lookup", "memory", "lookups", "entries:1000000", hash_lookup_task)};
    add_memory_levels(facts, quick, threads, found);
    return found;
}

void write_samples(const std::string& folder) {
    write(folder + "/text.txt", sample_text(sample_seed, 262'144));
    write(folder + "/orders.json", sample_json(sample_seed, 100'000));
}

}  // namespace lanewise::bench
