#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "bench/figures/statistics.hpp"
#include "sample_data.hpp"
#include "service_tasks.hpp"

namespace lanewise::bench {
namespace {

constexpr std::size_t keys_sorted = 1 << 16;
constexpr std::size_t entries = 1'000'000;
constexpr std::int64_t steps_of_call = 1024;  // so that the clock does not show

struct alignas(64) line {
    std::uint64_t next = 0;
    std::uint64_t values[7]{};
};

/// Sattolo's shuffle: one cycle through all lines, so that a chase meets each before any again.
std::vector<line> one_cycle(std::size_t bytes) {
    std::vector<line> lines(std::max<std::size_t>(2, bytes / sizeof(line)));
    std::vector<std::uint32_t> order(lines.size());
    std::iota(order.begin(), order.end(), 0U);
    random_source random{sample_seed};
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i)]);
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i].next = order[i];
    return lines;
}

class chase : public task {
public:
    explicit chase(std::size_t bytes) : lines_{one_cycle(bytes)} {}
    double call(std::int64_t times) override {
        const line* lines = lines_.data();
        for (std::int64_t i = 0; i < times * steps_of_call; ++i) at_ = lines[at_].next;
        asm volatile("" : : "r"(at_));
        return static_cast<double>(times * steps_of_call);
    }

private:
    std::vector<line> lines_;
    std::uint64_t at_ = 0;
};

class random_reads : public task {
public:
    explicit random_reads(std::size_t bytes)
        : lines_(std::max<std::size_t>(2, bytes / sizeof(line))) {
        for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i].next = i;
    }
    double call(std::int64_t times) override {
        std::uint64_t sum = 0;
        for (std::int64_t i = 0; i < times * steps_of_call; ++i) {
            const auto& one = lines_[random_.below(lines_.size())];
            sum += one.next;
            for (const auto value : one.values) sum += value;
        }
        asm volatile("" : : "r"(sum));
        return static_cast<double>(times * steps_of_call);
    }

private:
    std::vector<line> lines_;
    random_source random_{sample_seed};
};

class sorting : public task {
public:
    sorting() : keys_(keys_sorted), sorted_(keys_sorted) {
        random_source random{sample_seed};
        for (auto& key : keys_) key = random.bits();
    }
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            std::ranges::copy(keys_, sorted_.begin());
            std::ranges::sort(sorted_);
            asm volatile("" : : "r"(sorted_.data()) : "memory");
        }
        return static_cast<double>(times) * static_cast<double>(keys_sorted);
    }

private:
    std::vector<std::uint64_t> keys_, sorted_;
};

class lookups : public task {
public:
    lookups() {
        table_.reserve(entries);
        // The keys that are in the table are odd: half of those that are drawn are.
        for (std::size_t i = 0; i < entries; ++i) table_.emplace(2 * i + 1, i);
    }
    double call(std::int64_t times) override {
        std::uint64_t sum = 0;
        for (std::int64_t i = 0; i < times * steps_of_call; ++i) {
            const auto found = table_.find(random_.below(2 * entries));
            if (found != table_.end()) sum += found->second;
        }
        asm volatile("" : : "r"(sum));
        return static_cast<double>(times * steps_of_call);
    }

private:
    boost::unordered_flat_map<std::uint64_t, std::uint64_t> table_;
    random_source random_{sample_seed + 1};
};

}  // namespace

std::unique_ptr<task> pointer_chase_task(std::size_t bytes) {
    return std::make_unique<chase>(bytes);
}
std::unique_ptr<task> random_read_task(std::size_t bytes) {
    return std::make_unique<random_reads>(bytes);
}
std::unique_ptr<task> sort_task() {
    return std::make_unique<sorting>();
}
std::unique_ptr<task> hash_lookup_task() {
    return std::make_unique<lookups>();
}

}  // namespace lanewise::bench
