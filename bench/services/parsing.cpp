#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "sample_data.hpp"
#include "service_tasks.hpp"

namespace lanewise::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t text_bytes = 100'000;

class parsing : public task {
public:
    parsing() : text_{sample_json(sample_seed, text_bytes)} {}
    double call(std::int64_t times) override {
        for (std::int64_t i = 0; i < times; ++i) {
            const auto value = json::parse(text_);
            asm volatile("" : : "r"(&value) : "memory");
        }
        return static_cast<double>(times) * static_cast<double>(text_.size());
    }

private:
    std::string text_;
};

class writing : public task {
public:
    writing() : value_{json::parse(sample_json(sample_seed, text_bytes))} {}
    double call(std::int64_t times) override {
        double bytes = 0;
        for (std::int64_t i = 0; i < times; ++i) {
            const auto text = json::serialize(value_);
            asm volatile("" : : "r"(text.data()) : "memory");
            bytes += static_cast<double>(text.size());
        }
        return bytes;
    }

private:
    json::value value_;
};

}  // namespace

std::unique_ptr<task> json_parse_task() {
    return std::make_unique<parsing>();
}
std::unique_ptr<task> json_write_task() {
    return std::make_unique<writing>();
}

}  // namespace lanewise::bench
