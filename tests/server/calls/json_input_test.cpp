// JSON to arrays and back: every element type, any bit pattern, and texts that are no JSON or no
// arrays.
#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "server/calls/json_reading.hpp"
#include "server/calls/number_text.hpp"
#include "server/calls/quick_numbers.hpp"
#include "server/calls/wire.hpp"

using namespace lanewise;
using namespace lanewise::server;
using kernels::element_type;

namespace {

constexpr kernels::parameter one_parameter[] = {
    {"n", "number of elements", 0, std::numeric_limits<std::uint32_t>::max(), {}}};
constexpr kernels::dimension along_n[] = {{0}};

// A kernel that nobody runs: its one input has the name of its one output in JSON, so that what was
// printed can be read again.
template <element_type Type>
const kernels::kernel& kernel_of() {
    static constexpr kernels::array arrays[] = {{"result", Type, along_n}};
    static constexpr kernels::kernel kernel = {"test", "",      one_parameter, arrays,  arrays,
                                               1,      along_n, nullptr,       nullptr, nullptr};
    return kernel;
}

constexpr std::size_t elements_max = 1 << 20;

template <class T>
std::string printed(const kernels::kernel& kernel, std::vector<T> values, body_pool& pool) {
    const std::uint64_t sizes[] = {values.size()};
    void* outputs[] = {values.data()};
    auto text = wire::to_json(kernel, sizes, outputs, pool);
    REQUIRE(text.has_value());
    CHECK(text->size() <= text->capacity());  // nothing was written beyond what was taken
    return std::string{text->text()};
}

template <class T>
std::vector<T> parsed(const kernels::kernel& kernel, std::string_view text, body_pool& pool) {
    auto read = wire::from_json(kernel, {std::nullopt}, text, elements_max, pool);
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().detail));
    std::vector<T> values(read->sizes[0]);
    if (!values.empty()) std::memcpy(values.data(), read->inputs[0], values.size() * sizeof(T));
    return values;
}

int status_of(const kernels::kernel& kernel, std::string_view text) {
    body_pool pool(1 << 24);
    const auto read = wire::from_json(kernel, {std::nullopt}, text, elements_max, pool);
    return read ? 200 : read.error().status;
}

template <class T>
void check_round_trip(const kernels::kernel& kernel, const std::vector<T>& values) {
    body_pool pool(std::size_t{1} << 28);
    const auto again = parsed<T>(kernel, printed(kernel, values, pool), pool);
    REQUIRE(again.size() == values.size());
    CHECK(std::memcmp(again.data(), values.data(), values.size() * sizeof(T)) == 0);
}

