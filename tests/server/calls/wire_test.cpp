// Octets to arrays, and sizes: those of a parameter, of a length, and those that fit nothing.
#include "server/calls/wire.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace lanewise;
using namespace lanewise::server;

namespace {

constexpr kernels::parameter one_parameter[] = {
    {"n", "number of elements", 0, std::numeric_limits<std::uint32_t>::max(), {}}};
constexpr kernels::dimension along_n[] = {{0}};

// A kernel that nobody runs.
const kernels::kernel& kernel_of_floats() {
    static constexpr kernels::array arrays[] = {{"result", kernels::element_type::f32, along_n}};
    static constexpr kernels::kernel kernel = {"test", "",      one_parameter, arrays,  arrays,
                                               1,      along_n, nullptr,       nullptr, nullptr};
    return kernel;
}

constexpr std::size_t elements_max = 1 << 20;

}  // namespace

TEST_CASE("octets at an odd address are copied to where an element may stand") {
    body_pool pool(1 << 20);
    const std::vector<float> values = {1, 2, 3, 4};
    std::vector<std::byte> bytes(64);
    for (std::size_t offset = 0; offset < 8; ++offset) {
        std::memcpy(bytes.data() + offset, values.data(), 16);
        const auto read =
            wire::from_octets(kernel_of_floats(), {4}, {bytes.data() + offset, 16}, pool);
        REQUIRE(read.has_value());
        CHECK(reinterpret_cast<std::uintptr_t>(read->inputs[0]) % alignof(float) == 0);
        CHECK(std::memcmp(read->inputs[0], values.data(), 16) == 0);
    }
}

TEST_CASE(
    "a length that fits no size is refused for every kernel, and one that fits gives it back") {
    for (const auto& kernel : kernels::catalogue()) {
        CAPTURE(kernel.name);
        wire::given_parameters given(kernel.parameters.size());
        for (std::size_t bytes = 0; bytes < 200; ++bytes) {
            const auto sizes = wire::complete_by_length(kernel, given, bytes);
            if (!sizes) {
                CHECK(sizes.error().status == 422);
                continue;
            }
            std::size_t total = 0;
            for (const auto& array : kernel.inputs) {
                total +=
                    kernels::extent(array.dimensions, *sizes) * kernels::element_bytes(array.type);
            }
            CHECK(total == bytes);
        }
        // Sizes whose product overflows fit no length either.
        for (auto& one : given) one = std::numeric_limits<std::uint64_t>::max();
        CHECK_FALSE(wire::complete_by_length(kernel, given, 8).has_value());
        wire::parameters largest(kernel.parameters.size(),
                                 std::numeric_limits<std::uint64_t>::max());
        CHECK_FALSE(wire::check(kernel, largest, elements_max, true).has_value());
    }
}

TEST_CASE("a size is found by the length beside what has another, and told so where it fits none") {
    const auto& kernel = *kernels::find_kernel("convolve_f32");  // of 25 weights beside the image
    const wire::given_parameters three_rows{3, std::nullopt};
    const auto sizes = wire::complete_by_length(kernel, three_rows, (3 * 4 + 25) * sizeof(float));
    REQUIRE(sizes.has_value());
    CHECK((*sizes)[1] == 4);
    const auto refused = wire::complete_by_length(kernel, three_rows, 3 * 4 * sizeof(float));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().detail.ends_with(
        ": the inputs of convolve_f32 are image f32[height*width], weights f32[5*5], 100 bytes and "
        "12 bytes for each width"));
    const auto of_floats = wire::complete_by_length(kernel_of_floats(), {std::nullopt}, 5);
    REQUIRE_FALSE(of_floats.has_value());
    CHECK(
        of_floats.error().detail.ends_with(": the inputs of test are result f32[n], 4 bytes for "
                                           "each n"));
}

