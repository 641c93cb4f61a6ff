// utf8_validate: verdict and offset are exact against the reference.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/generate.hpp"
#include "tests/kernels/golden.hpp"
#include "tests/kernels/guarded.hpp"
#include "tests/kernels/kernel_call.hpp"
#include "tests/kernels/kernel_values.hpp"
#include "tests/kernels/reference.hpp"

namespace {

const kernels::array text{"x", kernels::element_type::u8, {}, {.text = true}};

std::size_t offset_of(std::span<const std::uint8_t> x) {
    const auto verdict = kernels::utf8_validate(x);
    CHECK(verdict.valid == (verdict.offset == x.size()));
    return verdict.offset;
}

std::size_t offset_of(std::string_view x) {
    return offset_of({reinterpret_cast<const std::uint8_t*>(x.data()), x.size()});
}

}  // namespace

TEST_CASE("utf8_validate of texts that RFC 3629 and Unicode's table 3-7 tell apart") {
    CHECK(offset_of("") == 0);
    CHECK(kernels::utf8_validate({}).valid);
    for (const std::string_view valid :
         {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
          "z\xc3\x9f\xe6\xb0\xb4\xf0\x9f\x8d\x8c"}) {
        CHECK(offset_of(valid) == valid.size());
    }
    for (const std::string_view wrong :
         {"ab\x80", "ab\xc0\x80", "ab\xc1\xbf", "ab\xc2", "ab\xe0\x9f\xbf", "ab\xed\xa0\x80",
          "ab\xe1\x80", "ab\xf0\x8f\xbf\xbf", "ab\xf4\x90\x80\x80", "ab\xf5\x80\x80\x80", "ab\xff",
          "ab\xf1\x80\x80", "ab\xe1\x80zz", "ab\xc2\xc2\x80"}) {
        CHECK(offset_of(wrong) == 2);
    }
    CHECK(offset_of("\xe1\x80\x80\x80") == 3);  // a continuation too many, by itself
}

TEST_CASE("utf8_validate agrees with the reference on every first and second byte") {
    // In text, across the edges of steps, with each kind of third and fourth byte.
    constexpr std::uint8_t others[] = {0x00, 0x7f, 0x80, 0xbf, 0xc2, 0xff};
    std::vector<std::uint8_t> x(260, 'a');
    std::size_t wrong = 0;
    for (const std::size_t at : {0UL, 62UL, 126UL, 200UL}) {
        for (unsigned first = 0x7f; first < 256; ++first) {
            for (unsigned second = 0; second < 256; second += first < 0xc0 ? 17 : 1) {
                for (const auto third : others) {
                    x[at] = static_cast<std::uint8_t>(first);
                    x[at + 1] = static_cast<std::uint8_t>(second);
                    x[at + 2] = third;
                    x[at + 3] = others[(first + second) % std::size(others)];
                    wrong += offset_of(x) == reference::utf8_validate(x) ? 0 : 1;
                }
            }
        }
        std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(at), 4, 'a');
    }
    CHECK(wrong == 0);
}

TEST_CASE("utf8_validate is exact at every length and offset, and stays inside its array") {
    const guarded<std::uint8_t> xs(1024);
    std::uint64_t all = hash_of_nothing;
    std::size_t wrong = 0;
    for (std::size_t count = 0; count < lengths_end; ++count) {
        for (std::size_t kind = 0; kind < 24; ++kind) {
            const guard side = kind % 2 == 0 ? guard::before : guard::after;
            const auto x = xs.at(side, count, (count + kind * 5) % 64);
            const auto seed = count * 24 + kind;
            kernels::generate(text, seed, 0, 0, count, x.data());
            if (kind >= 20) {
                // One byte of each only, and no byte of a text at all.
                if (kind < 22) std::fill(x.begin(), x.end(), 'a');
                if (kind >= 22)
                    kernels::generate(kernels::element_type::u8, seed, 0, 0, count, x.data());
            }
            // One byte is changed, wherever; or the text is cut at its end.
            if (kind > 3 && count > 0) {
                const std::size_t place = seed * 7919 % count;
                constexpr std::uint8_t instead[] = {0x80, 0xc2, 0xe1, 0xf1, 0xff, 0x61, 0xed, 0xf4};
                x[kind % 4 == 3 ? count - 1 - place % std::min<std::size_t>(count, 4) : place] =
                    instead[kind % std::size(instead)];
            }
            const std::uint64_t got = offset_of(x);
            wrong += got == reference::utf8_validate(x) ? 0 : 1;
            all = hash(bytes_of(std::span(&got, 1)), all);
        }
    }
    CHECK(wrong == 0);
    check_sweep("utf8_validate", all);
}

TEST_CASE("utf8_validate finds the one wrong byte of a long text") {
    std::vector<std::uint8_t> x(20'000);
    kernels::generate(text, 3, 0, 0, x.size(), x.data());
    CHECK(offset_of(x) == x.size());
    for (std::size_t place = 1; place < x.size(); place += 97) {
        const std::uint8_t before = x[place];
        x[place] = 0xff;
        CHECK(offset_of(x) == reference::utf8_validate(x));
        x[place] = before;
    }
}

TEST_CASE("the catalogue runs utf8_validate") {
    std::vector<std::uint8_t> x(1000);
    kernels::generate(text, 5, 0, 0, x.size(), x.data());
    const auto verdict = kernels::utf8_validate(x);
    const std::uint32_t valid = verdict.valid ? 1 : 0;
    const std::uint64_t offset = verdict.offset;
    check_run(
        "utf8_validate", {1000},
        std::string{bytes_of(std::span(&valid, 1))} + std::string{bytes_of(std::span(&offset, 1))});
}