template <class T>
std::vector<T> extremes_and_random() {
    std::vector<T> values = {0, 1, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    std::mt19937_64 random(7);
    for (int i = 0; i < 1'000; ++i) values.push_back(static_cast<T>(random()));
    return values;
}

}  // namespace

namespace {

// Whether the quick reader takes the text; then the strict one has to, with the same bits.
bool read_alike(const kernels::kernel& kernel, std::string_view text) {
    body_pool pool(1 << 24);
    const auto plain = wire::read_plainly(kernel, text, elements_max, pool);
    if (!plain) return false;
    const auto strict = wire::read_strictly(kernel, text, elements_max, pool);
    CAPTURE(std::string{text});
    REQUIRE_MESSAGE(strict.has_value(), (strict ? "" : strict.error().detail));
    CHECK(plain->given == strict->given);
    for (std::size_t i = 0; i < plain->arrays.size(); ++i) {
        const auto& one = plain->arrays[i];
        const auto& other = strict->arrays[i];
        CHECK(one.seen == other.seen);
        CHECK(one.elements == other.elements);
        CHECK(one.memory.text() == other.memory.text());
    }
    return true;
}

}  // namespace

TEST_CASE("the quick reader takes what programs write, and leaves the rest to the strict one") {
    const auto& floats = kernel_of<element_type::f32>();
    for (const char* text :
         {R"({"result":[]})", R"({})", R"({"result":[1]})",
          R"({"result":[-0,0,0.5,-1.25e-3,1E+5]})",
          " {\n\"n\" : 3 ,\t\"result\" : [ 1 , 2.0 ,\r\n 3e0 ] } ", R"({"n":0})"}) {
        CAPTURE(text);
        CHECK(read_alike(floats, text));
    }
    for (const char* text : {"",
                             " ",
                             "{",
                             "[1]",
                             "{}x",
                             "{},",
                             R"({"result":[1],})",
                             R"({"result":[1,]})",
                             R"({"result":[,1]})",
                             R"({"result":[1 2]})",
                             R"({"result":[01]})",
                             R"({"result":[-]})",
                             R"({"result":[-01]})",
                             R"({"result":[00]})",
                             R"({"result":[.5]})",
                             R"({"result":[1.]})",
                             R"({"result":[1.e3]})",
                             R"({"result":[1e]})",
                             R"({"result":[1e+]})",
                             R"({"result":[+1]})",
                             R"({"result":[inf]})",
                             R"({"result":[-nan]})",
                             R"({"result":[0x1]})",
                             R"({"result":["NaN"]})",
                             R"({"result":[1e39]})",
                             R"({"result":[1e-400]})",
                             R"({"result":[[1]]})",
                             R"({"result":1})",
                             R"({"result":[1])",
                             R"({"result":[1})",
                             R"({"n":01})",
                             R"({"n":1.0})",
                             R"({"n":-1})",
                             R"({"n":1,"n":1})",
                             R"({"n":[1]})",
                             R"({"n":})",
                             R"({"n":1,"n":})",
                             R"({"})",
                             R"({"result":[1],"result":[1]})",
                             R"({"result":[1],"result":[})",
                             R"({"x":[1]})",
                             R"({"res\u0075lt":[1]})",
                             R"({result:[1]})",
                             "\xef\xbb\xbf{}"}) {
        CAPTURE(text);
        CHECK_FALSE(read_alike(floats, text));
    }
    CHECK(read_alike(kernel_of<element_type::u8>(), R"({"result":[0,255]})"));
    for (const char* text : {"256", "-1", "1.0", "1e0", "-0.0"}) {
        CAPTURE(text);
        CHECK_FALSE(
            read_alike(kernel_of<element_type::u8>(), "{\"result\":[" + std::string{text} + "]}"));
    }
}

TEST_CASE("whatever bytes change in a body, the quick reader takes nothing that is not JSON") {
    constexpr std::string_view alphabet = "0123456789.-+eE,:[]{}\"\\ \t\nnrx/\xff";
    const std::string whole = R"({"n":3,"result":[0.125,-17,2.5e-3]})";
    const std::string far(64, ' ');
    std::mt19937 random(13);
    int taken = 0;
    for (int i = 0; i < 30'000; ++i) {
        std::string text = whole;
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
            const auto at = random() % text.size();
            const char byte = alphabet[random() % alphabet.size()];
            switch (random() % 3) {
                case 0:
                    text[at] = byte;
                    break;
                case 1:
                    text.insert(at, 1, byte);
                    break;
                default:
                    text.erase(at, 1);
            }
        }
        // Near the end of a body, and far from it, numbers are read in different ways.
        for (const std::string_view behind : {std::string_view{}, std::string_view{far}}) {
            const std::string body = text + std::string{behind};
            taken += read_alike(kernel_of<element_type::f32>(), body) ? 1 : 0;
            read_alike(kernel_of<element_type::i32>(), body);
            read_alike(kernel_of<element_type::u8>(), body);
        }
    }
    CHECK(taken > 5'000);
}