TEST_CASE("a size that a length tells has the range of one that is given") {
    static constexpr kernels::parameter two_to_ten[] = {{"n", "", 2, 10, {}}};
    static constexpr kernels::array bytes[] = {{"x", kernels::element_type::u8, along_n}};
    static constexpr kernels::kernel kernel = {"test", "",      two_to_ten, bytes,   bytes,
                                               1,      along_n, nullptr,    nullptr, nullptr};
    for (const std::size_t length : {2, 10})
        CHECK((*wire::complete_by_length(kernel, {std::nullopt}, length))[0] == length);
    for (const std::size_t length : {0, 1, 11}) {
        const auto refused = wire::complete_by_length(kernel, {std::nullopt}, length);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().pointer == "n");
        CHECK(refused.error().detail.find("from 2 to 10") != std::string::npos);
    }
}

TEST_CASE(
    "a parameter is a whole number within its range, and what is shown of a wrong one is short") {
    const kernels::parameter k{"k", "how many", 2, 10, {}};
    CHECK(*wire::parse_parameter(k, "2") == 2);
    CHECK(*wire::parse_parameter(k, "10") == 10);
    CHECK(*wire::parse_parameter(k, "007") == 7);
    for (const char* text : {"", "1", "11", "-2", "+2", "2.0", " 2", "2 ", "0x2", "2e0", "two",
                             "18446744073709551618", "99999999999999999999999"}) {
        CAPTURE(text);
        const auto value = wire::parse_parameter(k, text);
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error().status == 422);
        CHECK(value.error().pointer == "k");
        CHECK(value.error().detail.find("from 2 to 10") != std::string::npos);
        CHECK(value.error().detail.find('"' + std::string{text} + '"') != std::string::npos);
    }
    const auto cut = wire::parse_parameter(k, std::string(10'000, '9')).error().detail;
    CHECK(cut.size() < 200);
    CHECK(cut.find("9…\"") != std::string::npos);
    for (std::size_t size = 30; size < 200; ++size) {  // what is there whole is not said to be cut
        const std::string sent(size, '9');
        const auto detail = wire::parse_parameter(k, sent).error().detail;
        CHECK((detail.find(sent) != std::string::npos) == (detail.find("…") == std::string::npos));
    }
    // It ends where its text does, whatever stands behind that.
    CHECK(*wire::parse_parameter(k, std::string_view{"78"}.substr(0, 1)) == 7);
}

TEST_CASE("a reply in JSON fits the memory taken for it: the longest numbers, many long names") {
    static constexpr kernels::array outputs[] = {
        {"the_first_of_several_outputs_with_a_long_name", kernels::element_type::f32, along_n},
        {"the_second_of_several_outputs_with_a_long_name", kernels::element_type::i8, along_n},
        {"the_third_of_several_outputs_with_a_long_name", kernels::element_type::i64, along_n},
        {"the_fourth_of_several_outputs_with_a_long_name", kernels::element_type::u64, along_n},
        {"the_fifth_of_several_outputs_with_a_long_name", kernels::element_type::f32, along_n}};
    static constexpr kernels::kernel kernel = {"test", "",      one_parameter, {},      outputs,
                                               1,      along_n, nullptr,       nullptr, nullptr};
    // Memory comes in steps: of so many counts, some end right at one.
    for (std::uint64_t count = 0; count <= 300; ++count) {
        CAPTURE(count);
        body_pool pool(1 << 20);
        std::vector<float> floats(count, -1.17549435e-38F);
        std::vector<std::int8_t> bytes(count, -128);
        std::vector<std::int64_t> wide(count, std::numeric_limits<std::int64_t>::min());
        std::vector<std::uint64_t> widest(count, std::numeric_limits<std::uint64_t>::max());
        void* const arrays[] = {floats.data(), bytes.data(), wide.data(), widest.data(),
                                floats.data()};
        const std::uint64_t sizes[] = {count};
        const auto text = wire::to_json(kernel, sizes, arrays, pool);
        REQUIRE(text.has_value());
        CHECK(text->size() <= text->capacity());
        CHECK(text->text().ends_with("]}\n"));
        // And not far more than that: a reply is charged for what was taken.
        CHECK(text->capacity() <= 2 * text->size() + 128);
    }
}
