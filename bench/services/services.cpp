#include "services.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// Of a task whose data are what they are: contexts of its library, what it works on, what it
/// makes, with room to spare [services].
constexpr std::size_t bytes_small = 4 * mebibyte;

/// A million entries of 16 bytes in a table that Boost grows to the next power of two.
constexpr std::size_t bytes_of_table = 40 * mebibyte;

subject service(const char* name, const char* group, const char* unit, const char* parameters,
                task_maker make, std::size_t bytes_kept = bytes_small) {
    return {.kind = "service",
            .name = name,
            .level = "",
            .parameters = parameters,
            .operations_per_item = 0,
            .bytes_per_item = 0,
            .make = keeping(std::move(make)),
            .group = group,
            .unit = unit,
            .bytes_kept = bytes_kept};
}

void add_memory_levels(const machine::facts& facts, bool quick, std::size_t threads,
                       std::vector<subject>& found) {
    for (const auto& at : levels_of(facts, quick)) {
        const auto bytes = bytes_per_thread(facts, at, threads);
        const auto add = [&](const char* name, const char* unit, task_maker make) {
            // The order of a chase takes 4 bytes a line while it is made.
            auto one =
                service(name, "memory", unit, "", std::move(make), bytes + bytes / 16 + 4096);
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
        service("hash_lookup", "memory", "lookups", "entries:1000000", hash_lookup_task,
                bytes_of_table)};
    add_memory_levels(facts, quick, threads, found);
    return found;
}

planned_services plan_services(const machine::facts& facts, bool quick, std::size_t threads) {
    auto all = services_of(facts, quick, threads);
    planned_services found{.subjects = {}, .left_out = {}, .beside = facts};
    const auto room = memory_beside_program(facts);
    if (!room) {
        found.subjects = std::move(all);
        return found;
    }
    const auto levels = levels_of(facts, quick).size();
    // Small ones first, so that the most of them fit.
    std::vector<const subject*> by_size;
    for (const auto& one : all) by_size.push_back(&one);
    std::ranges::stable_sort(by_size, {}, &subject::bytes_kept);
    std::set<const subject*> fitting;
    for (const auto* one : by_size) {
        const auto wanted = std::uint64_t{one->bytes_kept} * threads;
        const auto taken = *facts.memory_limit_bytes - *found.beside.memory_limit_bytes + wanted;
        if (taken > *room / 2) continue;
        auto then = facts;
        *then.memory_limit_bytes -= taken;
        if (levels_of(then, quick).size() != levels) continue;
        found.beside = std::move(then);
        fitting.insert(one);
    }
    for (auto& one : all) {
        if (fitting.contains(&one)) {
            found.subjects.push_back(std::move(one));
            continue;
        }
        const auto in_mebibytes = [](std::uint64_t bytes) {
            return std::to_string((bytes + mebibyte - 1) / mebibyte) + " MiB";
        };
        found.left_out.push_back(
            one.name + (one.level.empty() ? "" : " in " + one.level) + " is left out: its " +
            in_mebibytes(one.bytes_kept) + " on each of " + std::to_string(threads) +
            (threads == 1 ? " thread" : " threads") +
            " have no room beside the kernels' data; the cgroup's memory limit is " +
            in_mebibytes(*facts.memory_limit_bytes));
    }
    return found;
}

void write_samples(const std::string& folder) {
    write(folder + "/text.txt", sample_text(sample_seed, 262'144));
    write(folder + "/orders.json", sample_json(sample_seed, 100'000));
}

}  // namespace lanewise::bench