TEST_CASE("the quick reader rounds decimal numbers as the strict one does, half way or not") {
    std::mt19937_64 random(17);
    std::string text = "{\"result\":[16777217,-16777219,8388608.5,8388609.5,0.000000000000001";
    for (int i = 0; i < 100'000; ++i) {
        std::string digits = std::to_string(random() % 10'000'000'000'000'000U);
        digits.resize(1 + random() % digits.size());
        const auto point = random() % digits.size();
        if (point > 0) digits.insert(point, ".");
        if (digits[0] == '0' && digits.size() > 1 && digits[1] != '.') continue;
        text += (i % 2 == 0 ? ",-" : ",") + digits;
        // Whole numbers half way between two floats, which lie eight apart there, and their
        // neighbours.
        const std::uint64_t half_way = (random() % (1U << 23) + (1U << 23)) * 8 + 4;
        text += "," + std::to_string(half_way) + "," + std::to_string(half_way + random() % 3 - 1) +
                ".000001";
    }
    text += "]}";
    CHECK(read_alike(kernel_of<element_type::f32>(), text));
}

TEST_CASE(
    "the quick reader takes floats and doubles as programs write them, to the nearest float") {
    std::mt19937_64 random(19);
    std::string text = "{\"result\":[0";
    const auto add = [&text](double value, auto... format) {
        char digits[400];
        const auto end = std::to_chars(digits, digits + sizeof digits, value, format...).ptr;
        text.append(", ").append(digits, end);
    };
    for (int i = 0; i < 50'000; ++i) {
        // Any float but those that print as no number; and the middle to the next one.
        const auto bits = static_cast<std::uint32_t>(random()) & 0xff7fffffU;
        const double value = std::bit_cast<float>(bits);
        const double next = std::bit_cast<float>(bits + 1);
        if (std::abs(next) > std::numeric_limits<float>::max()) continue;
        add(value);
        add(value, std::chars_format::scientific, 8);
        add(value / 2 + next / 2, std::chars_format::scientific);
        add(value / 2 + next / 2, std::chars_format::scientific, 17);
        // What a program makes of doubles around one.
        const double around_one = static_cast<double>(random() >> 11) * 0x1p-52 - 1;
        add(around_one);
        add(around_one * 1'000, std::chars_format::fixed, static_cast<int>(random() % 20));
    }
    text += "]}";
    CHECK(read_alike(kernel_of<element_type::f32>(), text));
}

TEST_CASE("a number as programs write them is read at once, far from the end of its text") {
    // Whether it was, by its value and the place behind it.
    const auto reads = []<class T>(const std::string& number, T expected) {
        const auto text = number + "," + std::string(wire::quick_numbers::readable_bytes, ' ');
        T value = 99;
        const char* const end = wire::quick_numbers::read(text.data(), value);
        return end == text.data() + number.size() && value == expected;
    };
    CHECK(reads("0", std::uint8_t{0}));
    CHECK(reads("255", std::uint8_t{255}));
    CHECK(reads("-128", std::int8_t{-128}));
    CHECK(reads("127", std::int8_t{127}));
    CHECK(reads("-1234567", std::int32_t{-1'234'567}));
    CHECK(reads("9999999", std::uint64_t{9'999'999}));
    for (const auto& [number, value] : {std::pair{"0", 0.0F},
                                        {"-7", -7.0F},
                                        {"1234567", 1234567.0F},
                                        {"0.5", 0.5F},
                                        {"-1234.567", -1234.567F},
                                        {"123456.78", 123456.78F},
                                        {"0.12345678", 0.12345678F},
                                        {"0.123456789012345", 0.123456789012345F},
                                        {"0.1234567890123456", 0.1234567890123456F},
                                        {"12.34567890123456789", 12.34567890123456789F},
                                        {"1.17549435e-37", 1.17549435e-37F},
                                        {"-1e10", -1e10F},
                                        {"2.5E+3", 2500.0F},
                                        {"0e48", 0.0F},
                                        {"1e38", 1e38F},
                                        {"1.234567890123456789e-30", 1.234567890123456789e-30F},
                                        {"2e37", 2e37F}}) {
        CAPTURE(number);
        CHECK(reads(number, value));
    }
    const auto leaves = []<class T>(const std::string& number, T value) {
        const auto text = number + "," + std::string(wire::quick_numbers::readable_bytes, ' ');
        const char* const end = wire::quick_numbers::read(text.data(), value);
        return end == nullptr || *end != ',';
    };
    for (const char* number : {"", "-", "00", "01", "-01", "+1", "a", "256", "-1", "1.5"})
        CHECK_MESSAGE(leaves(number, std::uint8_t{}), number);
    for (const char* number :
         {"", "-", ".5", "1.", "1.e3", "01.5", "1e", "1e-", "1e+", "--1", "1e39", "3.5e38", "1e45",
          "1e-40", "1e-45", "1e99", "9e999", "1e0001", "1.2345678901234567890123"})
        CHECK_MESSAGE(leaves(number, float{}), number);
}

TEST_CASE("a body beyond the most elements is refused by its place, however it is read") {
    body_pool pool(1 << 24);
    std::string text = "{\"result\":[0";
    for (int i = 1; i < 3'001; ++i) text += "," + std::to_string(i);
    text += "]}";
    const auto& kernel = kernel_of<element_type::f32>();
    CHECK(wire::from_json(kernel, {std::nullopt}, text, 3'001, pool).has_value());
    const auto refused = wire::from_json(kernel, {std::nullopt}, text, 3'000, pool);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 422);
    CHECK(refused.error().pointer == "/result/3000");
    CHECK(pool.bytes_in_use() == 0);
    // What stands where the next element would be is looked at too.
    CHECK_FALSE(wire::read_plainly(kernel, R"({"result":[1,2,3,})", 3, pool).has_value());
}

TEST_CASE(
    "a body takes memory for the elements that its text can hold, and no more than there is") {
    std::string text = "{\"result\":[1";
    for (int i = 1; i < 100; ++i) text += ",1";
    text += "]}";
    body_pool enough(512), short_of_it(256);
    const auto& kernel = kernel_of<element_type::f32>();
    CHECK(wire::read_plainly(kernel, text, elements_max, enough).has_value());
    CHECK(enough.bytes_in_use() == 0);
    body_pool none(0);
    CHECK_FALSE(
        wire::read_plainly(kernel, R"({"result":[,"n":1})", elements_max, none).has_value());
    // By the strict reader too, which this name is for.
    const auto escaped = "{\"res\\u0075lt" + text.substr(8);
    CHECK(wire::from_json(kernel, {std::nullopt}, escaped, elements_max, enough).has_value());
    for (const auto& one : {text, escaped}) {
        const auto refused =
            wire::from_json(kernel, {std::nullopt}, one, elements_max, short_of_it);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().status == 503);
        CHECK(short_of_it.bytes_in_use() == 0);
    }
}

TEST_CASE("every integer type comes back from JSON as it was printed") {
    check_round_trip(kernel_of<element_type::i8>(), extremes_and_random<std::int8_t>());
    check_round_trip(kernel_of<element_type::u8>(), extremes_and_random<std::uint8_t>());
    check_round_trip(kernel_of<element_type::i32>(), extremes_and_random<std::int32_t>());
    check_round_trip(kernel_of<element_type::u32>(), extremes_and_random<std::uint32_t>());
    check_round_trip(kernel_of<element_type::i64>(), extremes_and_random<std::int64_t>());
    check_round_trip(kernel_of<element_type::u64>(), extremes_and_random<std::uint64_t>());
}

TEST_CASE("a float of any bits comes back from JSON with the same bits") {
    std::mt19937 random(11);
    std::vector<float> values = {0.0F,
                                 -0.0F,
                                 std::numeric_limits<float>::min(),
                                 std::numeric_limits<float>::denorm_min(),
                                 std::numeric_limits<float>::max(),
                                 std::numeric_limits<float>::lowest(),
                                 std::numeric_limits<float>::infinity(),
                                 -std::numeric_limits<float>::infinity(),
                                 0.1F,
                                 1e-45F,
                                 16'777'216.0F};
    while (values.size() < 200'000) {
        const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        if (value == value) values.push_back(value);
    }
    check_round_trip(kernel_of<element_type::f32>(), values);
}

TEST_CASE("NaN and the infinities are strings in JSON, and any NaN is the one NaN") {
    body_pool pool(1 << 20);
    const auto& kernel = kernel_of<element_type::f32>();
    CHECK(printed<float>(kernel, {std::bit_cast<float>(0xffc12345U)}, pool) ==
          "{\"result\":[\"NaN\"]}\n");
    const auto values = parsed<float>(kernel, R"({"result":["NaN","Infinity","-Infinity"]})", pool);
    CHECK(std::bit_cast<std::uint32_t>(values[0]) == 0x7fc00000U);
    CHECK(values[1] == std::numeric_limits<float>::infinity());
    CHECK(values[2] == -std::numeric_limits<float>::infinity());
    for (const char* text :
         {"nan", "NAN", "inf", "infinity", "+Infinity", "", "1", "-NaN", "Infinity "}) {
        CAPTURE(text);
        CHECK(status_of(kernel, "{\"result\":[\"" + std::string(text) + "\"]}") == 422);
    }
    CHECK(status_of(kernel_of<element_type::i32>(), R"({"result":["NaN"]})") == 422);
}

TEST_CASE("a float is read to the nearest, from however many digits") {
    body_pool pool(1 << 20);
    const auto value = [&pool](const std::string& text) {
        return parsed<float>(kernel_of<element_type::f32>(), "{\"result\":[" + text + "]}",
                             pool)[0];
    };
    CHECK(value("1") == 1.0F);
    CHECK(value("-0") == 0.0F);
    CHECK(std::signbit(value("-0")));
    CHECK(value("1.00000005960464477539") == 1.0F);     // half way to the next: to even
    CHECK(value("1.000000059604644775390626") > 1.0F);  // a little more than half way
    CHECK(value("16777217") == 16'777'216.0F);
    CHECK(value("3.4028235e38") == std::numeric_limits<float>::max());
    CHECK(value("340282346638528859811704183484516925440") == std::numeric_limits<float>::max());
    CHECK(value("1e-45") == std::numeric_limits<float>::denorm_min());
    CHECK(value("1e-60") == 0.0F);
    CHECK(value("1e-400") == 0.0F);
    CHECK(std::signbit(value("-1e-400")));
    CHECK(value("0." + std::string(400, '0') + "1") == 0.0F);
    CHECK(value("1" + std::string(30, '0') + "." + std::string(400, '0') + "1e0") == 1e30F);
    for (const char* text : {"1e39", "-1e39", "3.5e38", "1e400", "1e99999999"}) {
        CAPTURE(text);
        CHECK(status_of(kernel_of<element_type::f32>(),
                        "{\"result\":[" + std::string{text} + "]}") == 422);
    }
}

TEST_CASE("RFC 8259, 6: an exponent may have any number of digits") {
    body_pool pool(1 << 20);
    const auto value = [&pool](const std::string& text) {
        return parsed<float>(kernel_of<element_type::f32>(), "{\"result\":[" + text + "]}",
                             pool)[0];
    };
    const std::string nines(20, '9'), zeros(30, '0');
    for (const auto& sign : {"-", ""}) {
        CAPTURE(std::string{sign});
        for (const std::string& text : std::vector<std::string>{
                 "1e-" + nines, "1.5E-" + nines, "0.001e-" + nines, "0e" + nines, "0E+" + nines,
                 "0.000e-" + nines, "0e-2147483648", "0e2147483648", "1e-2147483648",
                 "1e-" + zeros + nines, "0e" + std::string(500, '9')}) {
            CAPTURE(text);
            CHECK(value(sign + text) == 0.0F);
            CHECK(std::signbit(value(sign + text)) == (*sign == '-'));
        }
        for (const std::string& text :
             std::vector<std::string>{"1e" + nines, "1E+" + nines, "0.001e" + nines, "1e2147483648",
                                      "1e" + zeros + nines, "1e+" + std::string(500, '9')}) {
            CAPTURE(text);
            CHECK(status_of(kernel_of<element_type::f32>(),
                            "{\"result\":[1," + (sign + text) + "]}") == 422);
        }
    }
    CHECK(value("1.5e" + zeros + "2") == 150.0F);
    CHECK(value("150e-" + zeros + "2") == 1.5F);
    // Beside others, which stay as they are.
    const auto several = parsed<float>(
        kernel_of<element_type::f32>(),
        "{\"result\":[1e-" + nines + ",2.5e3,-1e-" + nines + ",7,98765432109,0.98765432109]}",
        pool);
    CHECK(several == std::vector<float>{0, 2'500, -0.0F, 7, 98765432109.0F, 0.98765432109F});
    const auto infinite = parsed<float>(kernel_of<element_type::f32>(),
                                        "{\"result\":[2e5,\"Infinity\",1e-" + nines + "]}", pool);
    CHECK(infinite == std::vector<float>{200'000, std::numeric_limits<float>::infinity(), 0});
    // Whoever is refused is told what he sent, and where it stands.
    const auto refused = wire::from_json(kernel_of<element_type::f32>(), {std::nullopt},
                                         "{\"result\":[1,2e" + nines + "]}", 1'000, pool);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 422);
    CHECK(refused.error().pointer == "/result/1");
    CHECK(refused.error().detail.find("2e" + nines + " does not fit") != std::string::npos);
    // What is not JSON stays so, with or without such a number.
    for (const std::string& text : std::vector<std::string>{
             "1e-" + nines + "x", "1e-" + nines + "e1", "01e" + nines, "1e", "1e+-1"}) {
        CAPTURE(text);
        CHECK(status_of(kernel_of<element_type::f32>(), "{\"result\":[" + text + "]}") == 400);
    }
    CHECK(status_of(kernel_of<element_type::i32>(), "{\"result\":[1e-" + nines + "]}") == 422);
    // Behind one that was read, a name begins where it does.
    CHECK(status_of(kernel_of<element_type::f32>(),
                    "{\"n\":1e-" + nines + ",\"result\":[1e-" + nines + "]}") == 422);
    // A name that looks like one is a name.
    for (const std::string& name : {"1e" + nines, "\"1e" + nines}) {
        const auto escaped = name.front() == '"' ? "\\" + name : name;
        const auto unknown = wire::from_json(
            kernel_of<element_type::f32>(), {std::nullopt},
            "{\"result\":[1e-" + nines + "],\"" + escaped + "\":[1e-" + nines + "]}", 1'000, pool);
        REQUIRE_FALSE(unknown.has_value());
        CHECK(unknown.error().status == 422);
        CHECK(unknown.error().pointer == "/" + name);
    }
}

TEST_CASE("an integer ends where its text does, whatever stands behind that") {
    std::int32_t lower = 0;
    CHECK(wire::integer_of(std::string_view{"123"}.substr(0, 2), lower));
    CHECK(lower == 12);
    std::uint64_t upper = 0;
    CHECK(wire::integer_of(std::string_view{"123"}.substr(0, 2), upper));
    CHECK(upper == 12);
    CHECK(wire::integer_of(std::string_view{"184467440737095516150"}.substr(0, 20), upper));
    CHECK(upper == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a float ends where its text does, and its size is told by the exponent or the digits") {
    const auto reads = [](std::string_view text, std::size_t length, float expected) {
        float value = 7;
        return wire::float_of(text.substr(0, length), value) && value == expected;
    };
    const auto refuses = [](std::string_view text, std::size_t length) {
        float value = 7;
        return !wire::float_of(text.substr(0, length), value);
    };
    CHECK(reads("1.25", 3, 1.2F));
    const std::string large = "1" + std::string(49, '0'), small = "0." + std::string(500, '0');
    CHECK(refuses(large + "e-90", 50));
    CHECK(reads(large + "e-90", 54, 1e-41F));
    CHECK(reads(small + "1e1000", 505, 0));
    CHECK(refuses(small + "1e1000", 508));
    const std::string nines(30, '9');
    CHECK(refuses("1e" + nines, 32));
    CHECK(refuses("1e+" + nines, 33));
    CHECK(reads("1e-" + nines, 33, 0));
    for (const char* none : {"", "x", "-", "e5"}) CHECK_MESSAGE(refuses(none, 9), none);
}

TEST_CASE("an integer that does not fit its type, or is none, is refused") {
    const auto status = [](const kernels::kernel& kernel, const char* text) {
        return status_of(kernel, "{\"result\":[" + std::string{text} + "]}");
    };
    for (const char* text : {"128", "-129", "1.5", "1e2", "1.0", "-0.0", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK(status(kernel_of<element_type::i8>(), text) == 422);
    }
    CHECK(status(kernel_of<element_type::u8>(), "-1") == 422);
    CHECK(status(kernel_of<element_type::u8>(), "256") == 422);
    CHECK(status(kernel_of<element_type::i32>(), "2147483648") == 422);
    CHECK(status(kernel_of<element_type::u32>(), "4294967296") == 422);
    CHECK(status(kernel_of<element_type::i64>(), "9223372036854775808") == 422);
    CHECK(status(kernel_of<element_type::u64>(), "18446744073709551616") == 422);
    CHECK(status(kernel_of<element_type::u64>(), "-1") == 422);
}

TEST_CASE("JSON that is none is 400, and JSON that is something else is 422") {
    const auto& kernel = kernel_of<element_type::f32>();
    for (const char* text :
         {"", " ", "{", "}", "{\"result\":[1,]}", "{\"result\":[1}", "{\"result\":[1]} x",
          "{'result':[1]}", "{\"result\":[01]}", "{\"result\":[+1]}", "{\"result\":[.5]}",
          "{\"result\":[1.]}", "{\"result\":[NaN]}", "{\"result\":[1]}{\"result\":[1]}",
          "{\"result\" [1]}", "nul", "{\"result\":[\"\xff\"]}", "/* */{\"result\":[1]}",
          "\xef\xbb\xbf{\"result\":[1]}"}) {
        CAPTURE(text);
        CHECK(status_of(kernel, text) == 400);
    }
    for (const char* text : {"[]",
                             "1",
                             "null",
                             "true",
                             "\"a\"",
                             "{}",
                             "{\"result\":1}",
                             "{\"result\":[[1]]}",
                             "{\"result\":[[]]}",
                             "{\"result\":[1],\"n\":[]}",
                             "{\"result\":{}}",
                             "{\"result\":[null]}",
                             "{\"result\":[true]}",
                             "{\"result\":null}",
                             "{\"x\":[1]}",
                             "{\"result\":[1],\"result\":[1]}",
                             "{\"result\":[1],\"n\":2}",
                             "{\"result\":[1],\"n\":-1}",
                             "{\"result\":[1],\"n\":1.5}",
                             "{\"result\":[1],\"n\":[1]}",
                             "{\"result\":[1],\"n\":1,\"n\":1}",
                             "[[[[[[1]]]]]]"}) {
        CAPTURE(text);
        CHECK(status_of(kernel, text) == 422);
    }
    CHECK(status_of(kernel, " { \"n\" : 1 , \"result\" : [ 1 ] } \r\n") == 200);
    CHECK(status_of(kernel, "{\"res\\u0075lt\":[1]}") == 200);
}

TEST_CASE("elements that there is no memory for are 503, however they are spelled") {
    const std::string last[] = {"1", "\"NaN\"", "1e-99999999999"};
    for (const auto& element : last) {
        CAPTURE(element);
        body_pool pool(4'096);
        std::string text = "{\"result\":[";
        for (int i = 0; i < 5'000; ++i) text += "1,";
        const auto read = wire::from_json(kernel_of<element_type::f32>(), {std::nullopt},
                                          text + element + "]}", elements_max, pool);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().status == 503);
    }
    body_pool pool(4'096);
    const auto read = wire::from_json(kernel_of<element_type::f32>(), {std::nullopt},
                                      "{\"result\":[1e-99999999999]}", elements_max, pool);
    CHECK(read.has_value());
}

TEST_CASE("what is wrong with a body is told by a pointer to it, and of the whole by none") {
    const auto pointer_of = [](std::string_view text) {
        body_pool pool(1 << 24);
        const auto read = wire::from_json(*kernels::find_kernel("dot_f32"), {std::nullopt}, text,
                                          elements_max, pool);
        REQUIRE_FALSE(read.has_value());
        const auto& detail = read.error().detail;
        const auto& pointer = read.error().pointer;
        CHECK(detail.find("an object with x (array of f32), y (array of f32)") !=
              std::string::npos);
        CHECK(detail.starts_with(pointer.empty() ? "a" : pointer + (pointer == "/y" ? " " : ": ")));
        return pointer;
    };
    CHECK(pointer_of("[]").empty());
    CHECK(pointer_of("1").empty());
    CHECK(pointer_of(R"({"x":1})") == "/x");
    CHECK(pointer_of(R"({"x":[1,true]})") == "/x/1");
    CHECK(pointer_of(R"({"a~/b":1})") == "/a~0~1b");
    CHECK(pointer_of(R"({"x":[1]})") == "/y");
}

TEST_CASE("a size in the query and in the body is one number, or refused") {
    const auto& kernel = kernel_of<element_type::f32>();
    body_pool pool(1 << 20);
    constexpr std::string_view text = R"({"n":2,"result":[1,2]})";
    CHECK(wire::from_json(kernel, {2}, text, elements_max, pool).has_value());
    const auto refused = wire::from_json(kernel, {3}, text, elements_max, pool);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == 422);
    CHECK(refused.error().pointer == "/n");
    CHECK(refused.error().detail == "/n is another number than in the query");
}

TEST_CASE("what is no JSON text is told apart from one that more follows") {
    const auto detail_of = [](std::string_view text) {
        body_pool pool(1 << 20);
        const auto read = wire::from_json(kernel_of<element_type::f32>(), {std::nullopt}, text,
                                          elements_max, pool);
        return read ? "taken" : read.error().detail;
    };
    CHECK(detail_of(R"({"result":[1]} x)")
              .starts_with("the body is no valid JSON text: more follows its end at byte 15"));
    CHECK(detail_of(R"({"result":[1})").find("more follows") == std::string::npos);
}

TEST_CASE("a size that no length tells is asked for") {
    static constexpr kernels::parameter two[] = {{"p", "", 0, 100, {}}, {"q", "", 0, 100, {}}};
    static constexpr kernels::dimension by_both[] = {{0}, {1}}, by_first[] = {{0}};
    static constexpr kernels::array both_then_first[] = {{"a", element_type::f32, by_both},
                                                         {"b", element_type::f32, by_first}};
    static constexpr kernels::kernel kernel = {
        "test", "", two, both_then_first, both_then_first, 1, by_first, nullptr, nullptr, nullptr};
    body_pool pool(1 << 20);
    const auto read = [&](std::string_view text) {
        return wire::from_json(kernel, {std::nullopt, std::nullopt}, text, 100, pool);
    };
    CHECK(read(R"({"p":2,"a":[1,2,3,4],"b":[1,2]})")->sizes[1] == 2);
    for (const char* text : {R"({"a":[1,2],"b":[1]})", R"({"p":0,"a":[],"b":[]})"}) {
        CAPTURE(text);
        const auto refused = read(text);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().pointer == "q");
    }
}

TEST_CASE("a parameter in a JSON body has the range that it has in the query") {
    const auto detail_of = [](const char* kernel, std::string_view text) {
        body_pool pool(1 << 24);
        const auto& named = *kernels::find_kernel(kernel);
        const wire::given_parameters none(named.parameters.size());
        const auto read = wire::from_json(named, none, text, elements_max, pool);
        return read ? "taken" : std::to_string(read.error().status) + read.error().detail;
    };
    CHECK(detail_of("topk_f32", R"({"x":[1,2],"k":1})") == "taken");
    for (const auto& [kernel, text] : {std::pair{"topk_f32", R"({"x":[1,2],"k":0})"},
                                       {"topk_f32", R"({"x":[1,2],"k":18446744073709551615})"},
                                       {"gemm_f32", R"({"a":[],"b":[1],"m":0,"n":1,"k":1})"}}) {
        CAPTURE(text);
        const auto detail = detail_of(kernel, text);
        CHECK(detail.starts_with("422"));
        CHECK(detail.find("from 1 to ") != std::string::npos);
    }
}
